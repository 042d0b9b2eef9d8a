"""The cluster of this folder on one machine and without containers: the same files, and what may go wrong."""
