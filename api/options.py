"""A request's plain fields as a job's options and metadata."""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

from api.bodies import Fields
from api.schemas import JobOptions, Metadata
from shared.errors import InvalidRequest
from shared.faults import faults

#: Fields that are JSON objects; every other one is an option.
DOCUMENTS = frozenset({"options", "metadata"})
#: What a caller may note about a job: so many texts, each so long.
MAX_NOTES, MAX_NOTE_LENGTH = 16, 512
#: JSON can say half a character, which no answer could repeat.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def options_of(fields: Fields) -> JobOptions:
    """The options, sent as one JSON field or as a field each."""
    alone = {name: text for name, text in fields.items() if name not in DOCUMENTS}
    if unknown := alone.keys() - JobOptions.model_fields.keys():
        raise InvalidRequest(
            f"{min(unknown)!r} is no option; give images a filename. Options are {', '.join(JobOptions.model_fields)}."
        )
    given = _parsed(fields, "options") | alone
    try:
        return JobOptions.model_validate(given)
    except ValidationError as error:
        raise InvalidRequest(f"The options are not as documented: {faults(error)}.") from error


def metadata_of(fields: Fields) -> Metadata:
    metadata = _parsed(fields, "metadata")
    notes = [*metadata, *metadata.values()]
    if len(metadata) > MAX_NOTES or not all(_is_note(note) for note in notes):
        raise InvalidRequest(
            f'"metadata" is an object of at most {MAX_NOTES} texts of at most {MAX_NOTE_LENGTH} characters.'
        )
    return metadata


def _is_note(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NOTE_LENGTH and not HALF_CHARACTER.search(value)


def _parsed(fields: Fields, name: str) -> dict[str, str]:
    try:
        value = json.loads(fields.get(name) or "{}")
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f'"{name}" is not JSON: {error}.') from error
    if not isinstance(value, dict):
        raise InvalidRequest(f'"{name}" is a JSON object.')
    return value
