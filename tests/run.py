"""Run the checks of the course, one step after the other; `make test` calls this.

    python tests/run.py               # what every change must pass: at most ten minutes
    python tests/run.py --all         # the rest, too, as every night: retraining, each control, ...
    python tests/run.py lint types    # only these steps

A step that fails does not stop the next one. At the end: each step's verdict and seconds, and what
was skipped and why. Exits with 1 if a step failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
# Short, on one core: they run in the background while the others share two.
ASIDE = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
}
# Tests that pytest's marker `nightly` names are left to `--all`.
PYTEST = ["pytest", "-q", "-n2", "--dist=worksteal"]
OWN_STEP = {
    "bad-days": "tests/test_bad_days.py",  # interrupts, endless loops, cells out of order
    "outputs": "tests/test_outputs.py",  # every notebook once, in the hardest setting
    "browser": "tests/browser",  # students' notebooks in JupyterLab and Chromium
}
TESTED = {
    "unit": [*PYTEST, "tests", *(f"--ignore={path}" for path in OWN_STEP.values())],
    **{name: [*PYTEST, path] for name, path in OWN_STEP.items()},
}
STEPS = [*ASIDE, *TESTED]
SKIPPED = re.compile(r"^(?:SKIPPED|XFAIL)\b.*")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Result(NamedTuple):
    passed: bool
    seconds: float
    output: bytes

    def skipped(self) -> list[str]:
        lines = COLOUR.sub("", self.output.decode(errors="replace")).splitlines()
        return [line for line in lines if SKIPPED.match(line)]


def run(arguments: list[str], show: Callable[[bytes], object]) -> Result:
    """Run `python -m` with some arguments; show its output as it comes."""
    start, output = time.monotonic(), b""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    while chunk := os.read(process.stdout.fileno(), 4096):
        output += chunk
        show(chunk)
    return Result(process.wait() == 0, time.monotonic() - start, output)


def show(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"some of {', '.join(STEPS)}")
    parser.add_argument("--all", action="store_true", help="nightly tests, too")
    options = parser.parse_args()
    if unknown := [name for name in options.steps if name not in STEPS]:
        parser.error(f"no step {', '.join(unknown)}; there are: {', '.join(STEPS)}")
    wanted = [name for name in STEPS if name in (options.steps or STEPS)]
    marked = [] if options.all else ["-m", "not nightly"]
    start, results = time.monotonic(), {}
    with ThreadPoolExecutor(1) as pool:
        aside = {
            name: pool.submit(run, ASIDE[name], lambda _: None) for name in wanted if name in ASIDE
        }
        for name in [name for name in wanted if name in TESTED]:
            arguments = [*TESTED[name], *marked]
            print(f"\n== {name}: {' '.join(arguments)}", flush=True)
            results[name] = run(arguments, show)
        for name, future in aside.items():
            print(f"\n== {name}: {' '.join(ASIDE[name])}", flush=True)
            results[name] = future.result()
            show(results[name].output)
    print("\n== summary")
    for name in wanted:
        verdict = "passed" if results[name].passed else "FAILED"
        print(f"{name:10} {verdict} {results[name].seconds:5.0f} s")
    print(f"{'together':17} {time.monotonic() - start:5.0f} s")
    skipped = [f"{name}: {line}" for name in wanted for line in results[name].skipped()]
    print("Skipped:" if skipped else "Nothing was skipped.", *skipped, sep="\n  ")
    if not options.all:
        print("Not run: tests marked `nightly`. With --all they run, too.")
    return int(not all(result.passed for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
