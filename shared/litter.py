"""What operating systems and version control leave about in folders and archives, told by its name alone."""

from __future__ import annotations

#: Files and folders, in small letters; the companions that macOS gives to files begin with `._`.
NAMES = frozenset({".ds_store", ".git", "__macosx", "desktop.ini", "thumbs.db"})
COMPANION = "._"


def is_litter(path: str) -> bool:
    """Whether a file or a folder is, or lies in, what nobody means to send."""
    return any(part.lower() in NAMES or part.startswith(COMPANION) for part in path.split("/"))
