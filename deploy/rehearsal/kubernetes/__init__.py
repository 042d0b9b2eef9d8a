"""A Kubernetes cluster whose machines are made up, and whose API, controllers and autoscaler are real."""
