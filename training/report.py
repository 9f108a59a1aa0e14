"""What was found out about a model, as a page of Markdown with pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from shared.manifest import Manifest
from training import measure
from training.sheets import contact_sheet
from training.suites import Suite

#: Where pictures go that are not ours to publish: those of all suites but these, which are made of MNIST.
PRIVATE = Path(__file__).parents[1] / "build" / "recognition"
PUBLIC = ("mnist", "scenes")
#: At most so many pictures on a contact sheet.
SHOWN = 96
#: The sets that have more than one source.
OF_SOURCES = ("scenes", "drawn", "photos")
HEAD = ("set", "pictures", "right", "mean over sources", "calibration error", "accepted", "accepted at 99.5 % right")
NAMES = {"mnist": "MNIST test", "scenes": "scenes", "drawn": "drawings", "photos": "photos", "hwd1000": "HwD-1000"}


@dataclass(frozen=True, slots=True)
class Findings:
    """Metrics by name (shares of 1), and the suites with their scores that the pictures are drawn from."""

    manifest: Manifest
    metrics: dict[str, float] = field(default_factory=dict)
    corruptions: dict[str, float] = field(default_factory=dict)
    #: Of each kind, the share kept back by the manifest's thresholds, and where 2 % of true digits are lost.
    negatives: dict[str, tuple[float, float]] = field(default_factory=dict)
    suites: dict[str, tuple[Suite, measure.Scores]] = field(default_factory=dict)

    @property
    def digits(self) -> list[str]:
        """The names of the suites of true digits that were at hand."""
        return [name for name in NAMES if name in self.suites]

    @property
    def by_kind(self) -> dict[str, dict[str, float]]:
        """What was found of each kind of damage, and of what is no digit, as a manifest calls it."""
        negatives = {kind.replace(" ", "_"): shares for kind, shares in self.negatives.items()}
        return {
            "corruptions_accuracy_by_kind": self.corruptions,
            "not_digits_kept_back_by_kind": {kind: kept for kind, (kept, _) in negatives.items()},
            "not_digits_kept_back_at_2_percent_lost_by_kind": {kind: kept for kind, (_, kept) in negatives.items()},
        }


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


def _digit_counts(right: NDArray[np.bool_], labels: measure.Labels) -> list[tuple[int, int]]:
    """How many of each digit were read right, and how many there are."""
    counts = np.bincount(labels[right], minlength=10), np.bincount(labels, minlength=10)
    return list(zip(*(count.tolist() for count in counts), strict=True))


def _right(found: Findings, name: str) -> NDArray[np.bool_]:
    suite, scores = found.suites[name]
    return np.asarray(measure.best_digit(scores)[0] == suite.labels)


def _by_digit(found: Findings, name: str) -> list[str]:
    """A row of shares, each with the number of pictures that it is a share of."""
    counts = _digit_counts(_right(found, name), found.suites[name][0].labels)
    return [NAMES[name], *(f"{100 * read / all_:.1f} of {all_:,}" if all_ else "" for read, all_ in counts)]


def _by_source(found: Findings, name: str) -> Iterator[list[str]]:
    """A row for each source: how many pictures, the share that was read right, and the counts of each digit."""
    suite, _ = found.suites[name]
    right, sources = _right(found, name), np.array(suite.sources)
    for source in sorted(set(suite.sources)):
        of_it = sources == source
        counts = _digit_counts(right[of_it], suite.labels[of_it])
        cells = (f"{read}/{all_}" if all_ else "" for read, all_ in counts)
        yield [NAMES[name], source, str(of_it.sum()), percent(right[of_it].mean()), *cells]


def _page(found: Findings) -> str:
    metrics, manifest = found.metrics, found.manifest
    digits = [
        [
            NAMES[name],
            f"{len(found.suites[name][0].labels):,}",
            percent(metrics[f"{name}_accuracy"]),
            percent(metrics[f"{name}_accuracy_mean_over_sources"]),
            percent(metrics[f"{name}_calibration_error"]),
            percent(metrics[f"{name}_accepted"]),
            percent(metrics[f"{name}_accepted_at_0.995"]),
        ]
        for name in found.digits
    ]
    sources = [row for name in found.digits if name in OF_SOURCES for row in _by_source(found, name)]
    damage = [[kind, percent(share)] for kind, share in found.corruptions.items()]
    negatives = [[kind, *map(percent, shares)] for kind, shares in found.negatives.items()]
    return PAGE.format(
        model=f"{manifest.name} {manifest.version}",
        digits=table(HEAD, digits),
        raw=percent(metrics["mnist_raw_accuracy"]),
        by_digit=table(("set", *"0123456789"), [_by_digit(found, name) for name in found.digits]),
        sources=table(("set", "source", "pictures", "right", *"0123456789"), sources),
        corruptions=table(("damage", "right"), damage),
        mean=percent(metrics["corruptions_accuracy"]),
        negatives=table(("kind", "kept back by the manifest's thresholds", "where 2 % of digits are lost"), negatives),
        kept=percent(metrics["not_digits_kept_back_at_2_percent_lost"]),
        letters=percent(metrics["all_letters_kept_back"]),
        letters_at_2=percent(metrics["all_letters_kept_back_at_2_percent_lost"]),
        kept_with_all=percent(metrics["not_digits_kept_back_at_2_percent_lost_with_all_letters"]),
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

## By digit, in percent of so many pictures

{by_digit}
## By source

Every scene, and everybody whose drawings or photos were collected; under each digit, how many were read right of how
many there are.

{sources}
## Damaged MNIST test digits

Of the kinds of MNIST-C, at its strengths. The same kinds, at random strengths and on other digits, are part of the
training: these figures say how well the network bears what it knows, not what it has never seen.

{corruptions}
Mean over the kinds: {mean}.

## What is no digit

Rejected or sent to review, by kind; letters in typefaces, and symbols, kept out of training. "Twins" are letters that
look like a digit by themselves (O, o, I, l, Q, i). "Lines" are nearly level ones alone: a free line that slants
by 30 degrees or more, or stands upright, is mostly read as a 1.

{negatives}
Mean over the kinds but the twins, where 2 % of the true digits are lost: {kept}.

All 52 letters pooled, twins and others, each letter weighing the same: {letters} are kept back by the manifest's
thresholds, {letters_at_2} where 2 % of the true digits are lost. With these in place of the letters that are no twins,
the mean over the kinds is {kept_with_all}.

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
