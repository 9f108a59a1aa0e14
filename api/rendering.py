"""Renders the web pages, under a policy that lets nothing run but the service's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

WEB = Path(__file__).resolve().parent / "web"
STATIC = WEB / "static"
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
NAVIGATION = (("/", "Read"), ("/jobs", "Jobs"), ("/review", "Review"), ("/models", "Models"), ("/system", "System"))

_templates = Jinja2Templates(WEB / "templates")
_templates.env.globals["navigation"] = NAVIGATION


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page; whatever stands in `context` is escaped."""
    return _templates.TemplateResponse(request, template, context, status, HEADERS)
