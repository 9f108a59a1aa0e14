"""The web pages: each a server-rendered frame that its script fills from the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from api.deps import HouseDep
from api.summaries import JobSummary
from shared.domain import Decision
from shared.errors import NoSuchJob

WEB = Path(__file__).resolve().parent.parent / "web"
#: What a page may load: its own scripts, styles and images, and pictures that its scripts make. Nothing inline.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
NAVIGATION = (("/", "Read"), ("/jobs", "Jobs"))
RECENT = 5
PAGE = 50
#: The choices of results on a job's page.
DECISIONS = (
    ("", "All"),
    (Decision.ACCEPT, "Accepted"),
    (Decision.NEEDS_REVIEW, "To review"),
    (Decision.REJECT, "Rejected"),
    ("failed", "Failed"),
    ("corrected", "Corrected"),
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
templates = Jinja2Templates(WEB / "templates")
templates.env.globals["navigation"] = NAVIGATION


@router.get("/")
def home(request: Request, house: HouseDep) -> HTMLResponse:
    jobs = house.desk.parts.book.list_jobs(limit=RECENT)
    return _page(request, "home.html", jobs=[JobSummary.of(job) for job in jobs])


@router.get("/jobs")
def jobs(request: Request, house: HouseDep, after: str | None = None) -> HTMLResponse:
    found = house.desk.parts.book.list_jobs(limit=PAGE + 1, after=after)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return _page(request, "jobs.html", jobs=[JobSummary.of(job) for job in found[:PAGE]], next=older)


@router.get("/jobs/{job_id}")
def job(request: Request, house: HouseDep, job_id: str) -> HTMLResponse:
    try:
        found = house.desk.parts.book.find(job_id)
    except NoSuchJob:
        return _page(request, "missing.html", 404, message="There is no such job; it may have been deleted.")
    return _page(request, "job.html", job=JobSummary.of(found), decisions=DECISIONS)


def mount_static(app: FastAPI) -> None:
    """Serve the pages' scripts and styles."""
    app.mount("/static", StaticFiles(directory=WEB / "static"), name="static")


def _page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return templates.TemplateResponse(request, template, context, status, HEADERS)
