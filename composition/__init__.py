"""What stands behind the ports of a worker: for every process its adapters, look-ups and effects."""
