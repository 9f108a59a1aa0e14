"""How a program ends that cannot do what it is there for: with a sentence and a status that says why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import CannotStart, DigitqError, FaultySettings

#: What it was told makes no sense; the status is argparse's own.
USAGE = 2
#: A process of the service cannot start as things are, from BSD's sysexits.h.
EX_CONFIG = 78
#: The first class that fits decides; for all else it is 1.
STATUSES = ((FaultySettings, USAGE), (CannotStart, EX_CONFIG))


@contextmanager
def ending_in_a_sentence() -> Iterator[None]:
    """End the process with what one of our errors says, without a traceback."""
    try:
        yield
    except DigitqError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(next((status for kind, status in STATUSES if isinstance(error, kind)), 1))
