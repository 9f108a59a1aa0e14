"""How the user calls digitq again: the command lines that we print can be copied as they are."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

DEFAULT_SERVER = "http://127.0.0.1:8000"


def again(*words: str, server: str | None = None) -> str:
    """A command line for this digitq; of those that take a server, for this one."""
    usual = os.environ.get("DIGITQ_SERVER", DEFAULT_SERVER)
    where = ("--server", server) if server not in {None, usual} else ()
    return shlex.join((_program(), *words, *where))


def _program() -> str:
    """Its name if that is on the PATH, else the way to it from here."""
    called = Path(sys.argv[0])
    return os.path.relpath(called) if called.name == "digitq" and not shutil.which("digitq") else "digitq"
