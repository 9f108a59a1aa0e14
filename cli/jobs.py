"""The commands about jobs: submit, jobs, status, results, cancel, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.hints import DEFAULT_SERVER, again
from cli.options import AsJson, Server

app = typer.Typer()

JobId = Annotated[str, typer.Argument(help="The job's id.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the results to this file.")]


@app.command()
def submit(
    paths: Annotated[list[str], typer.Argument(help="Images, folders, archives; - reads names from standard input.")],
    recursive: Annotated[bool, typer.Option(help="Look into the folders of a folder.")] = True,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Stay until the job has ended, then sum it up.")] = False,
    output: Output = None,
    as_json: AsJson = False,
    model: Annotated[str | None, typer.Option(help="The model to read with: name or name@version.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Accept from this confidence on, 0 to 1.")] = None,
    target_accuracy: Annotated[
        float | None, typer.Option(help="Accept so that this share of the accepted is right, such as 0.995.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="How many digits each result lists, 1 to 10.")] = None,
    normalize: Annotated[str | None, typer.Option(help="How pictures are prepared: auto, mnist or plain.")] = None,
    meta: Annotated[list[str] | None, typer.Option(help="A note kept with the job, as key=value.")] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Send images to be read: everything in one job. --output implies --wait."""
    from cli.read_options import ReadOptions
    from cli.submit import Order, submit

    options = ReadOptions(model, threshold, target_accuracy, top_k, normalize)
    order = Order(tuple(paths), recursive, wait or output is not None, output, as_json, options, tuple(meta or ()))
    raise typer.Exit(submit(order, server))


@app.command()
def jobs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    status: Annotated[str | None, typer.Option(help="Only jobs of this status.")] = None,
    as_json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """List the newest jobs."""
    from cli import show
    from cli.client import Client

    with Client(server) as client:
        found = client.jobs(limit, status)
    if as_json:
        show.as_json(found)
    elif found:
        show.console().print(show.jobs_table(found))
    else:
        typer.echo(f"There are no jobs yet; `{again('submit', 'FOLDER', server=server)}` makes one.")


@app.command()
def status(
    job_id: JobId,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Stay until the job has ended.")] = False,
    as_json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Show one job; with --wait the exit code tells how it ended."""
    from cli.submit import follow

    raise typer.Exit(follow(job_id, server, wait=wait, as_json=as_json))


@app.command()
def results(
    job_id: JobId,
    format: Annotated[str | None, typer.Option(help="csv, ndjson or json; by default what --output ends in.")] = None,
    output: Output = None,
    status: Annotated[str | None, typer.Option(help="Only results of this status: succeeded or failed.")] = None,
    decision: Annotated[str | None, typer.Option(help="Only accept, needs_review or reject.")] = None,
    server: Server = DEFAULT_SERVER,
) -> None:
    """Write the results, also while the job runs: to standard output or to a file."""
    from cli.client import Client
    from cli.results import chosen_format, write_results

    filters = {name: value for name, value in (("status", status), ("decision", decision)) if value}
    with Client(server) as client:
        write_results(client, job_id, chosen_format(format, output), output, filters)


@app.command()
def cancel(job_id: JobId, as_json: AsJson = False, server: Server = DEFAULT_SERVER) -> None:
    """Stop a job; what is done stays readable."""
    from cli import show
    from cli.client import Client

    with Client(server) as client:
        job = client.cancel(job_id)
    if as_json:
        show.as_json(job)
    else:
        show.console().print(show.job_table(job))


@app.command()
def delete(job_id: JobId, server: Server = DEFAULT_SERVER) -> None:
    """Delete an ended job with its uploads and results."""
    from cli.client import Client

    with Client(server) as client:
        client.delete(job_id)
    typer.echo(f"{job_id} is gone.")
