"""A request's body as the uploads in it: multipart, archive, JSON, NDJSON or a single image.

All of this is plain synchronous code over an iterator of bytes, run in a thread; memory holds one image at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from api.archives import archive_opener, archive_uploads
from api.arrays import invalid_item, upload_from_item
from shared.domain import Unreadable, Upload
from shared.errors import ImageTooLarge, InvalidRequest, TooLarge, UnsupportedMedia
from shared.settings import Settings

#: Enough of a file's beginning to tell an archive from an image.
HEAD_BYTES = 512
#: What a plain form field may hold.
MAX_FIELD_BYTES = 64 * 1024
#: What a part's headers may hold, its file's name for the most part; and what stands for each byte of them as a letter.
MAX_HEADER_BYTES, BYTES = 64 * 1024, "latin-1"
#: Form fields, and files without a name, that a multipart body may have.
MAX_PLAIN_PARTS = 100

Fields = dict[str, str]
Chunks = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: `uploads()` may be walked once; `fields` is filled by then."""

    content_type: str
    chunks: Chunks
    settings: Settings
    fields: Fields = field(default_factory=dict)

    def uploads(self) -> Iterator[Upload]:
        """Every upload, in order. Raises InvalidRequest, UnsupportedMedia, TooLarge."""
        kind, options = parse_options_header(self.content_type)
        reader = READERS.get(kind)
        if reader is None:
            reader = _file_body if kind.startswith("image/") else None
        if reader is None:
            raise UnsupportedMedia
        return reader(self, options)


def too_many(limit: int) -> TooLarge:
    """What tells that a request has more images than it may have."""
    if limit == 1:
        return TooLarge("One image may be sent here; POST /v1/jobs takes as many as you have.")
    return TooLarge(f"A job may have {limit} images; send the rest in another job.")


def _multipart(body: Body, options: dict[str, str]) -> Iterator[Upload]:
    if not options.get("boundary"):
        raise InvalidRequest("The multipart body has no boundary; let your HTTP client set the Content-Type.")
    events = _events(body.chunks, options["boundary"])
    plain_parts = 0
    for segment in events:
        assert isinstance(segment, MultipartSegment)
        payload = _payload(events)
        if segment.filename:
            yield from file_uploads(_file_name(segment.filename), payload, body.settings)
        elif segment.filename is None:
            body.fields[segment.name] = _text(payload, segment.name)
        elif first := next(payload, b""):  # without content it is a form's file input that was left empty
            yield from file_uploads("", chain([first], payload), body.settings)
        plain_parts += not segment.filename
        if plain_parts > MAX_PLAIN_PARTS:
            raise InvalidRequest(f"A multipart body may have {MAX_PLAIN_PARTS} parts that are no named files.")
        for _ in payload:  # what the reader of this part had no use for
            pass


def _events(chunks: Chunks, boundary: str) -> Iterator[MultipartSegment | bytes | None]:
    try:
        with PushMultipartParser(boundary, max_header_size=MAX_HEADER_BYTES, header_charset=BYTES) as parser:
            for chunk in chunks:
                yield from parser.parse(chunk)
    except MultipartError as error:
        raise InvalidRequest(f"The multipart body is damaged: {error.args[0]}.") from error


def _file_name(name: str) -> str:
    """A name is sent in UTF-8; but some clients send another charset's bytes, which cost the file only its name."""
    try:
        return name.encode(BYTES).decode()
    except UnicodeError:
        return name


def _payload(events: Iterator[MultipartSegment | bytes | None]) -> Chunks:
    for event in events:
        if event is None:
            return
        yield bytes(event)  # a segment cannot begin inside another


def _text(payload: Chunks, name: str) -> str:
    return _bounded(payload, MAX_FIELD_BYTES, f"The field {name!r} is too long.").decode(errors="replace")


def file_uploads(name: str, payload: Chunks, settings: Settings) -> Iterator[Upload]:
    """One file of a request: an archive's members, or itself."""
    head = b""
    while len(head) < HEAD_BYTES and (more := next(payload, b"")):
        head += more
    whole = chain([head], payload)
    if opener := archive_opener(head, name):
        yield from archive_uploads(opener, name, whole, settings)
    else:
        yield _image(name, whole, settings)


def _image(name: str, payload: Chunks, settings: Settings) -> Upload:
    try:
        return Upload(name, _bounded(payload, settings.max_image_bytes, ImageTooLarge().message))
    except TooLarge as error:
        return Upload(name, error=Unreadable(ImageTooLarge.code, error.message))


def _bounded(payload: Chunks, limit: int, message: str) -> bytes:
    held = bytearray()
    for chunk in payload:
        held += chunk
        if len(held) > limit:
            raise TooLarge(message)
    return bytes(held)


def _file_body(body: Body, _options: dict[str, str]) -> Iterator[Upload]:
    kind, _ = parse_options_header(body.content_type)
    return file_uploads(f"upload{SUFFIXES.get(kind, '')}", body.chunks, body.settings)


def _json(body: Body, _options: dict[str, str]) -> Iterator[Upload]:
    limit = body.settings.max_json_bytes
    text = _bounded(body.chunks, limit, f"A JSON body may have {limit} bytes; send NDJSON or an archive.")
    document = _parsed(text, "The body")
    if not isinstance(document, dict):
        raise InvalidRequest('A JSON body is an object: {"items": [...]} or {"data": [[...]]}.')
    for name in ("options", "metadata"):
        if name in document:
            body.fields[name] = json.dumps(document[name], sort_keys=True)
    items = document.get("items", [document])
    if not isinstance(items, list):
        raise InvalidRequest('"items" is a list of {"image": base64} or {"data": [[...]]}.')
    if len(items) > body.settings.max_images:
        raise too_many(body.settings.max_images)
    for item in items:
        yield upload_from_item(item, body.settings.max_image_bytes)


def _ndjson(body: Body, _options: dict[str, str]) -> Iterator[Upload]:
    """A line that is no JSON costs no other its reading; if none is, the body is something else."""
    sound, fault = False, None
    for number, line in enumerate(_lines(body.chunks, body.settings.max_json_bytes), 1):
        try:
            if line.strip():
                yield upload_from_item(_parsed(line, f"Line {number}"), body.settings.max_image_bytes)
                sound = True
        except InvalidRequest as error:
            fault = fault or error
            yield invalid_item(error.message)
    if fault and not sound:
        raise fault


def _lines(chunks: Chunks, limit: int) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            held += end
            yield bytes(held)
            held.clear()
        held += rest
        if len(held) > limit:
            raise TooLarge(f"A line may have {limit} bytes.")
    yield bytes(held)


def _parsed(text: bytes, what: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{what} is not JSON: {error}.") from error


#: What a whole body is called, so that an archive that is none is called broken.
SUFFIXES = {
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/x-tar": ".tar",
    "application/gzip": ".tar.gz",
    "application/x-gzip": ".tar.gz",
}
READERS: dict[str, Callable[[Body, dict[str, str]], Iterator[Upload]]] = {
    "multipart/form-data": _multipart,
    "application/json": _json,
    "application/x-ndjson": _ndjson,
    "application/ndjson": _ndjson,
    **dict.fromkeys((*SUFFIXES, "application/octet-stream"), _file_body),
}
