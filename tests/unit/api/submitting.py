"""Jobs that are submitted over HTTP: their bodies, and what their answers tell."""

from __future__ import annotations

import io
import zipfile

from fastapi.testclient import TestClient
from httpx2 import Response

#: The content type of `parts_of`.
MULTIPART = "multipart/form-data; boundary=x"
#: The counts that add up to all images, and those that add up to the succeeded ones.
EXCLUSIVE = {"queued", "processing", "succeeded", "failed", "canceled", "expired"}
DECIDED = {"accepted", "needs_review", "rejected"}


def submit(client: TestClient, *images: bytes, **more: object) -> Response:
    """The answer to images that are sent as files, named 0.png and so on."""
    files = [("files", (f"{number}.png", image)) for number, image in enumerate(images)]
    return client.post("/v1/jobs", files=files, **more)  # type: ignore[arg-type]


def job_of(client: TestClient, *images: bytes, **more: object) -> str:
    """The id of a job of these images, which must be accepted."""
    answer = submit(client, *images, **more)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def counts(answer: Response) -> dict[str, int]:
    """A job's counts that are not zero; together they must add up."""
    found: dict[str, int] = answer.json()["counts"]
    assert sum(found[name] for name in EXCLUSIVE) == found["total"]
    assert sum(found[name] for name in DECIDED) == found["succeeded"]
    return {name: count for name, count in found.items() if count}


def parts_of(*parts: tuple[bytes, bytes]) -> bytes:
    """A multipart body of disposition parameters and contents, with the boundary x."""
    head = b"--x\r\nContent-Disposition: form-data; "
    return b"".join(head + told + b"\r\n\r\n" + content + b"\r\n" for told, content in parts) + b"--x--\r\n"


def archive(*names: str) -> bytes:
    """A ZIP archive of files with these names; they hold b"0", b"1" and so on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for number, name in enumerate(names):
            file.writestr(name, str(number))
    return buffer.getvalue()
