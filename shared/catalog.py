"""Which models are installed: published folders and any .keras file that somebody dropped in.

    models/digits/1.0.0/manifest.json   published by training, with what is known about it
    models/digits/labels.json           names for versions, such as {"stable": "1.0.0"}
    models/mine.keras                   dropped in: called "mine"
    models/mine/model.keras             the same

What a client asks for is only ever compared with what was found here; no path of a client is opened. Hidden files
and folders, such as copies under way, are no models.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from pathlib import Path

from shared.domain import ModelRef
from shared.errors import ModelBroken, ModelMissing, NoSuchModel
from shared.labels import READABLE, STABLE, read_labels, relabel
from shared.manifest import Manifest, parse_manifest

SUFFIXES = frozenset({".keras", ".h5", ".hdf5"})
#: The version of a file whose content, which else is its version, nobody knows.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """An installed model: its Keras file and, if it was published, its manifest; or why it cannot be served."""

    ref: ModelRef
    file: Path
    manifest: Manifest | None = None
    fault: str = ""


class ModelCatalog:
    """The models in a folder, and the one that is meant when none is named.

    `default` is a name, name@version, name@label, or the path of a Keras file, which then is installed as well.
    """

    def __init__(self, folder: Path, default: str) -> None:
        self._folder = folder
        self._own_file = Path(default).expanduser() if is_path(default) else None
        self._default = self._own_file.stem if self._own_file else default

    def entries(self) -> list[ModelEntry]:
        """Every installed model, by name and then from the oldest version to the newest."""
        return sorted(self._found(), key=lambda entry: (entry.ref.name, _age(entry)))

    def labels(self, name: str) -> Mapping[str, str]:
        """The versions of a model that have a name of their own, such as "stable". Raises ModelBroken."""
        return read_labels(self._labels_file(name))

    def put_label(self, ref: ModelRef, label: str) -> None:
        """Let a label mean this version from now on; another one that had it loses it.

        Raises NoSuchModel unless the version was published; ModelBroken.
        """
        if self.entry(ref).manifest is None:
            raise NoSuchModel(f"{ref} came without a manifest; only published versions have labels.")
        relabel(self._labels_file(ref.name), label, ref.version)

    def resolve(self, wanted: str | None) -> ModelRef:
        """The model for "name", "name@version", "name@label" or None (the default).

        A bare name means the version labeled stable, or else the newest one.
        Raises NoSuchModel; ModelMissing if it is the default that is not there; ModelBroken.
        """
        if self._own_file and wanted in (None, self._default):
            return self._own_entry(self._own_file).ref
        if wanted:
            return self._named(wanted)
        try:
            return self._named(self._default)
        except NoSuchModel as error:
            advice = f"Put a .keras file into {self._folder}, or choose another model."
            raise ModelMissing(f"{error.message} {advice}") from error

    def entry(self, ref: ModelRef) -> ModelEntry:
        """The installed model that `ref` names. Raises NoSuchModel, ModelBroken."""
        for entry in self._found():
            if entry.ref == ref:
                return self._usable(entry)
        raise NoSuchModel(f"The model {ref} is not installed any more; submit the images again with another one.")

    def newest(self, name: str) -> ModelEntry:
        """The newest version of a model, whatever its labels say. Raises NoSuchModel, ModelBroken."""
        return self._usable(self._versions(name)[-1])

    def _found(self) -> Iterator[ModelEntry]:
        """All that is installed, in no order. Raises ModelBroken if the folder cannot be looked into."""
        _look_into(self._folder)
        found = [*self._in_folder()]
        own = self._own_file
        if own and own.is_file() and not any(_place(entry.file) == _place(own) for entry in found):
            yield _dropped(own)
        yield from found

    def _in_folder(self) -> Iterator[ModelEntry]:
        yield from (_dropped(file) for file in self._folder.glob("[!.]*") if is_model(file))
        yield from (_dropped(file, file.parent.name) for file in self._folder.glob("[!.]*/[!.]*") if is_model(file))
        yield from (_published(manifest.parent) for manifest in self._folder.glob("[!.]*/[!.]*/manifest.json"))

    def _labels_file(self, name: str) -> Path:
        return self._folder / name / "labels.json"

    def _named(self, wanted: str) -> ModelRef:
        name, version = wanted, ""
        # A file that was dropped in may have an @ in its name.
        if "@" in wanted and all(entry.ref.name != wanted for entry in self._found()):
            name, version = wanted.rsplit("@", 1)
        return self._usable(self._version(self._versions(name), version)).ref

    def _versions(self, name: str) -> list[ModelEntry]:
        """The versions of a model, oldest first, at least one."""
        entries = self.entries()
        if versions := [entry for entry in entries if entry.ref.name == name]:
            return versions
        installed = ", ".join(sorted({entry.ref.name for entry in entries}))
        raise NoSuchModel(f"There is no model {name!r}; installed: {installed or 'none'}.")

    def _version(self, versions: list[ModelEntry], wanted: str) -> ModelEntry:
        """One of the versions of a model, oldest first: the one named, the stable one or the newest."""
        installed = {entry.ref.version: entry for entry in versions}
        if wanted in installed:
            return installed[wanted]
        name = versions[-1].ref.name
        labels = self.labels(name)
        version = labels.get(wanted or STABLE, wanted)
        if not version:
            return versions[-1]
        if version in installed:
            return installed[version]
        known = ", ".join([entry.ref.version for entry in versions] + list(labels))
        if (label := wanted or STABLE) in labels:
            advice = f"`digitq models label {name}@VERSION {label}` lets it mean another one."
            raise NoSuchModel(f"{name}@{label} means {version}, which is not installed; there is {known}. {advice}")
        raise NoSuchModel(f"The model {name!r} has no version {version!r}; it has {known}.")

    def _usable(self, entry: ModelEntry) -> ModelEntry:
        if entry.fault:
            raise ModelBroken(entry.fault)
        return entry

    def _own_entry(self, file: Path) -> ModelEntry:
        for entry in self._found():
            if _place(entry.file) == _place(file):
                return entry
        raise ModelMissing(f"There is no file {file}; pass the path of a .keras file or a model's name.")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file in hex digits; reads the file again only when it has changed."""
    state = file.stat()
    return _sha256(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _sha256(file: Path, _mtime_ns: int, _size: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _look_into(folder: Path) -> None:
    """What cannot be read is not empty, though it looks so to `glob`. Raises ModelBroken."""
    try:
        with os.scandir(folder):
            pass
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ModelBroken(f"{folder} cannot be read: {error.strerror}; {READABLE}.") from error


def _place(file: Path) -> Path:
    """Where a file lies, by whatever way to its folder it was given."""
    return file.parent.resolve() / file.name


def is_path(model: str) -> bool:
    """Whether a model is given by its file and not by its name."""
    return Path(model).suffix.lower() in SUFFIXES or "/" in model


def is_model(file: Path) -> bool:
    """Whether this is a file that Keras may have written, by its ending."""
    return file.suffix.lower() in SUFFIXES and file.is_file()


def _dropped(file: Path, folder: str = "") -> ModelEntry:
    """A file without a manifest: named after itself, or after its folder if it is only called "model"."""
    name = folder if folder and file.stem == "model" else file.stem
    try:
        return ModelEntry(ModelRef(name, sha256_of(file)[:12]), file)
    except OSError as error:
        fault = f"{file} cannot be read: {error.strerror}; {READABLE}."
        return ModelEntry(ModelRef(name, UNREADABLE), file, fault=fault)


def _published(folder: Path) -> ModelEntry:
    """A folder with a manifest; what is wrong with the manifest becomes the entry's fault."""
    ref = ModelRef(folder.parent.name, folder.name)
    path = folder / "manifest.json"
    try:
        manifest = parse_manifest(path.read_text(encoding="utf-8"))
        _check(ref, folder, manifest)
    except (OSError, ModelBroken) as error:
        return ModelEntry(ref, folder, fault=f"{path} is damaged: {error}; publish the model again or remove it.")
    return ModelEntry(ref, folder / manifest.file, manifest)


def _check(ref: ModelRef, folder: Path, manifest: Manifest) -> None:
    if (manifest.name, manifest.version) != (ref.name, ref.version):
        raise ModelBroken(f"it is for {manifest.name}@{manifest.version}")
    if not (folder / manifest.file).is_file():
        raise ModelBroken(f"there is no file {manifest.file} beside it")
    if sha256_of(folder / manifest.file) != manifest.sha256:
        raise ModelBroken(f"the checksum of {manifest.file} is not the one it names")


def _age(entry: ModelEntry) -> tuple[int | float, list[tuple[float, int, str]]]:
    """Sorts versions: dropped-in files by their dates, then 1.0.0-rc1 < 1.0.0 < 1.0.1 < 1.10.0.

    What is damaged keeps its place: an older version would otherwise be taken for the newest without a word.
    """
    was_dropped = entry.manifest is None and not entry.fault
    parts = re.findall(r"\d+|[A-Za-z]+", entry.ref.version)
    order = [(1.0, int(part), "") if part.isdigit() else (0.0, 0, part) for part in parts]
    return entry.file.stat().st_mtime_ns if was_dropped else inf, [*order, (0.5, 0, "")]
