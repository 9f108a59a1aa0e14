"""Tells whether two requests ask for the same, however their bytes were wrapped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from api.bodies import Fields
from shared.domain import Upload


class Fingerprint:
    """A hash over all uploads that passed and the request's plain fields."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def watch(self, uploads: Iterator[Upload]) -> Iterator[Upload]:
        """Take each upload in and pass it on."""
        for upload in uploads:
            head = json.dumps([upload.filename, upload.custom_id, len(upload.data)])
            self._hash.update(head.encode() + upload.data)
            yield upload

    def of(self, fields: Fields) -> str:
        """The fingerprint of all that passed, together with the fields."""
        whole = self._hash.copy()
        whole.update(json.dumps(fields, sort_keys=True).encode())
        return whole.hexdigest()
