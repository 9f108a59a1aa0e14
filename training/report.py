"""What was found out about a model, as a page of Markdown with pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np

from shared.manifest import Manifest
from training import measure
from training.sheets import contact_sheet
from training.suites import Suite

#: Where pictures go that are not ours to publish: those of all suites but these, which are made of MNIST.
PRIVATE = Path(__file__).parents[1] / "build" / "recognition"
PUBLIC = ("mnist", "scenes")
#: At most so many pictures on a contact sheet.
SHOWN = 96
NAMES = {"mnist": "MNIST test", "scenes": "scenes", "drawn": "drawings", "photos": "photos", "hwd1000": "HwD-1000"}


@dataclass(frozen=True, slots=True)
class Findings:
    """Metrics by name (shares of 1), and the suites with their scores that the pictures are drawn from."""

    manifest: Manifest
    metrics: dict[str, float] = field(default_factory=dict)
    by_source: dict[str, dict[str, float]] = field(default_factory=dict)
    by_digit: dict[str, list[float]] = field(default_factory=dict)
    corruptions: dict[str, float] = field(default_factory=dict)
    #: Of each kind, the share kept back by the manifest's thresholds, and where 2 % of true digits are lost.
    negatives: dict[str, tuple[float, float]] = field(default_factory=dict)
    suites: dict[str, tuple[Suite, measure.Scores]] = field(default_factory=dict)

    @property
    def digits(self) -> list[str]:
        """The names of the suites of true digits that were at hand."""
        return [name for name in NAMES if name in self.suites]


def write_report(found: Findings, folder: Path) -> None:
    """Write report.md and its pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in found.digits:
        draw_errors(found, name, (folder if name in PUBLIC else PRIVATE) / f"errors_{name}.png")
    _draw_read_as_digits(found, folder / "errors_not_a_digit.png")
    with mpl.rc_context({"figure.figsize": (5, 4), "figure.dpi": 80, "savefig.bbox": "tight"}):
        for picture, draw in PICTURES.items():
            _drawn(found, draw, folder / f"{picture}.png")
    (folder / "report.md").write_text(_page(found))


def draw_errors(found: Findings, name: str, path: Path) -> None:
    """A contact sheet of what was misread: each over "label>reading"."""
    suite, scores = found.suites[name]
    digit, confidence = measure.best_digit(scores)
    wrong = np.flatnonzero(digit != suite.labels)
    wrong = wrong[np.argsort(-confidence[wrong])][:SHOWN]
    contact_sheet(
        list(suite.images[wrong]), [f"{suite.labels[at]}>{digit[at]} {confidence[at]:.2f}" for at in wrong], path
    )


def _draw_read_as_digits(found: Findings, path: Path) -> None:
    """A contact sheet of what is no digit and was accepted as one."""
    pictures, captions = [], []
    for kind in found.negatives:
        suite, scores = found.suites[kind]
        digit, confidence = measure.best_digit(scores)
        accepted = np.flatnonzero((confidence >= found.manifest.thresholds.review) & ~suite.refused)[:16]
        pictures += list(suite.images[accepted])
        captions += [f"{digit[at]} {confidence[at]:.2f}" for at in accepted]
    contact_sheet(pictures, captions, path)


def _drawn(found: Findings, draw: Callable[[Findings, mpl.axes.Axes], None], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    draw(found, figure.subplots())
    figure.savefig(path)


def _reliability(found: Findings, axes: mpl.axes.Axes) -> None:
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1)
    for name in found.digits:
        suite, scores = found.suites[name]
        sure, right, _ = zip(*measure.reliability(scores, suite.labels), strict=True)
        axes.plot(sure, right, marker="o", markersize=3, label=NAMES[name])
    axes.set(xlabel="confidence", ylabel="accuracy", title="Reliability")
    axes.legend()


def _risk(found: Findings, axes: mpl.axes.Axes) -> None:
    for name in found.digits:
        suite, scores = found.suites[name]
        digit, confidence = measure.best_digit(scores)
        wrong = (digit != suite.labels)[np.argsort(-confidence, kind="stable")]
        count = np.arange(1, len(wrong) + 1)
        axes.plot(count / len(wrong), np.cumsum(wrong) / count, label=NAMES[name])
    axes.set(xlabel="share accepted", ylabel="share of the accepted that is wrong", title="Risk and coverage")
    axes.legend()


