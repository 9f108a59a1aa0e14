"""The Celery application of the workers; its options stand in `shared.celery_options`."""

from __future__ import annotations

from shared.settings import load_settings
from shared.wiring import open_celery

settings = load_settings()
celery = open_celery(settings)
celery.conf.include = ["worker.tasks"]
celery.set_current()
