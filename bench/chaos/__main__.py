"""`python -m bench.chaos --seed 1 --faults 60 --stack postgres` runs one stack through so many faults."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.chaos.faults import Kind, plan
from bench.chaos.inject import possible
from bench.chaos.report import text
from bench.chaos.run import run
from bench.chaos.stack import SHAPES


def main() -> int:
    parser = argparse.ArgumentParser(description="Pull plugs of a running service and check what it makes of it.")
    parser.add_argument("--stack", choices=SHAPES, default="sqlite", help="which parts the service has")
    parser.add_argument("--seed", type=int, default=1, help="decides which faults happen when")
    parser.add_argument("--faults", type=int, default=30, help="how many faults")
    parser.add_argument("--only", type=Kind, nargs="*", choices=list(Kind), help="these kinds of faults only")
    parser.add_argument("--pause", type=float, default=5, help="seconds between two faults, at most")
    parser.add_argument("--keep", type=Path, help="an empty folder for data and logs, which stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digitq-chaos-") as folder:
        findings = run(
            options.keep or Path(folder),
            SHAPES[options.stack],
            options.seed,
            lambda stack: plan(options.seed, options.only or possible(stack), options.faults, options.pause),
        )
    print(text(findings))
    return 1 if findings.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
