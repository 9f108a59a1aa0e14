"""Which files a `digitq submit` sends: folders are walked, archives go as they are, what is no image stays here.

What stays here although it may be an image is noted, so that the user hears of it.
"""

from __future__ import annotations

import errno
import mimetypes
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cli.exits import UsageError
from shared.litter import is_litter

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to send, the name it has in the results, and its size in bytes."""

    path: str
    name: str
    size: int


class NoRegularFile(OSError):
    """A pipe, a socket or a device, which may never end."""


@dataclass(slots=True)
class Collection:
    """What was found: archives and loose image files; and what was not taken.

    That is how many files are no images, which linked and hidden folders were not entered, and what could not be read,
    and why.
    """

    archives: list[Source] = field(default_factory=list)
    images: list[Source] = field(default_factory=list)
    skipped: int = 0
    linked: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(source.size for source in (*self.archives, *self.images))

    def add(self, path: str) -> None:
        """Take a file into the right list. Raises OSError if it cannot be read, NoRegularFile if it is none."""
        status = os.stat(path)  # noqa: PTH116 - half a million paths
        if not stat.S_ISREG(status.st_mode):
            raise NoRegularFile(errno.EINVAL, "it is no regular file")
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        source = Source(path, name_of(path), status.st_size)
        (self.archives if path.lower().endswith(ARCHIVES) else self.images).append(source)

    def miss(self, path: str, error: OSError) -> None:
        """Note a file or a folder that cannot be read."""
        self.unreadable.append(f"{path} ({error.strerror})")


def name_of(path: str) -> str:
    """The name under which a file appears in the results: its path as given, without root and dots."""
    return str(PurePosixPath(*(part for part in Path(path).parts if part not in {os.sep, "..", "."})))


def is_hidden(name: str) -> bool:
    """Whether nobody means a file or a folder of this name when sending what it lies in."""
    return name.startswith(".") or is_litter(name)


def is_no_image(name: str) -> bool:
    """Whether a file of this name is certainly neither an image nor an archive."""
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
    with os.scandir(folder):
        pass  # a folder that is named must be readable
    for path in _files(found, folder, recursive=recursive):
        name = os.path.basename(path)  # noqa: PTH119 - half a million paths
        if is_hidden(name) or is_no_image(name):
            found.skipped += 1
        else:
            _add_file(found, path)


def _add_file(found: Collection, path: str) -> None:
    try:
        found.add(path)
    except NoRegularFile:
        found.skipped += 1
    except OSError as error:
        found.miss(path, error)


def _files(found: Collection, folder: str, *, recursive: bool) -> Iterator[str]:
    """Every file of a folder in the order of the names.

    Linked folders are not entered: they may lead in a circle, or to the whole disk.
    """
    for here, folders, files in os.walk(folder, onerror=lambda error: found.miss(error.filename, error)):
        start = here.rstrip(os.sep) + os.sep
        inner = sorted(folders) if recursive else []
        found.hidden.extend(start + name for name in inner if is_hidden(name))
        folders[:] = [name for name in inner if not is_hidden(name)]
        found.linked.extend(start + name for name in folders if os.path.islink(start + name))  # noqa: PTH114
        yield from (start + name for name in sorted(files))
