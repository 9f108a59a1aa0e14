"""The body of one submission: multipart/form-data made while it is sent, in memory that does not grow with it.

Every archive is a part. The loose files travel together in one part: a tar, written on the fly. Of that the server
leaves out what systems leave about; such a file, when it was named all the same, is a part of its own.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

from cli.collect import Collection, Source
from cli.exits import UsageError
from cli.read_options import ReadOptions
from shared.litter import is_litter

BLOCK = 2**18


def body(fields: Mapping[str, str], found: Collection, boundary: str, sent: Callable[[int], None]) -> Iterator[bytes]:
    """The request's body, block by block; `sent` hears how many bytes of the files are on their way."""
    return filter(None, _parts(fields, found, boundary, sent))


def _parts(fields: Mapping[str, str], found: Collection, boundary: str, sent: Callable[[int], None]) -> Iterator[bytes]:
    for name, value in fields.items():
        yield _head(boundary, f'name="{name}"') + value.encode() + b"\r\n"
    for source in (*found.archives, *(image for image in found.images if is_litter(image.name))):
        yield _head(boundary, f'name="files"; filename="{_quoted(source.name)}"', "application/octet-stream")
        yield from _content(source, sent)
        yield b"\r\n"
    if together := [image for image in found.images if not is_litter(image.name)]:
        yield _head(boundary, 'name="files"; filename="files.tar"', "application/x-tar")
        yield from tar_of(together, sent, found.miss)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _head(boundary: str, disposition: str, content_type: str | None = None) -> bytes:
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n{kind}\r\n".encode(errors="replace")


def _quoted(name: str) -> str:
    """A file name for a header, escaped as browsers do (the WHATWG's multipart/form-data encoding)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _content(source: Source, sent: Callable[[int], None]) -> Iterator[bytes]:
    try:
        with Path(source.path).open("rb") as file:
            while block := file.read(BLOCK):
                sent(len(block))
                yield block
    except OSError as error:
        raise UsageError(f"{source.path} cannot be read any more ({error.strerror}); nothing was submitted.") from error


def tar_of(
    images: Iterable[Source], sent: Callable[[int], None], missed: Callable[[str, OSError], None]
) -> Iterator[bytes]:
    """A tar of files, read one at a time. `sent` hears of every file's bytes, `missed` of files that are left out.

    A file may have vanished since it was found.
    """
    written = BytesIO()
    with tarfile.open(fileobj=written, mode="w|", bufsize=BLOCK) as tar:
        for image in images:
            try:
                data = Path(image.path).read_bytes()
            except OSError as error:
                missed(image.path, error)
                continue
            entry = tarfile.TarInfo(image.name)
            entry.size = len(data)
            tar.addfile(entry, BytesIO(data))
            sent(len(data))
            tar.members = []  # type: ignore[attr-defined]  # it would remember every one
            yield _drained(written)
    yield _drained(written)


def _drained(written: BytesIO) -> bytes:
    data = written.getvalue()
    written.seek(0)
    written.truncate()
    return data


def form_fields(options: ReadOptions, metadata: Mapping[str, str]) -> dict[str, str]:
    """What accompanies the files in the form. Raises UsageError."""
    fields = options.fields()
    return {**fields, "metadata": json.dumps(metadata)} if metadata else fields
