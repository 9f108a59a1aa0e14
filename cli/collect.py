"""Which files a `digitq submit` sends: folders are walked, archives go as they are, what is no image stays here."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cli.exits import UsageError

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
#: Files and folders that operating systems leave about; whatever starts with a dot is skipped, too.
LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class Source:
    """A file to send, the name it has in the results, and its size in bytes."""

    path: str
    name: str
    size: int


@dataclass(slots=True)
class Collection:
    """What was found: archives, loose image files, and how many files were left out."""

    archives: list[Source] = field(default_factory=list)
    images: list[Source] = field(default_factory=list)
    skipped: int = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(source.size for source in (*self.archives, *self.images))

    def add(self, path: str) -> None:
        """Take a file into the right list."""
        source = Source(path, name_of(path), Path(path).stat().st_size)
        (self.archives if path.lower().endswith(ARCHIVES) else self.images).append(source)


def name_of(path: str) -> str:
    """The name under which a file appears in the results: its path as given, without root and dots."""
    return str(PurePosixPath(*(part for part in Path(path).parts if part not in {os.sep, "..", "."})))


def is_litter(name: str) -> bool:
    """Whether a file or a folder of this name is certainly no image."""
    if name.startswith(".") or name.lower() in LITTER:
        return True
    if name.lower().endswith(ARCHIVES):
        return False
    kind = mimetypes.guess_type(name)[0]
    return kind is not None and not kind.startswith("image/")


def collect(paths: Iterable[str], *, recursive: bool) -> Collection:
    """Look at files and folders. Raises UsageError for a path that does not exist or cannot be read."""
    found = Collection()
    for path in paths:
        try:
            if Path(path).is_dir():
                _add_folder(found, path, recursive=recursive)
            else:
                found.add(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}).") from error
    return found


def _add_folder(found: Collection, folder: str, *, recursive: bool) -> None:
    for path in _files(folder, recursive=recursive):
        if is_litter(os.path.basename(path)) or not os.access(path, os.R_OK):  # noqa: PTH119 - half a million paths
            found.skipped += 1
        else:
            found.add(path)


def _files(folder: str, *, recursive: bool) -> Iterator[str]:
    """Every file of a folder in the order of the names."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and not is_litter(name))
        yield from (f"{here.rstrip(os.sep)}{os.sep}{name}" for name in sorted(files))
