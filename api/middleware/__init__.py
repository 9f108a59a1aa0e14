"""What every request passes on its way to its route, each in a file of its own."""
