"""Clients that break HTTP itself, byte by byte on a real connection."""

from __future__ import annotations

import socket
import time

import pytest

from tests.conftest import Packs

HEAD = b"POST /v1/jobs HTTP/1.1\r\nHost: test\r\nContent-Type: application/zip\r\n"


def answer_to(server: tuple[str, int], *pieces: bytes, pause: float = 0) -> bytes:
    """The first line that comes back, or nothing if the connection was closed."""
    with socket.create_connection(server, timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


def still_answers(server: tuple[str, int]) -> bool:
    return b" 200 " in answer_to(server, b"GET /livez HTTP/1.1\r\nHost: test\r\n\r\n")


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: many\r\n\r\nx",
        HEAD + b"Content-Length: -1\r\n\r\nx",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nx",
        HEAD + b"Content-Length: 100\r\n\r\nshorter",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\nx",
        b"POST /v1/jobs HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: test\r\n\r\n",
        b"\0" * 1000,
    ],
    ids=range(12),
)
def test_a_broken_request_is_the_clients_own_affair(
    server: tuple[str, int], packs: Packs, request_bytes: bytes
) -> None:
    first_line = answer_to(server, request_bytes)
    assert not first_line or b" 4" in first_line
    assert packs() == []
    assert still_answers(server)


def test_a_slow_client_holds_nobody_up(server: tuple[str, int], packs: Packs) -> None:
    with socket.create_connection(server, timeout=20) as slow:
        slow.sendall(HEAD + b"Content-Length: 100\r\n\r\nPK")
        for _ in range(3):
            slow.sendall(b".")
            assert still_answers(server)
    assert packs() == []
