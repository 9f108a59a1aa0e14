"""The store of packs: a local folder or a bucket, behind one library that speaks to both."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shared.errors import PackLost, StoreFull, StoreUnavailable

#: How every system we run on words ENOSPC; the library gives the words only.
NO_ROOM = os.strerror(errno.ENOSPC)
#: The word of S3 for a bucket that is missing as a whole; the library calls it not found, as an object.
NO_BUCKET = "NoSuchBucket"
#: Seconds that a bucket has to answer, and for which a request is repeated: a store that is away must be told from a
#: chunk that hangs, which is interrupted after 30 s and in the end blamed.
REQUEST_SECONDS, RETRY_SECONDS = 12, 10


class ObjectPackStore:
    """Packs in any object store, which may lie in a local `folder`; see `shared.ports.PackStore`."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        with _translated():
            obstore.put(self._store, key, data)

    def get(self, key: str) -> bytes:
        try:
            with _translated():
                return bytes(obstore.get(self._store, key).bytes())
        except StoreUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError) and self._is_there(error.__cause__):
                raise PackLost from error
            raise

    def _is_there(self, fault: FileNotFoundError) -> bool:
        """Whether only a pack was not found. Without its folder it is a disk that is not mounted."""
        return self._folder.is_dir() if self._folder else NO_BUCKET not in str(fault)

    def remove(self, prefix: str) -> None:
        with _translated():
            for batch in obstore.list(self._store, prefix=prefix):
                obstore.delete(self._store, [pack["path"] for pack in batch])
        # On a full disk the library makes a folder and then no file; it lists files only.
        if self._folder:
            with suppress(OSError):
                (self._folder / prefix).rmdir()

    def folders(self, parent: str, before: datetime) -> list[str]:
        newest: dict[str, datetime] = {}
        with _translated():
            for batch in obstore.list(self._store, prefix=parent):
                for pack in batch:
                    name = pack["path"].removeprefix(parent).split("/")[0]
                    newest[name] = max(pack["last_modified"], newest.get(name, pack["last_modified"]))
        return [name for name, written in newest.items() if written < before]

    def ping(self) -> None:
        with _translated():
            next(iter(obstore.list(self._store, chunk_size=1)), None)


def open_store(url: str) -> ObjectPackStore:
    """The store at a file:// or s3:// URL; a folder is made if it is missing."""
    if url.startswith("file:"):
        folder = Path(url2pathname(urlsplit(url).path))
        return ObjectPackStore(LocalStore(folder, mkdir=True, automatic_cleanup=True), folder)
    # Whoever names an endpoint with http:// means it.
    client = {"timeout": f"{REQUEST_SECONDS}s", "allow_http": True}
    retry = {"max_retries": 10, "retry_timeout": timedelta(seconds=RETRY_SECONDS)}
    return ObjectPackStore(from_url(url, client_options=client, retry_config=retry))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise (StoreFull if NO_ROOM in str(error) else StoreUnavailable) from error
