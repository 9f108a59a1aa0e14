"""The commands `digitq models ...`: list asks the service; show, check and label look into the models folder here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.hints import DEFAULT_SERVER
from cli.options import AsJson, Server

LIST = "list"


class ListUnlessTold(TyperGroup):
    """`digitq models` alone, or with options only, means `digitq models list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the command that was left out."""
        told = args and (args[0] == "--help" or not args[0].startswith("-"))
        return super().parse_args(ctx, args if told else [LIST, *args])


app = typer.Typer(cls=ListUnlessTold, help="List, show, check and label models.")

Wanted = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="A model; a label will do for the version.")]


@app.command(LIST)
def list_models(as_json: AsJson = False, server: Server = DEFAULT_SERVER) -> None:
    """List the models that the service has installed."""
    from cli import show
    from cli.client import Client

    with Client(server) as client:
        found = client.models()
    if as_json:
        show.as_json(found)
    else:
        show.console().print(show.models_table(found))


@app.command("show")
def show_model(wanted: Wanted, as_json: AsJson = False) -> None:
    """Show what is known of a model: how it is fed, how well it reads, how it was made."""
    from cli.model_folder import show

    show(wanted, as_json=as_json)


@app.command()
def check(
    wanted: Annotated[str, typer.Argument(metavar="NAME[@VERSION]|PATH", help="An installed model or a Keras file.")],
    images: Annotated[Path | None, typer.Option(help="A folder with images in folders called 0 to 9.")] = None,
    publish: Annotated[str | None, typer.Option(metavar="VERSION", help="Install it with a manifest as this.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open a model as a worker does, and measure how well it reads MNIST's test set or other images."""
    from cli.model_folder import check

    check(wanted, images, publish, as_json=as_json)


@app.command()
def label(wanted: Wanted, name: Annotated[str, typer.Argument(metavar="LABEL", help="stable, candidate, ...")]) -> None:
    """Let a label mean this version from now on; running services follow with their next job."""
    from cli.model_folder import label

    label(wanted, name)
