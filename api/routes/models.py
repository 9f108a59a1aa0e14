"""/v1/models: what is installed, with what is known about it."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import HouseDep
from api.openapi import ERRORS
from api.schemas import ModelOut, Page
from shared.catalog import ModelCatalog, ModelEntry
from shared.errors import CannotStart, Missing

router = APIRouter(prefix="/v1/models", tags=["models"], responses=ERRORS)


@router.get("")
def list_models(house: HouseDep) -> Page[ModelOut]:
    """Every installed version of every model."""
    found = installed_models(house.desk.catalog)
    ends = (str(found[0].name), str(found[-1].name)) if found else (None, None)
    return Page(data=found, first_id=ends[0], last_id=ends[1], has_more=False)


@router.get("/{name}")
def get_model(name: str, house: HouseDep) -> Page[ModelOut]:
    """Every installed version of one model."""
    found = [model for model in installed_models(house.desk.catalog) if model.name == name]
    if not found:
        raise Missing(f"There is no model {name!r}; GET /v1/models lists what is installed.")
    return Page(data=found, first_id=name, last_id=name, has_more=False)


def installed_models(catalog: ModelCatalog) -> list[ModelOut]:
    """Every model that can be served, by name and version."""
    try:
        default = catalog.resolve(None)
    except CannotStart:
        default = None
    return [_model(catalog, entry, entry.ref == default) for entry in catalog.entries() if not entry.fault]


def _model(catalog: ModelCatalog, entry: ModelEntry, default: bool) -> ModelOut:
    labels = [label for label, version in catalog.labels(entry.ref.name).items() if version == entry.ref.version]
    metrics = dict(entry.manifest.metrics) if entry.manifest else {}
    return ModelOut(name=entry.ref.name, version=entry.ref.version, default=default, labels=labels, metrics=metrics)
