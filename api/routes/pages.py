"""The web pages: each a server-rendered frame that its script fills from the API."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles

from api.deps import HouseDep
from api.rendering import STATIC, page
from api.routes.health import part_states
from api.routes.models import installed_models
from api.summaries import JobSummary
from shared.catalog import ModelCatalog
from shared.domain import ChunkState, Decision
from shared.errors import Missing, NoSuchJob

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


@router.get("/")
def home(request: Request, house: HouseDep) -> HTMLResponse:
    jobs = house.desk.parts.book.list_jobs(limit=RECENT)
    return page(request, "home.html", jobs=[JobSummary.of(job) for job in jobs])


@router.get("/jobs")
def jobs(request: Request, house: HouseDep, after: str | None = None) -> HTMLResponse:
    found = house.desk.parts.book.list_jobs(limit=PAGE + 1, after=after)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return page(request, "jobs.html", jobs=[JobSummary.of(job) for job in found[:PAGE]], older=older)


@router.get("/jobs/{job_id}")
def job(request: Request, house: HouseDep, job_id: str) -> HTMLResponse:
    return _job_page(request, house, job_id, "job.html")


@router.get("/jobs/{job_id}/sheet")
def sheet(request: Request, house: HouseDep, job_id: str) -> HTMLResponse:
    return _job_page(request, house, job_id, "sheet.html")


@router.get("/review")
def review(request: Request, house: HouseDep) -> HTMLResponse:
    return page(request, "review.html", pending=house.reviews.count_pending())


@router.get("/models")
def models(request: Request, house: HouseDep) -> HTMLResponse:
    sheets = _error_sheets(house.desk.catalog)
    # The newest on top, and above it the one that is used unless another is asked for.
    found = sorted(reversed(installed_models(house.desk.catalog)), key=lambda model: not model.default)
    return page(request, "models.html", models=found, sheets=sheets)


@router.get("/models/{name}/{version}/errors.png")
def error_sheet(house: HouseDep, name: str, version: str) -> FileResponse:
    """The contact sheet of a published model's test errors."""
    sheet = _error_sheets(house.desk.catalog).get((name, version))
    if sheet is None:
        raise Missing("This model came without a sheet of its errors.")
    return FileResponse(sheet)


@router.get("/system")
def system(request: Request, house: HouseDep) -> HTMLResponse:
    pulse = house.pulse.read()
    images = [(state, pulse.images.get(state, 0)) for state in ChunkState]
    requeues = house.desk.parts.book.requeues()
    return page(request, "system.html", parts=part_states(house), pulse=pulse, images=images, requeues=requeues)


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    return page(request, "docs.html")


def mount_static(app: FastAPI) -> None:
    """Serve the pages' scripts and styles."""
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _error_sheets(catalog: ModelCatalog) -> dict[tuple[str, str], Path]:
    """Where the published models' sheets lie, by name and version; what a visitor asks for is only compared."""
    published = [entry for entry in catalog.entries() if entry.manifest]
    sheets = {(entry.ref.name, entry.ref.version): entry.file.parent / "errors.png" for entry in published}
    return {ref: sheet for ref, sheet in sheets.items() if sheet.is_file()}


def _job_page(request: Request, house: HouseDep, job_id: str, template: str) -> HTMLResponse:
    try:
        found = house.desk.parts.book.find(job_id)
    except NoSuchJob:
        return page(request, "missing.html", 404, message="There is no such job; it may have been deleted.")
    return page(request, template, job=JobSummary.of(found), decisions=DECISIONS)
