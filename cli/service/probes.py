"""Whether a part of the service answers, asked with the standard library only: the start must be quick."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException

#: Seconds after which no answer is an answer.
PATIENCE = 2.0


def redis_answers(path: str) -> bool:
    """Whether a Redis server on this Unix socket takes commands; one that still loads its data does not."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(path)
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def http_answers(host: str, port: int, path: str) -> bool:
    """Whether GET `path` is answered with 200."""
    connection = HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
