"""Outlives its parent for a moment, to kill the process groups that the parent has left behind.

It is told of process groups on its standard input ("+123", "-123"), and acts when that closes: also when the parent
was killed by SIGKILL, on every Unix. It runs as a script of its own and needs the standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable


def groups_left(lines: Iterable[str]) -> set[int]:
    """The process groups that were announced and not taken back."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    return groups


def kill_group(group: int) -> None:
    """SIGKILL to a process group, if it still exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Guard:
    """The parent's end; `keep_open` are file descriptors, such as locks, to be held until all is over."""

    def __init__(self, keep_open: Iterable[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=tuple(keep_open),
            bufsize=0,
        )

    def add(self, group: int) -> None:
        """Answer for a process group from now on."""
        self._tell(b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """The process group is gone."""
        self._tell(b"-%d\n" % group)

    def close(self) -> None:
        """Kill what is left and wait until the guard has gone."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin
        # A guard that was killed must not take the service with it.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    for left in groups_left(sys.stdin):
        kill_group(left)
