"""What is known of a model, in words and tables: its manifest, and what a check has found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table

from cli.show import table
from shared.manifest import NONE

Fields = Mapping[str, Any]

#: The ways of preparing images, in words.
WAYS = {"mnist": "brought to MNIST's conditions", "plain": "only resized"}


def manifest_tables(manifest: Fields, facts: Mapping[str, str]) -> Iterator[Table]:
    """How a model is fed and understood, what a threshold accepts, how well it reads and how it was made.

    `facts` are told beside what the manifest says.
    """
    yield _facts_table(manifest, facts)
    yield from _risk_tables(manifest["risk_coverage"])
    yield from _metrics_tables(manifest["metrics"])
    if recipe := manifest["training"]:
        yield table(("recipe", ""), [(name.replace("_", " "), _word(value)) for name, value in recipe.items()])


def findings_tables(found: Fields) -> Iterator[Table]:
    """What a check has found: what the model is, how well it reads, and what a threshold would accept."""
    manifest, measured = found["manifest"], found["measured"]
    facts = {
        "file": found["file"],
        "manifest": "its own" if found["published"] else "none; this was found out",
        "known digits": f"{found['known_digits']} of 10 are read",
        "images": f"{found['images']:,} ({found['source']})",
    }
    if not measured[manifest["normalize"]]["risk_coverage"]:
        facts["target accuracy"] = "none can be promised by so few images, or with so many errors"
    yield _facts_table(manifest, facts)
    yield _measured_table(measured, manifest["metrics"].get(f"{found['source']}_accuracy"), found["published"])
    by_digit = {way: one["by_digit"] for way, one in measured.items()}
    digits = sorted(next(iter(by_digit.values())))
    yield table(
        ("right, by digit", *digits),
        ([WAYS[way], *(f"{shares[digit]:.1%}" for digit in digits)] for way, shares in by_digit.items()),
        numbers=digits,
    )
    yield from _risk_tables(measured[manifest["normalize"]]["risk_coverage"])


def _facts_table(manifest: Fields, facts: Mapping[str, str]) -> Table:
    black, white = manifest["input"]["range"]
    framed = ", 28 x 28 of it in a black frame" if manifest["input"].get("padded") else ""
    labels, thresholds = manifest["labels"], manifest["thresholds"]
    rows = {
        "model": f"{manifest['name']}@{manifest['version']}",
        **facts,
        "sha256": manifest["sha256"],
        "input": f"{' x '.join(map(str, manifest['input']['shape']))}, black is {black:g}, white is {white:g}{framed}",
        "outputs": f"{manifest['outputs']} of {', '.join(labels)}",
        "images are": WAYS[manifest["normalize"]],
        "temperature": f"{manifest['temperature']:g}",
        "accepted": f"from a confidence of {thresholds['review']:g} on",
        "rejected": f'from a probability of {thresholds["reject"]:g} for "none" on' if NONE in labels else "never",
    }
    return table(("", ""), rows.items())


def _measured_table(measured: Mapping[str, Fields], claimed: float | None, published: bool) -> Table:
    numbers = ("right", "accepted", "of these right", "unreadable", "images/s")
    rows = [
        (
            WAYS[way],
            f"{one['accuracy']:.2%}",
            f"{one['accepted']:.2%}",
            f"{one['accepted_accuracy']:.2%}",
            one["unreadable"],
            f"{one['images_per_second']:,.0f}",
        )
        for way, one in measured.items()
    ]
    if published and claimed is not None:
        rows.append(("by its manifest", f"{claimed:.2%}", "", "", "", ""))
    return table(("images are", *numbers), rows, numbers=numbers)


def _risk_tables(points: Iterable[Fields]) -> Iterator[Table]:
    rows = [(f"{one['threshold']:.4f}", f"{one['coverage']:.2%}", f"{one['accuracy']:.2%}") for one in points]
    columns = ("from a confidence of", "accepted", "of these right")
    if rows:
        yield table(columns, rows, numbers=columns)


def _metrics_tables(metrics: Fields) -> Iterator[Table]:
    """A table of what is one value, and one of each group of values."""
    groups = {name: group for name, group in metrics.items() if isinstance(group, Mapping)}
    single = {name: value for name, value in metrics.items() if name not in groups}
    for head, values in ({"metric": single} | groups).items():
        if values:
            rows = [(name.replace("_", " "), _share(value)) for name, value in values.items()]
            yield table((head.replace("_", " "), ""), rows)


def _share(value: object) -> str:
    return f"{value:.2%}" if isinstance(value, float) else _word(value)


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} {_word(part)}' for name, part in value.items() if part is not None)})"
    if isinstance(value, list):
        return "\n".join(map(_word, value))
    return value if isinstance(value, str) else json.dumps(value)
