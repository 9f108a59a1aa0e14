"""What is checked before anything starts: the data folder, in the hands of one digitq at a time, and the port."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared.errors import CannotStart

MIB = 2**20
#: Bytes that must be free for a start; uploads need more.
LEAST_FREE = 64 * MIB
#: Seconds that the processes of a killed digitq may take to vanish.
PATIENCE = 3.0
#: Connections that may wait while the front end is restarted.
BACKLOG = 2048


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Make and check the folder and hold its lock, whose file descriptor is given.

    Raises CannotStart if the folder cannot be written, is full, or is held by another digitq.
    """
    try:
        lock = _open_lock(folder)
    except OSError as error:
        raise CannotStart(_why_unusable(folder, error)) from error
    try:
        _take(lock, folder)
        _check_space(folder)
        yield lock
    finally:
        os.close(lock)


def _open_lock(folder: Path) -> int:
    for each in (folder, folder / "redis", folder / "logs"):
        each.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "digitq.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CannotStart(_who_holds(lock, folder)) from None
            time.sleep(0.1)
        else:
            os.truncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            return


def _who_holds(lock: int, folder: Path) -> str:
    process = os.pread(lock, 20, 0).decode() or "unknown"
    return f"Another digitq (process {process}) is at work in {folder}; stop it or choose another folder with --data."


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise CannotStart(
            f"The disk of the data folder {folder} is full ({free // MIB} MiB free); "
            "make room or choose another folder with --data."
        )


def _why_unusable(folder: Path, error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk of the data folder {folder} is full; make room or choose another folder with --data."
    return (
        f"The data folder {folder} cannot be written ({error.strerror}); "
        "change its permissions or choose another with --data."
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections there, at any free port for 0. Raises CannotStart if it cannot be had."""
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0][0]
        with ExitStack() as unless_it_listens:
            listener = unless_it_listens.enter_context(socket.socket(family))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(BACKLOG)
            unless_it_listens.pop_all()
        return listener
    except OSError as error:
        raise CannotStart(
            f"The service cannot listen on {host}:{port} ({error.strerror}); "
            "end what uses it, or choose another with --port (DIGITQ_PORT) or --host (DIGITQ_HOST)."
        ) from error


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises CannotStart if it cannot be had."""
    with listen(host, port) as listener:
        return int(listener.getsockname()[1])