def _confusion(found: Findings, axes: mpl.axes.Axes) -> None:
    table = np.zeros((10, 10), int)
    for name in found.digits:
        suite, scores = found.suites[name]
        np.add.at(table, (suite.labels, measure.best_digit(scores)[0]), 1)
    np.fill_diagonal(table, 0)
    axes.imshow(table, cmap="Blues")
    for row, column in np.argwhere(table):
        count = table[row, column]
        ink = "white" if count > table.max() / 2 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=ink)
    axes.set(xticks=range(10), yticks=range(10), xlabel="read as", ylabel="is", title="Misreadings, all suites")


PICTURES: dict[str, Callable[[Findings, mpl.axes.Axes], None]] = {
    "reliability": _reliability,
    "risk_coverage": _risk,
    "confusion": _confusion,
}


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _page(found: Findings) -> str:
    metrics, manifest = found.metrics, found.manifest
    digits = [
        [
            NAMES[name],
            percent(metrics[f"{name}_accuracy"]),
            percent(metrics[f"{name}_accuracy_mean_over_sources"]),
            percent(metrics[f"{name}_calibration_error"]),
            percent(metrics[f"{name}_accepted"]),
            percent(metrics[f"{name}_accepted_at_0.995"]),
        ]
        for name in found.digits
    ]
    by_digit = [[NAMES[name], *(f"{100 * share:.1f}" for share in found.by_digit[name])] for name in found.digits]
    sources = [
        [group, source, percent(share)]
        for group in ("scenes", "drawn", "photos")
        for source, share in found.by_source.get(group, {}).items()
        if share < 1
    ]
    damage = [[kind, percent(share)] for kind, share in found.corruptions.items()]
    negatives = [[kind, *map(percent, shares)] for kind, shares in found.negatives.items()]
    return PAGE.format(
        model=f"{manifest.name} {manifest.version}",
        digits=table(
            ("set", "right", "mean over sources", "calibration error", "accepted", "accepted at 99.5 % right"), digits
        ),
        raw=percent(metrics["mnist_raw_accuracy"]),
        by_digit=table(("set", *"0123456789"), by_digit),
        sources=table(("group", "source", "right"), sources),
        corruptions=table(("damage", "right"), damage),
        mean=percent(metrics["corruptions_accuracy"]),
        negatives=table(("kind", "kept back by the manifest's thresholds", "where 2 % of digits are lost"), negatives),
        kept=percent(metrics["not_digits_kept_back_at_2_percent_lost"]),
        pictures="\n\n".join(f"![{name}]({name}.png)" for name in PICTURES),
    )


PAGE = """# How well {model} reads

Written by `make evaluate`. None of these sets was learned from. Every picture went through the service's own
normalization. "Accepted" is by the manifest's thresholds; the last column's threshold is chosen on the set itself, and
tells how well confidence ranks.

{digits}
Without normalization the MNIST test set is read {raw} right.

The drawings, photos and HwD-1000 were looked at while the normalization was made, and faults that they showed were
mended: they tell what is known to be read right, and other people's pictures may be read somewhat worse.

"Scenes" are MNIST's test digits on graph paper, in printed boxes, under a lamp, on a sheet that lies on a table and so
on (`training/scenes.py`). The network has learned from none of them; the normalization was made to bear them, and tried
on such scenes of other digits.

## By digit, in percent

{by_digit}
## Sources with errors

{sources}
## Damaged MNIST test digits

Of the kinds of MNIST-C, at its strengths. The same kinds, at random strengths and on other digits, are part of the
training: these figures say how well the network bears what it knows, not what it has never seen.

{corruptions}
Mean over the kinds: {mean}.

## What is no digit

Rejected or sent to review, by kind; letters in typefaces, and symbols, kept out of training. "Twins" are letters that
look like a digit by themselves (O, o, I, l, Q, i).

{negatives}
Mean over the kinds but the twins, where 2 % of the true digits are lost: {kept}.

{pictures}

## What was misread

Of MNIST's test set, each picture over what it is, what it was read as, and how surely. Those of the collected drawings
and photos are not ours to publish; `make evaluate` puts them into build/recognition/.

![errors](errors_mnist.png)

Of the scenes, as the network saw them:

![errors](errors_scenes.png)

What is no digit and was accepted as one:

![accepted](errors_not_a_digit.png)
"""
