"""Gives the decoder of a worker process moods, which a test asks for with the bytes of an image.

Python runs this module at the start of every process that has its folder on the path, spawned children included.
b"WAIT <file>" holds the worker up until there is such a file, b"KILL" ends its process at once, b"FILL" asks for more
memory than there is.
"""

import importlib.util
import os
import signal
import sys
import time
from importlib.abc import MetaPathFinder
from pathlib import Path

MOODY = "worker.decode"


class Moods(MetaPathFinder):
    """Loads the decoder as ever, and puts the moods before it."""

    def find_spec(self, name, path, target=None):
        if name != MOODY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        spec.loader.exec_module = lambda module: (load(module), make_moody(module))
        return spec


def make_moody(module):
    decode = module.decode

    def moody(data, **options):
        if data == b"KILL":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"FILL":
            bytearray(2**60)
        if data.startswith(b"WAIT "):
            file = Path(data[5:].decode())
            file.with_suffix(".reached").write_text(str(os.getpid()))
            while not file.exists():
                time.sleep(0.02)
        return decode(data, **options)

    module.decode = moody


sys.meta_path.insert(0, Moods())
