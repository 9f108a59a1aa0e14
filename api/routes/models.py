"""/v1/models: what is installed, with what is known about it."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import HouseDep
from api.openapi import ERRORS
from api.schemas import ModelOut, Page
from shared.catalog import ModelCatalog, ModelEntry
from shared.errors import CannotStart, Missing, ModelBroken

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
    """Every installed model by name and version, also those that cannot be served, with what is wrong."""
    try:
        default = catalog.resolve(None)
    except CannotStart:
        default = None
    return [_model(catalog, entry, entry.ref == default) for entry in catalog.entries()]


def _model(catalog: ModelCatalog, entry: ModelEntry, default: bool) -> ModelOut:
    name, version, fault = entry.ref.name, entry.ref.version, entry.fault
    try:
        labels = [label for label, meant in catalog.labels(name).items() if meant == version]
    except ModelBroken as error:
        labels, fault = [], fault or error.message
    metrics = dict(entry.manifest.metrics) if entry.manifest else {}
    return ModelOut(name=name, version=version, default=default, labels=labels, metrics=metrics, fault=fault or None)
