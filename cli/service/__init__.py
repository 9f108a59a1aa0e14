"""`digitq up`: the whole service as one process group."""
