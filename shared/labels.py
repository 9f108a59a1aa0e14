"""Labels: names such as "stable" that move from one version of a model to another.

They stand in models/<name>/labels.json, such as {"stable": "1.0.0", "candidate": "1.1.0"}. Every process reads the
file whenever it looks for a version, so that a label that was moved holds from the next job on.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import ModelBroken

#: The version that a bare name means.
STABLE = "stable"
#: What to do about a file that the service must not read.
READABLE = "make it readable for the user that digitq runs as"
#: Whoever moves a label need not be the user that the service runs as, whatever their umask.
FOR_ALL = 0o644
#: What a label may be called: nothing that looks like a version.
LABEL = re.compile(r"[a-z][a-z_-]*")


def read_labels(file: Path) -> Mapping[str, str]:
    """The versions by their labels. Raises ModelBroken."""
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelBroken(f"{file} cannot be read: {error.strerror}; {READABLE}.") from error
    except ValueError as error:
        raise ModelBroken(f"{file} is damaged: {error}; write it again or remove it.") from error
    if not isinstance(labels, dict) or not all(isinstance(version, str) for version in labels.values()):
        raise ModelBroken(f'{file} is damaged: it must look like {{"stable": "1.0.0"}}.')
    return labels


def relabel(file: Path, label: str, version: str) -> None:
    """Let a label mean a version, and the others what they mean; one at a time does that. Raises ModelBroken."""
    with _locked(file.parent):
        write_labels(file, {**read_labels(file), label: version})


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems of networks know no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_labels(file: Path, labels: Mapping[str, str]) -> None:
    """Replace the labels at once: whoever reads meanwhile sees the old ones or the new ones. Raises ModelBroken."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(labels, indent=2) + "\n", encoding="utf-8")
        partial.chmod(FOR_ALL)
        partial.replace(file)
    except OSError as error:
        raise ModelBroken(f"{file} cannot be written ({error.strerror}); make its folder writable.") from error
    finally:
        partial.unlink(missing_ok=True)
