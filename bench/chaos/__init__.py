"""Pulls every plug of a running service, when a seed says so, and checks that nothing was lost or doubled."""
