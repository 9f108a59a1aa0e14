"""Every setting and every address is documented, nothing is that does not exist, and every page can be found."""

from __future__ import annotations

import re
from pathlib import Path

from api.app import create_app
from shared.settings import PROJECT, Settings

REFERENCE = Path(PROJECT, "docs", "reference")
#: Where a link of a page leads that stays in the project.
LINK = re.compile(r"\]\(([^):#]+)[^)]*\)")
METHODS = {"get", "post", "put", "patch", "delete"}


def documented_rows(page: str, pattern: str) -> set[tuple[str, ...]]:
    """What the first cells of the tables of a page say, as the pattern's groups."""
    found = re.finditer(rf"^\| {pattern} \|", (REFERENCE / page).read_text(), re.MULTILINE)
    return {row.groups() for row in found}


def test_every_setting_is_documented_with_its_sentence() -> None:
    page = (REFERENCE / "settings.md").read_text()
    settings = {(f"DIGITQ_{name.upper()}",) for name in Settings.model_fields}
    assert documented_rows("settings.md", r"`(DIGITQ_\w+)`") == settings
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description in page, name


def test_every_address_is_documented() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    addresses = {(method.upper(), path) for path, operations in paths.items() for method in operations.keys() & METHODS}
    assert documented_rows("http-api.md", r"`([A-Z]+) (/[^`?]*)[^`]*`") == addresses


def test_every_address_says_what_it_does() -> None:
    for path, operations in create_app(Settings()).openapi()["paths"].items():
        for method in operations.keys() & METHODS:
            assert operations[method].get("description"), f"{method} {path}"


def linked(page: Path) -> set[Path]:
    """The pages that a page links to; a folder stands for all that are in it."""
    targets = {(page.parent / target).resolve() for target in LINK.findall(page.read_text())}
    assert [str(target) for target in targets if not target.exists()] == [], page
    folders = {target for target in targets if target.is_dir()}
    return {target for target in targets if target.suffix == ".md"}.union(*(folder.glob("*.md") for folder in folders))


def test_every_page_is_reached_from_the_first() -> None:
    reached: set[Path] = set()
    new = {PROJECT / "README.md"}
    while new:
        reached |= new
        new = set().union(*map(linked, new)) - reached
    assert set(PROJECT.glob("docs/**/*.md")) - reached == set()
