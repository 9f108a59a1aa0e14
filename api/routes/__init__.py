"""One file for each resource; bodies of a few statements."""
