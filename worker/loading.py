"""The models of one worker process: loaded when they are first wanted, tested, and kept; the default one for good.

What cannot be loaded is remembered for a while, so that not every chunk of a job tries it again. A chunk's soft limit
holds for loading its model, too; but it is no fault of the file.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from billiard.pool import SIG_SOFT_TIMEOUT

from shared.catalog import ModelCatalog, ModelEntry
from shared.domain import ModelRef
from shared.errors import CannotStart, ModelSlow
from shared.settings import Settings

if TYPE_CHECKING:
    from worker.recognizer import KerasRecognizer

#: How many models one process keeps loaded, always the default one; a job pins one, and old ones are seldom wanted.
LOADED_MODELS = 4
#: Seconds after which what could not be loaded is tried again: a full disk or a busy machine may have been the cause.
REMEMBERED = 600

Clock = Callable[[], float]


class Interrupted(BaseException):
    """The soft limit has come. Not an Exception, since libraries take those for faults of what they load."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a model could not be loaded, and until when that is believed if it still is the same one."""

    entry: ModelEntry
    error: CannotStart
    until: float

    def holds(self, entry: ModelEntry, now: float) -> bool:
        return self.entry == entry and now < self.until

    def again(self) -> CannotStart:
        """The error without the frames, and the networks in them, that it came through the first time."""
        return type(self.error)(self.error.message)


def open_recognizers(settings: Settings, clock: Clock = time.monotonic) -> Callable[[ModelRef], KerasRecognizer]:
    """The recognizers by their model, the default one loaded and tested.

    Raises ModelMissing, ModelBroken; so does what is returned, and NoSuchModel, ModelSlow.
    """
    catalog = ModelCatalog(settings.models, settings.model)
    refusals: dict[ModelRef, Refusal] = {}

    def load(ref: ModelRef) -> KerasRecognizer:
        entry = catalog.entry(ref)
        if (known := refusals.get(ref)) and known.holds(entry, clock()):
            raise known.again()
        try:
            return _loaded(entry, settings)
        except CannotStart as error:
            refusals[ref] = Refusal(entry, type(error)(error.message), clock() + REMEMBERED)
            raise

    default = catalog.resolve(None)
    first = load(default)
    others = lru_cache(maxsize=LOADED_MODELS - 1)(load)
    return lambda ref: first if ref == default else others(ref)


def _loaded(entry: ModelEntry, settings: Settings) -> KerasRecognizer:
    from worker.recognizer import load_recognizer
    from worker.self_test import self_test

    with _within(settings.soft_limit_seconds, entry.ref):
        loaded = load_recognizer(entry, engine=settings.engine, max_pixels=settings.max_image_pixels)
        self_test(loaded, published=loaded.published)
    return loaded


@contextmanager
def _within(seconds: float, ref: ModelRef) -> Iterator[None]:
    """Let the soft limit, which Celery's parent watches, end in ModelSlow, whatever is being done."""
    before = signal.signal(SIG_SOFT_TIMEOUT, _interrupt)
    try:
        yield
    except Interrupted as interruption:
        raise ModelSlow(
            f"The model {ref} was not loaded within {seconds:g} s; raise DIGITQ_SOFT_LIMIT_SECONDS and the limits "
            "above it, or make it the default model, which has more time."
        ) from interruption
    finally:
        signal.signal(SIG_SOFT_TIMEOUT, before)


def _interrupt(_signal: int, _frame: Any) -> None:
    raise Interrupted
