"""A model as the workers use it: bytes of images in, one reading each out, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from celery.exceptions import SoftTimeLimitExceeded
from numpy.typing import NDArray

from shared.catalog import ModelEntry
from shared.domain import Digit, ModelRef, Normalization, Reading, ReadOptions, Score, Unreadable
from shared.errors import ImageError, ModelBroken
from shared.manifest import DIGITS, NONE, Manifest, Thresholds
from worker.decisions import decide
from worker.decode import decode
from worker.engines import Engine, start_engine
from worker.foreign import infer_manifest
from worker.normalize import Normalized, normalize, plain
from worker.pixels import feed, geometry
from worker.scores import probabilities

NORMALIZERS = {"mnist": normalize, "plain": plain}
#: Decimals of scores; what is beyond them differs between engines.
DECIMALS = 6


def load_recognizer(entry: ModelEntry, *, engine: str, max_pixels: int) -> KerasRecognizer:
    """The recognizer of an installed model, loaded and warmed up but not yet tested (`worker.self_test`).

    `max_pixels` is how large an image may be. Raises ModelBroken, CannotStart.
    """
    manifest = entry.manifest
    started = start_engine(engine, entry.file, manifest.sha256 if manifest else None)
    if manifest is None:
        manifest = infer_manifest(entry, started)
    _check(entry, manifest, started)
    return KerasRecognizer(entry.ref, started, manifest, max_pixels, published=entry.manifest is not None)


@dataclass(frozen=True, slots=True)
class KerasRecognizer:
    """Reads digits with one network, in the way its manifest says."""

    ref: ModelRef
    engine: Engine
    manifest: Manifest
    max_pixels: int
    published: bool = True

    def read(self, images: Sequence[bytes], options: ReadOptions) -> list[Reading]:
        """One reading an image, in the same order; never raises for what is in an image."""
        pictures = self._pictures(images, options)
        digits = iter(self._digits([picture for picture in pictures if isinstance(picture, Normalized)], options))
        return [next(digits) if isinstance(picture, Normalized) else picture for picture in pictures]

    def prepared(self, images: Sequence[bytes], options: ReadOptions) -> list[bytes | None]:
        """What the network sees of each image: 28 rows of 28 gray bytes, or None if it cannot be read."""
        pictures = self._pictures(images, options)
        return [picture.pixels.tobytes() if isinstance(picture, Normalized) else None for picture in pictures]

    def _pictures(self, images: Sequence[bytes], options: ReadOptions) -> list[Normalized | Unreadable]:
        way = self.manifest.normalize if options.normalize == "auto" else options.normalize
        return [self._picture(data, way) for data in images]

    def _picture(self, data: bytes, way: str) -> Normalized | Unreadable:
        try:
            return NORMALIZERS[way](decode(data, max_pixels=self.max_pixels))
        except ImageError as error:
            return Unreadable(error.code, error.message)
        except (SoftTimeLimitExceeded, MemoryError):  # not this image's fault alone: the chunk is tried again
            raise
        except Exception:  # a decoder's fault with one image must not cost its neighbors their readings
            return Unreadable(ImageError.code, ImageError().message)

    def _digits(self, pictures: Sequence[Normalized], options: ReadOptions) -> list[Digit]:
        if not pictures:
            return []
        scores, not_a_digit = self._scores(np.array([picture.pixels for picture in pictures]))
        best = np.argsort(-scores, axis=1, kind="stable")[:, : max(options.top_k, 1)]
        ranked = zip(best.tolist(), np.take_along_axis(scores, best, 1).tolist(), not_a_digit.tolist(), strict=True)
        thresholds = self._thresholds(options)
        return [
            _digit(picture, tuple(map(Score, map(DIGITS.__getitem__, labels), row)), none, thresholds, options.top_k)
            for picture, (labels, row, none) in zip(pictures, ranked, strict=True)
        ]

    def _scores(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The probabilities of the ten digits, in their order, and of "not a digit"."""
        manifest = self.manifest
        outputs = self.engine.predict(feed(pixels, manifest.input))
        scores = probabilities(outputs, manifest.outputs, manifest.temperature).astype(np.float64).round(DECIMALS)
        not_a_digit = scores[:, manifest.labels.index(NONE)] if NONE in manifest.labels else np.zeros(len(scores))
        return scores[:, [manifest.labels.index(digit) for digit in DIGITS]], not_a_digit

    def _thresholds(self, options: ReadOptions) -> Thresholds:
        if options.threshold is not None:
            return replace(self.manifest.thresholds, review=options.threshold)
        if options.target_accuracy is not None:
            return replace(self.manifest.thresholds, review=self.manifest.threshold_for(options.target_accuracy))
        return self.manifest.thresholds


def _digit(
    picture: Normalized, ranked: tuple[Score, ...], not_a_digit: float, thresholds: Thresholds, top_k: int
) -> Digit:
    best = ranked[0]
    decision, reasons = decide(best.score, not_a_digit, picture.flags, thresholds)
    normalization = Normalization(picture.inverted, picture.flags)
    return Digit(best.label, best.score, decision, ranked[:top_k], reasons, normalization)


def _check(entry: ModelEntry, manifest: Manifest, engine: Engine) -> None:
    """Raise ModelBroken unless the network is the one that its manifest describes."""
    geometry(manifest.input.shape)
    if engine.classes != len(manifest.labels):
        raise ModelBroken(f"{entry.file} has {engine.classes} outputs for {len(manifest.labels)} labels.")
    if engine.input_shape != manifest.input.shape:
        raise ModelBroken(
            f"{entry.file} takes images of shape {engine.input_shape}, its manifest says {manifest.input.shape}."
        )
