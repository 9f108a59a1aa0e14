"""JSON as the database's columns hold it."""

from __future__ import annotations

from typing import Any

import orjson


def dumps(value: object) -> str | None:
    """A value as JSON text, a tuple of any kind as a list; nothing stays nothing."""
    return None if value is None else orjson.dumps(value, default=list).decode()


def loads(text: str) -> Any:
    """The value of a JSON text."""
    return orjson.loads(text)
