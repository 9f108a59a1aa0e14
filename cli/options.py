"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Server = Annotated[str, typer.Option(envvar="DIGITQ_SERVER", help="Where the service answers.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, and nothing else.")]
