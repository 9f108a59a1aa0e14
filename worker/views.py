"""What the model saw: images as they are fed to the network, for a person who asks."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from shared.errors import DigitqError
from shared.pictures import items_left
from worker.process import Process


def views(process: Process, job_id: str, indexes: Sequence[int]) -> str:
    """JSON from index to 28 rows of 28 gray bytes in base64; what cannot be read or is gone is left out."""
    try:
        job = process.parts.book.find(job_id)
        recognizer = process.recognizers(job.model)
        items = [item for item in items_left(process.parts, job_id, indexes) if not item.upload.error]
    except DigitqError:
        return "{}"
    pictures = recognizer.prepared([item.upload.data for item in items], job.options)
    seen = zip(items, pictures, strict=True)
    return json.dumps({item.index: base64.b64encode(picture).decode() for item, picture in seen if picture})
