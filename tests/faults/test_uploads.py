"""Uploads that break off or never seem to end: nothing stays behind, and memory stays flat."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Packs

HEAD = b'--x\r\nContent-Disposition: form-data; name="f"; filename="%d.png"\r\n\r\n'
MIB = 2**20


def send(client: TestClient, pieces: Iterator[bytes], *, broken_off: bool = False) -> list[dict[str, Any]]:
    """Feed a body to the application piece by piece, as a server would; what it answers."""
    answers: list[dict[str, Any]] = []
    end = {"type": "http.disconnect"} if broken_off else {"type": "http.request", "body": b"", "more_body": False}

    async def receive() -> dict[str, Any]:
        piece = next(pieces, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        return end

    async def answer(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/jobs",
        "raw_path": b"/v1/jobs",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=x"), (b"host", b"test")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "root_path": "",
    }
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, answer)
    return answers


def images(count: int, size: int) -> Iterator[bytes]:
    """A form of images, in pieces of at most 64 KiB."""
    for number in range(count):
        yield HEAD % number
        for start in range(0, size, 65_536):
            yield bytes(min(65_536, size - start))
        yield b"\r\n"


def test_an_upload_that_breaks_off_leaves_no_pack_and_no_row(client: TestClient, packs: Packs) -> None:
    (start, *_) = send(client, images(50, 1000), broken_off=True)
    assert 400 <= start["status"] < 500
    assert packs() == []
    assert client.get("/v1/jobs").json()["data"] == []


def test_an_upload_that_breaks_off_frees_its_place(client: TestClient, packs: Packs) -> None:
    for _ in range(20):  # more than are taken in at a time
        send(client, images(1, 1000), broken_off=True)
    assert client.post("/v1/jobs", files={"f": b"1"}).status_code == 202


@pytest.mark.parametrize("settings", [{"pack_bytes": MIB, "max_image_bytes": 2 * MIB}], indirect=True)
def test_memory_does_not_grow_with_the_upload(client: TestClient, packs: Packs) -> None:
    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        (start, *_) = send(client, _whole(count))
        assert start["status"] == 202
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(5)
        assert peak(200) < 2 * peak(20)
    finally:
        tracemalloc.stop()
    assert sum(pack.stat().st_size for pack in packs()) > 200 * MIB


def _whole(count: int) -> Iterator[bytes]:
    yield from images(count, MIB)
    yield b"--x--\r\n"
