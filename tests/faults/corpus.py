"""Hostile files and requests, made by code, each with what must come of it.

A file has the codes that its result may carry, None for a reading; a request the statuses that it may be answered
with. The corpus is written to `sys.stdout` as a list by `python corpus.py`.
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

READ, BROKEN, NO_IMAGE, FOREIGN, LARGE = (
    None,
    "image_truncated",
    "not_an_image",
    "unsupported_format",
    "image_too_large",
)
NAME = b'Content-Disposition: form-data; name="f"; filename="a.png"\r\n'
ZIP, TAR, JSON, NDJSON = "application/zip", "application/x-tar", "application/json", "application/x-ndjson"
FORM = "multipart/form-data; boundary=x"


@dataclass(frozen=True, slots=True)
class File:
    """A hostile image."""

    name: str
    data: bytes
    codes: frozenset[str | None]


@dataclass(frozen=True, slots=True)
class Request:
    """A hostile request for POST /v1/jobs."""

    name: str
    kind: str
    body: bytes
    statuses: frozenset[int]


def picture(kind: str, size: tuple[int, int] = (12, 12), mode: str = "L", **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.new(mode, size)
    image.paste(255 if mode in ("1", "L", "P", "I;16") else (255,) * len(mode), (4, 2, 7, 10))
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, pixels: bytes, depth: int = 8, color: int = 0) -> bytes:
    """A PNG whose header claims what it likes."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    )


def files() -> Iterator[File]:
    yield from cut_files()
    yield from lying_files()
    yield from strange_files()


def cut_files() -> Iterator[File]:
    """Every format cut at every byte of its header."""
    lengths = {"PNG": 60, "JPEG": 40, "GIF": 25, "BMP": 54, "TIFF": 16, "WEBP": 30}
    for kind, length in lengths.items():
        whole = picture(kind, mode="RGB" if kind in ("JPEG", "WEBP") else "L")
        for end in range(min(length, len(whole) - 1)):
            yield File(f"{kind} cut at {end}", whole[:end], frozenset({BROKEN, NO_IMAGE}))


