"""`digitq up`: the whole service under one supervisor."""
