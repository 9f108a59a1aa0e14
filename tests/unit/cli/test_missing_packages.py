"""The command where only the service's packages are installed, as in its containers."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_TYPER = "import sys; sys.modules['typer'] = None; from cli.__main__ import main; main()"


def test_without_its_packages_the_command_says_in_a_sentence_what_to_do() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_TYPER], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "needs typer, which is not installed here" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
