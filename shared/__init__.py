"""The heart: a job's life, its words and its parts."""
