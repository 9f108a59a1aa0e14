"""The web page at /."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

WEB = Path(__file__).resolve().parent.parent / "web"

router = APIRouter(include_in_schema=False)


@router.get("/")
def home() -> FileResponse:
    return FileResponse(
        WEB / "index.html", headers={"Content-Security-Policy": "default-src 'self'; img-src 'self' blob:"}
    )


def mount_static(app: FastAPI) -> None:
    """Serve the page's scripts and styles."""
    app.mount("/static", StaticFiles(directory=WEB / "static"), name="static")
