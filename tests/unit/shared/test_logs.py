"""What a process writes that is not at a terminal: one JSON object a line, whoever it is from."""

from __future__ import annotations

import json
import subprocess
import sys

WRITE = """
import logging
from billiard.util import error, get_logger
from shared.logs import configure_logs

get_logger().addHandler(logging.StreamHandler())
configure_logs("info")
get_logger()
error("Process %r exited", "SpawnPoolWorker-1")
logging.getLogger("celery.worker").warning("no connection")
"""


def test_every_line_is_json_also_of_what_tells_of_child_processes() -> None:
    written = subprocess.run([sys.executable, "-c", WRITE], capture_output=True, text=True, check=True)
    assert written.stdout == ""
    lines = [json.loads(line) for line in written.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["Process 'SpawnPoolWorker-1' exited", "no connection"]