def lying_files() -> Iterator[File]:
    """Headers that claim sizes nobody has."""
    for width, height in ((65535, 65535), (2**31 - 1, 1), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1), (100_000, 100_000)):
        yield File(f"PNG of {width} x {height}", png(width, height, b"\0"), frozenset({LARGE, BROKEN}))
    yield File("PNG of 0 x 0", png(0, 0, b""), frozenset({BROKEN, NO_IMAGE, LARGE}))
    yield File("PNG bomb", png(20_000, 20_000, bytes(2**24)), frozenset({LARGE, BROKEN}))
    yield File(
        "BMP of 65535 x 65535",
        picture("BMP")[:18] + struct.pack("<ii", 65535, 65535) + picture("BMP")[26:],
        frozenset({LARGE, BROKEN}),
    )
    yield File(
        "GIF of 65535 x 65535",
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + picture("GIF")[10:],
        frozenset({LARGE, BROKEN, READ}),
    )
    jpeg = bytearray(picture("JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    yield File("JPEG of 65535 x 65535", bytes(jpeg), frozenset({LARGE, BROKEN}))
    yield File("PNG with depth 3", png(2, 2, bytes(6), depth=3), frozenset({BROKEN, NO_IMAGE}))
    yield File("PNG with color 9", png(2, 2, bytes(6), color=9), frozenset({BROKEN, NO_IMAGE}))
    yield File("PNG with too few pixels", png(28, 28, bytes(5)), frozenset({BROKEN, READ}))
    yield File("PNG with a wrong checksum", picture("PNG").replace(b"IDAT", b"IDAT\x07", 1), frozenset({BROKEN, READ}))
    yield File("PGM of 10^9 x 10^9", b"P5 1000000000 1000000000 255\n" + bytes(9), frozenset({LARGE, BROKEN}))
    yield File("PGM without pixels", b"P5 28 28 255\n", frozenset({BROKEN}))


def strange_files() -> Iterator[File]:
    """What is no image, or more than one."""
    pages = [Image.new("L", (12, 12), level) for level in (255, 0, 128)]
    for kind in ("GIF", "TIFF", "WEBP"):
        buffer = io.BytesIO()
        pages[0].save(buffer, kind, save_all=True, append_images=pages[1:])
        yield File(f"{kind} of three pages", buffer.getvalue(), frozenset({READ}))
    for mode in ("1", "L", "P", "RGB", "RGBA", "I;16", "LA"):
        yield File(f"PNG in {mode}", picture("PNG", mode=mode) if mode != "P" else picture("GIF"), frozenset({READ}))
    yield File("empty", b"", frozenset({NO_IMAGE}))
    yield File("one zero", b"\0", frozenset({NO_IMAGE}))
    yield File("text", b"a seven, honestly", frozenset({NO_IMAGE}))
    yield File("page", b"<html><script>alert(7)</script>", frozenset({NO_IMAGE, FOREIGN}))
    yield File("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>', frozenset({FOREIGN}))
    yield File("PDF", b"%PDF-1.7\n", frozenset({FOREIGN}))
    yield File("HEIC", b"\0\0\0\x18ftypheic", frozenset({FOREIGN}))
    yield File("program", b"\x7fELF" + bytes(60), frozenset({NO_IMAGE}))
    yield File("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", frozenset({NO_IMAGE, FOREIGN}))
    yield File("JPEG called PNG", picture("JPEG"), frozenset({READ}))
    yield File("one pixel", picture("PNG", (1, 1)), frozenset({READ}))
    yield File("10,000 x 1", picture("PNG", (10_000, 1)), frozenset({READ}))


def zip_of(*names: str, data: bytes = b"x", **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as archive:  # type: ignore[arg-type]
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def tar_of(*members: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return buffer.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def requests() -> Iterator[Request]:
    taken, refused = frozenset({202}), frozenset({413, 415, 422})
    yield from archive_requests(taken, refused)
    yield from item_requests(taken, refused)
    yield from form_requests(refused)


def archive_requests(taken: frozenset[int], refused: frozenset[int]) -> Iterator[Request]:
    either = taken | refused
    for name in (
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x.png",
        "..\\..\\x",
        "a/../../b",
        "",
        ".",
        "~/x",
        "nul",
        "a" * 60_000,
    ):
        yield Request(f"ZIP of {name[:20]!r}", ZIP, zip_of(name), either)
    yield Request("ZIP with a name twice", ZIP, twice(), taken)
    yield Request("ZIP in ZIP", ZIP, zip_of("inner.zip", data=zip_of("a.png")), taken)
    yield Request("ZIP bomb", ZIP, zip_of(*map(str, range(3)), data=bytes(2**25)), either)
    yield Request("empty ZIP", ZIP, zip_of(), refused)
    yield Request("encrypted ZIP", ZIP, flagged(zip_of("a.png"), 1), refused)
    yield Request("ZIP with a name of no encoding", ZIP, zip_of("xxx").replace(b"xxx", b"\xff\xfe\xfd"), taken)
    yield Request(
        "ZIP with a name of broken UTF-8", ZIP, flagged(zip_of("xxx").replace(b"xxx", b"\xff\xfe\xfd"), 0x800), taken
    )
    yield Request("ZIP in LZMA", ZIP, zip_of("a.png", compression=zipfile.ZIP_LZMA), either)
    whole = zip_of("a.png", "b.png")
    for end in range(0, len(whole), 7):
        yield Request(f"ZIP cut at {end}", ZIP, whole[:end], refused)
    yield Request("ZIP of a million claims", ZIP, whole[:-12] + b"\xff\xff" + whole[-10:], either)
    for target in ("/etc/passwd", "../../..", "a.png"):
        yield Request(f"TAR with a link to {target}", TAR, tar_of(link("l", target)), refused)
        yield Request(f"TAR with a hard link to {target}", TAR, tar_of(link("l", target, tarfile.LNKTYPE)), refused)
    yield Request("TAR with a device", TAR, tar_of(link("d", "", tarfile.CHRTYPE)), refused)
    yield Request("TAR of nothing", TAR, bytes(10_240), refused)
    huge = tarfile.TarInfo("huge")
    huge.size = 2**60
    yield Request("TAR with an exabyte", TAR, huge.tobuf(tarfile.GNU_FORMAT), either)
    for kind in ("application/gzip", TAR, ZIP):
        yield Request(f"noise as {kind}", kind, bytes(range(256)) * 9, refused)
    yield Request(
        "TAR with a name of no encoding", TAR, tar_of(tarfile.TarInfo("xxx")).replace(b"xxx", b"\xff\xfe\xfd"), either
    )


def twice() -> bytes:
    return zip_of("aa.png", "bb.png").replace(b"bb.png", b"aa.png")


def flagged(archive: bytes, flag: int) -> bytes:
    """A ZIP of one entry with a flag set in its directory."""
    data = bytearray(archive)
    place = data.index(b"PK\x01\x02") + 8
    data[place : place + 2] = struct.pack("<H", flag)
    return bytes(data)


def item_requests(taken: frozenset[int], refused: frozenset[int]) -> Iterator[Request]:
    numbers = ("NaN", "Infinity", "-Infinity", "1e999", "-1", "256", "null", "true", '"5"', "[]", "{}", "9" * 5000)
    for number in numbers:
        yield Request(f"array with {number[:10]}", JSON, f'{{"data": [[{number}, 0], [0, 0]]}}'.encode(), refused)
    for data in ("[]", "[[]]", "[[1], [1, 2]]", "[[[[[[1]]]]]]", "5", "null", '"x"', "[" * 9000 + "]" * 9000):
        yield Request(f"array {data[:12]}", JSON, f'{{"data": {data}}}'.encode(), taken | refused)
    yield Request("array of a million and one", JSON, json.dumps({"data": [[0] * 1001] * 1000}).encode(), refused)
    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"items": {}}',
        b'{"items": [[]]}',
        b'{"items": [null]}',
        b"[" * 50_000,
    ):
        yield Request(f"JSON {body[:14]!r}", JSON, body, refused)
        yield Request(f"NDJSON {body[:14]!r}", NDJSON, body, refused)
    for name in ("\ud800", "\0", "x" * 100_000, "../../x", "\u202e"):
        item = {"image": "MQ==", "filename": name, "custom_id": name[:200]}
        yield Request(f"name {name[:5]!r}", JSON, json.dumps({"items": [item]}).encode(), taken)
        metadata = {"items": [{"image": "MQ=="}], "metadata": {name[:99]: name[:500]}}
        yield Request(f"metadata {name[:5]!r}", JSON, json.dumps(metadata).encode(), taken | refused)


def form_requests(refused: frozenset[int]) -> Iterator[Request]:
    whole = b"--x\r\n" + NAME + b"\r\nimage\r\n--x--\r\n"
    for end in range(0, len(whole) - 4, 5):
        yield Request(f"form cut at {end}", FORM, whole[:end], refused)
    yield Request("form without a boundary", "multipart/form-data", whole, refused)
    yield Request("form with another boundary", "multipart/form-data; boundary=y", whole, refused)
    yield Request("form with an endless header", FORM, b"--x\r\nA: " + b"a" * 10**6, refused)
    yield Request("form with a thousand headers", FORM, b"--x\r\n" + b"A: b\r\n" * 1000, refused)
    yield Request("form of ten thousand fields", FORM, fields(10_000), refused)
    yield Request("form with a long field", FORM, fields(1, b"v" * 10**6), refused)
    yield Request("form with a part without a name", FORM, whole.replace(b'; name="f"', b""), refused | {202})


def fields(count: int, value: bytes = b"v") -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\n%b\r\n'
    return b"".join(part % (number, value) for number in range(count)) + b"--x--\r\n"
