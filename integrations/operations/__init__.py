"""What a platform asks of a worker: whether it lives, whether it is ready, and figures."""
