"""`python -m cli` is `digitq`."""

from cli.main import app

app(prog_name="digitq")
