"""What nobody means to send is known by its name, and nothing else is."""

from __future__ import annotations

import pytest

from shared.litter import is_litter


@pytest.mark.parametrize(
    "path",
    ["._a.png", "x/._a.png", ".DS_Store", "x/Thumbs.db", "DESKTOP.INI", "__MACOSX/a.png", "x/__macosx/a.png", ".git/a"],
)
def test_what_systems_leave_about_is_litter(path: str) -> None:
    assert is_litter(path)


@pytest.mark.parametrize("path", ["a.png", ".a.png", "x__MACOSX/a.png", "my.git/a.png", "x/git/thumbs.db.png", ""])
def test_what_is_only_called_alike_is_none(path: str) -> None:
    assert not is_litter(path)
