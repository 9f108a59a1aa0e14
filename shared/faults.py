"""Says as part of a sentence what pydantic has found wrong."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError
from pydantic_core import ErrorDetails

#: What pydantic puts before a sentence of our own.
PREFACE = "Value error, "


def faults(error: ValidationError, named: Callable[[str], str] = str) -> str:
    """Every fault, each after the name of what it is about; one about several names them itself."""
    return "; ".join(_fault(details, named) for details in error.errors())


def _fault(details: ErrorDetails, named: Callable[[str], str]) -> str:
    about = ".".join(map(str, details["loc"]))
    said = details["msg"].removeprefix(PREFACE)
    return f"{named(about)}: {said}" if about else said
