"""What a process must not load, it does not load: told by the modules of a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from shared.settings import PROJECT

HEAVY = ("keras", "tensorflow", "openvino", "numpy", "PIL", "cv2")
#: The folders that are ours, as names that Python imports.
OURS = ("api", "bench", "cli", "migrations", "shared", "tests", "training", "worker")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("modules", ["api.app, api.__main__", "worker.app, worker.tasks, worker.process", "cli.main"])
def test_what_only_the_workers_children_need_is_loaded_there_only(modules: str) -> None:
    assert loaded_by(f"import {modules}").isdisjoint(HEAVY)


def test_the_front_end_loads_no_worker_and_the_workers_no_front_end() -> None:
    assert loaded_by("import api.app, api.__main__").isdisjoint({"worker", "cli"})
    assert loaded_by("import worker.app, worker.tasks").isdisjoint({"api", "cli", "fastapi"})


def test_the_heart_needs_nothing_but_the_standard_library() -> None:
    before = loaded_by("pass")
    loaded = loaded_by("import shared.lifecycle, shared.domain, shared.ports, shared.errors, shared.testing")
    assert loaded - before - {"shared"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", OURS)
def test_no_other_distribution_provides_a_package_of_our_name(name: str) -> None:
    assert packages_distributions().get(name, ["digitq"]) == ["digitq"]


@pytest.mark.parametrize("name", OURS)
def test_no_file_of_ours_is_called_like_a_module_of_python(name: str) -> None:
    files = (file for file in Path(PROJECT, name).glob("*.py") if not file.stem.startswith("__"))
    assert {file.stem for file in files}.isdisjoint(sys.stdlib_module_names - {"process", "logs"})
