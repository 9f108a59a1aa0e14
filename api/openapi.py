"""What FastAPI cannot know of itself: the bodies that are read as streams, and the one form of error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.arrays import MAX_ID_LENGTH
from api.schemas import JobOptions


class Problem(BaseModel):
    """An error as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str | None
    errors: list[dict[str, str]] = []


_PROBLEM = {"content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "The request cannot be met; the detail says what to do.", **_PROBLEM},
    "5XX": {"description": "A part of the service is out of reach; try again later.", **_PROBLEM},
}

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_ARRAY = {"type": "array", "description": "28 rows of 28 numbers, 0 to 1 or 0 to 255; or 784 numbers.", "items": {}}
_ITEM = {
    "type": "object",
    "properties": {
        "custom_id": {"type": "string", "maxLength": MAX_ID_LENGTH},
        "filename": {"type": "string"},
        "image": {"type": "string", "description": "The file in base64, or as a data URL."},
        "data": _ARRAY,
    },
}
_DOCUMENTS: dict[str, dict[str, Any]] = {
    "options": {**JobOptions.model_json_schema(), "examples": [{}]},
    "metadata": {"type": "object", "additionalProperties": {"type": "string"}, "examples": [{}]},
}


def _field(about: str) -> dict[str, Any]:
    """A JSON object as a field of a form, which /docs fills in with one that changes nothing."""
    return {"type": "string", "description": about, "examples": ["{}"]}


SUBMIT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "options": _field(f"As JSON; {', '.join(JobOptions.model_fields)} may also be fields each."),
                        "metadata": _field("As JSON."),
                    },
                }
            },
            "application/zip": _BINARY,
            "application/x-tar": _BINARY,
            "application/gzip": _BINARY,
            "application/octet-stream": _BINARY,
            "image/*": _BINARY,
            "application/json": {
                "schema": {"type": "object", "properties": {"items": {"type": "array", "items": _ITEM}, **_DOCUMENTS}}
            },
            "application/x-ndjson": {"schema": {"type": "string", "description": "One item a line."}},
        },
    }
}

PREDICT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
            },
            "application/json": {
                "schema": {"type": "object", "properties": {"data": _ARRAY, "image": {"type": "string"}}}
            },
            "image/png": _BINARY,
            "image/jpeg": _BINARY,
        },
    }
}
