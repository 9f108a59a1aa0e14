"""Where shards and networks come from: the commit of the code, and how a folder of shards was made."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.settings import PROJECT

UNKNOWN = "unknown"
#: The file in a folder of shards that says how they were made.
MADE = "made.json"
#: Told in full, and never by a tag.
ASK_COMMIT = ("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def commit() -> str:
    """The commit of this code, with "-dirty" behind it if files differ from it; "unknown" where git cannot tell."""
    try:
        asked = subprocess.run(ASK_COMMIT, cwd=PROJECT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return UNKNOWN
    return asked.stdout.strip() or UNKNOWN


def how_made(folder: Path) -> Any:
    """How the shards of a folder were made, as they say themselves; "unknown" where they do not, as older ones."""
    file = folder / MADE
    return json.loads(file.read_text()) if file.exists() else UNKNOWN


def note_making(folder: Path, missing: Sequence[int], **how: object) -> None:
    """Say in a folder how its missing shards are made, how many there are to be, and by which commits.

    Raises ValueError if it was begun otherwise.
    """
    begun: Any = how_made(folder) if (folder / MADE).exists() else {"count": 0, "commits": [], **how}
    if others := [name for name in how if begun[name] != how[name]]:
        told = ", ".join(f"{name} {begun[name]}" for name in others)
        raise ValueError(f"The shards in {folder} were begun with {told}; go on with that, or choose another --folder.")
    if missing:
        count = max(begun["count"], missing[-1] + 1)
        commits = list(dict.fromkeys((*begun["commits"], commit())))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MADE).write_text(json.dumps(how | {"count": count, "commits": commits}))
