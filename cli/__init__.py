"""The command line: it talks HTTP to the service and starts its processes."""
