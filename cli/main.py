"""The command `digitq`: what it can do and with which options; each command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import jobs, models
from cli.exits import exit_code
from shared.errors import DigitqError


class Sentences(TyperGroup):
    """Ends a command that raised one of our errors with its sentence and its exit code, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DigitqError as error:
            typer.echo(f"digitq: {error.message}", err=True)
            raise typer.Exit(exit_code(error)) from error


app = typer.Typer(
    cls=Sentences,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
Data = Annotated[Path | None, typer.Option(help="Folder for database, uploads and logs.")]


@app.callback()
def digitq() -> None:
    """Reads handwritten digits in bulk."""


@app.command()
def up(
    host: Host = None,
    port: Port = None,
    data: Data = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one per core is best.")] = None,
    model: Annotated[str | None, typer.Option(help="Default model: a name, or a .keras file.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every line of every process.")] = False,
) -> None:
    """Start the whole service, Redis, API and workers, and keep it running."""
    from cli.service.up import run
    from cli.settings import settings_with

    run(settings_with(host=host, port=port, data=data, workers=workers, model=model), verbose=verbose)


@app.command()
def demo(count: Annotated[int, typer.Option(min=1, max=10_000, help="How many digits to read.")] = 10_000) -> None:
    """Start the service, read a real batch, show the results, stop."""
    from cli.demo import run

    raise typer.Exit(run(count))


@app.command()
def migrate() -> None:
    """Bring the database up to date, as `digitq up` does at its start."""
    from subprocess import run
    from sys import executable

    raise typer.Exit(run([executable, "-m", "migrations"], check=False).returncode)


@app.command()
def doctor(host: Host = None, port: Port = None, data: Data = None) -> None:
    """Show the effective settings, and what of the service is in reach; exit code 1 if something is wrong."""
    from cli.doctor import examine
    from cli.settings import settings_with

    raise typer.Exit(examine(settings_with(host=host, port=port, data=data)))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version

    typer.echo(version("digitq"))


app.add_typer(jobs.app)
app.add_typer(models.app, name="models")
