"""What FastAPI cannot know of itself: the bodies that are read as streams, and the one form of error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


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
        "custom_id": {"type": "string"},
        "filename": {"type": "string"},
        "image": {"type": "string", "description": "The file in base64, or as a data URL."},
        "data": _ARRAY,
    },
}
_OPTIONS = {
    "options": {"type": "object", "description": "model, top_k, threshold or target_accuracy, normalize, priority"},
    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
}

SUBMIT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        **{name: {"type": "string", "description": "As JSON."} for name in _OPTIONS},
                    },
                }
            },
            "application/zip": _BINARY,
            "application/x-tar": _BINARY,
            "application/gzip": _BINARY,
            "application/json": {
                "schema": {"type": "object", "properties": {"items": {"type": "array", "items": _ITEM}, **_OPTIONS}}
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
