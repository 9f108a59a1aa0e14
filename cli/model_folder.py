"""What `digitq models show`, `check` and `label` do with the models folder of this machine (DIGITQ_MODELS)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from cli import show as screen
from cli.exits import Exit, UsageError
from cli.hints import again
from cli.model_tables import findings_tables, manifest_tables
from cli.settings import settings_with
from shared.catalog import ModelCatalog
from shared.errors import ModelBroken
from shared.labels import LABEL
from shared.manifest import VERSION


def show(wanted: str, *, as_json: bool) -> None:
    """Print what is known of a model. Raises NoSuchModel, ModelBroken."""
    catalog = _catalog()
    entry = catalog.entry(catalog.resolve(wanted))
    labels = [label for label, version in catalog.labels(entry.ref.name).items() if version == entry.ref.version]
    manifest = asdict(entry.manifest) if entry.manifest else None
    if as_json:
        screen.as_json({"file": str(entry.file), "labels": labels, "manifest": manifest})
    elif manifest:
        for part in manifest_tables(manifest, {"file": str(entry.file), "labels": ", ".join(labels) or "-"}):
            screen.console().print(part, "")
    else:
        way = again("models", "check", str(entry.ref))
        typer.echo(f"{entry.ref} ({entry.file}) came without a manifest; `{way}` finds out how well it reads.")


def check(wanted: str, images: Path | None, version: str | None, *, as_json: bool) -> None:
    """Let a worker's program measure a model, and print what it found. Raises UsageError, ModelBroken."""
    if version and not VERSION.fullmatch(version):
        raise UsageError(f"{version!r} is no version; 1.0.0 would be one.")
    options = {"--images": images, "--publish": version}
    words = [wanted, *(str(word) for option in options.items() if option[1] for word in option)]
    with Console(stderr=True).status(f"Measuring {wanted}"):
        found = _findings(words)
    if as_json:
        screen.as_json(found)
        return
    for part in findings_tables(found):
        screen.console().print(part, "")
    if version:
        typer.echo(f"Published as {found['manifest']['name']}@{version}.")


def label(wanted: str, name: str) -> None:
    """Move a label. Raises UsageError, NoSuchModel, ModelBroken."""
    if not LABEL.fullmatch(name):
        raise UsageError(f"{name!r} is no label; labels are words in small letters, such as stable or candidate.")
    catalog = _catalog()
    ref = catalog.resolve(wanted)
    before = catalog.labels(ref.name).get(name, ref.version)
    catalog.put_label(ref, name)
    typer.echo(f"{ref.name}@{name} is {ref.version}" + (f", no longer {before}." if before != ref.version else "."))


def _catalog() -> ModelCatalog:
    settings = settings_with()
    return ModelCatalog(settings.models, settings.model)


def _findings(words: Sequence[str]) -> dict[str, Any]:
    """What `python -m worker.check` finds; a program of its own, since networks run in workers only."""
    # A folder called `worker` in the current folder stays out of the way.
    safe = os.environ | {"PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "worker.check", *words], env=safe, capture_output=True, text=True, check=False
    )
    if done.returncode:
        kind = UsageError if done.returncode == Exit.USAGE else ModelBroken
        raise kind((done.stderr.strip().splitlines() or ["The check ended without a word."])[-1])
    return dict(json.loads(done.stdout))
