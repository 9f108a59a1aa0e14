"""Opens the files that Keras writes, whatever they are called: a .keras archive, or HDF5 from older versions."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from shared.errors import ModelBroken

#: How the files begin, and the ending by which Keras chooses its reader.
FORMATS = {b"PK\x03\x04": ".keras", b"\x89HDF\r\n\x1a\n": ".h5"}
#: A type to train in; probabilities in it hardly add up to one, and in OpenVINO they get lost.
COARSE = "bfloat16"
#: What a .keras archive describes its network in.
CONFIG = "config.json"
#: What Keras' messages say where a network needs code that isn't Keras' own, and what the cause of a fault comes after.
SIGNS_OF_CODE = ("Could not locate", "Unknown layer", "Lambda")
CAUSE = "Exception encountered: "
#: Characters of Keras' own message that are passed on, of its first sentence.
MESSAGE_LENGTH = 200


def load_network(keras: Any, file: Path, sha256: str | None = None) -> Any:
    """The Keras model in a file, without its training settings and without code that came with it.

    Raises ModelBroken if the file is damaged, carries code (a Lambda layer, classes of its own), has weights in
    bfloat16, or differs from `sha256` (hex digits).
    """
    data = _read(file, sha256)
    with tempfile.TemporaryDirectory(prefix="digitq-") as folder:
        copy = Path(folder, f"model{_ending(file, data)}")
        copy.write_bytes(data)
        try:
            network = keras.saving.load_model(copy, compile=False, safe_mode=True)
        except Exception as error:  # damaged files make Keras raise nearly anything
            raise ModelBroken(f"Keras cannot load {file}: {_with_advice(first_sentence(error))}") from error
    _compute_in_full(network, file)
    return network


def _compute_in_full(network: Any, file: Path) -> None:
    """Let a network that was trained in bfloat16 compute in float32."""
    for layer in network._flatten_layers():
        if layer.variable_dtype == COARSE:
            raise ModelBroken(f"{file} has weights in {COARSE}; build it with the policy float32, and save it again.")
        if layer.compute_dtype == COARSE:
            layer.dtype_policy = "float32"


def _read(file: Path, sha256: str | None) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelBroken(f"The model {file} cannot be read: {error.strerror}.") from error
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise ModelBroken(f"{file} is damaged: its checksum is not the one in its manifest; publish the model again.")
    return data


def _ending(file: Path, data: bytes) -> str:
    ending = next((ending for magic, ending in FORMATS.items() if data.startswith(magic)), None)
    if ending is None:
        raise ModelBroken(f"{file} is not a Keras model: it is neither a .keras archive nor an HDF5 file.")
    if ending == ".keras":
        _check_archive(file, data)
    return ending


def _check_archive(file: Path, data: bytes) -> None:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ModelBroken(f"{file} is damaged or cut short; copy it again.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if CONFIG not in archive.namelist():
            raise ModelBroken(
                f"{file} is an archive, but no Keras model: it has no {CONFIG}; save it with model.save()."
            )


def _with_advice(fault: str) -> str:
    wants_code = any(sign in fault for sign in SIGNS_OF_CODE)
    return f"{fault}; build it of Keras' own layers only, and save it again." if wants_code else f"{fault}."


def first_sentence(error: Exception) -> str:
    """What an error of a library says, without the pages that may follow and without the full stop."""
    text = str(error).split(CAUSE)[-1].strip() or type(error).__name__
    return text.splitlines()[0].split(". ")[0].removesuffix(".")[:MESSAGE_LENGTH]
