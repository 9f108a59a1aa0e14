"""The HTTP API as Python calls: streaming, patient where that is harmless, and with errors in one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from cli.collect import Collection
from cli.exits import ConnectionLost, RequestRefused, ServerUnreachable
from cli.hints import again
from cli.upload import body

Job = dict[str, Any]
Params = Mapping[str, str | int]

#: Seconds: to connect; between two bytes, also while the server stores an upload.
TIMEOUT = httpx.Timeout(300.0, connect=5.0)
#: What ends a connection that there was.
BREAKS = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
#: Answers after which the same GET may well succeed.
PASSING = frozenset({429, 502, 503, 504})
#: Seconds between two tries, and those for which a server may be away while somebody waits for a job.
PAUSE, PATIENCE = 0.5, 60.0
#: Seconds that one look at a job may take at the server: progress should move once a second.
LOOK = 1


class Client:
    """One digitq server. Every method raises ServerUnreachable or RequestRefused."""

    def __init__(self, server: str, transport: httpx.BaseTransport | None = None) -> None:
        self.server = server.rstrip("/")
        self._http = httpx.Client(base_url=self.server, timeout=TIMEOUT, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def submit(self, found: Collection, fields: Mapping[str, str], sent: Callable[[int], None]) -> Job:
        """Send images in one request; the job. `sent` hears how many bytes of the files are on their way."""
        boundary = uuid4().hex
        return self._json(
            "POST",
            "/v1/jobs",
            content=body(fields, found, boundary, sent),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )

    def job(self, job_id: str) -> Job:
        """A job as it stands."""
        return self._json("GET", f"/v1/jobs/{job_id}")

    def wait(self, job_id: str, look: Callable[[Job], None]) -> Job:
        """The job once it has ended; `look` sees it on the way. A server that is restarted is waited for."""
        while True:
            began = time.monotonic()
            job = self._patiently("GET", f"/v1/jobs/{job_id}", params={"wait": LOOK})
            look(job)
            if job["ended_at"]:
                return job
            time.sleep(max(0.0, PAUSE - (time.monotonic() - began)))

    def jobs(self, limit: int, status: str | None) -> list[Job]:
        """The newest jobs."""
        params: Params = {"limit": limit, **({"status": status} if status else {})}
        return list(self._json("GET", "/v1/jobs", params=params)["data"])

    def cancel(self, job_id: str) -> Job:
        """Stop a job; the job."""
        return self._json("POST", f"/v1/jobs/{job_id}/cancel")

    def delete(self, job_id: str) -> None:
        """Delete an ended job with its uploads and results."""
        self._send("DELETE", f"/v1/jobs/{job_id}")

    def models(self) -> list[dict[str, Any]]:
        """The installed models."""
        return list(self._json("GET", "/v1/models")["data"])

    @contextmanager
    def results(self, job_id: str, **params: str) -> Iterator[httpx.Response]:
        """The results as a stream, in the `format` that is asked for."""
        with self._errors(), self._http.stream("GET", f"/v1/jobs/{job_id}/results", params=params) as response:
            if response.is_error:
                response.read()
                raise RequestRefused(_sentence(response))
            yield response

    def _patiently(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._json(method, path, **request)
            except (ServerUnreachable, _Busy):
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        response = self._send(method, path, **request)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise RequestRefused(f"What answers at {self.server} is not digitq; choose the right one with --server.")
        return answer

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        with self._errors():
            response = self._http.request(method, path, **request)
        if response.is_error:
            raise (_Busy if response.status_code in PASSING else RequestRefused)(_sentence(response))
        return response

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise RequestRefused(f"{self.server} is no address of a server; it begins with http://.") from error
        except httpx.TimeoutException as error:
            raise ServerUnreachable(f"{self.server} does not answer in time; see `{again('doctor')}`.") from error
        except BREAKS as error:
            raise ConnectionLost(f"The connection to {self.server} broke off; try again.") from error
        except httpx.TransportError as error:
            raise ServerUnreachable(f"Nothing answers at {self.server}; start it with `{again('up')}`.") from error


class _Busy(RequestRefused):
    """The server cannot answer just now."""


def _sentence(response: httpx.Response) -> str:
    """What a problem document (RFC 9457) says, each of its errors in a line of its own, or the bare status."""
    try:
        problem = response.json()
        errors = (f"\n  {error['pointer']}: {error['detail']}" for error in problem.get("errors") or ())
        return "".join((problem.get("detail") or problem["title"], *errors))
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"The server answered {response.status_code} {response.reason_phrase}."
