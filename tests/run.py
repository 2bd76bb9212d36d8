"""Run every check of the course, one step after the other; `make test` calls this.

    python tests/run.py               # all steps
    python tests/run.py lint types    # only these

A step that fails does not stop the next one.  At the end: each step's verdict and seconds, and
what was skipped and why.  Exits with 1 if a step failed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTEST = ["pytest", "-q"]
# Strict: every stored text output must come out again.  One file stays on one worker, because its
# cells share a kernel.
ALONE = [*PYTEST, "--nbval", "--nbval-cell-timeout=300"]
NBVAL = [*ALONE, "-n2", "--dist=loadfile"]
TWO_THREADS = {"OMP_NUM_THREADS": "2"}
SLOW = ["tests/browser", "tests/test_bad_days.py", "tests/test_other_machines.py"]

# Name, arguments of `python -m`, and environment variables.  Three steps run the notebooks: as they
# were made; the lessons on a machine set up otherwise (one thread, no UTF-8, a strange folder); the
# solutions on a processor without vector instructions.  So each setting meets each lesson.
STEPS: dict[str, tuple[list[str], dict[str, str]]] = {
    "lint": (["ruff", "check", "."], {}),
    "format": (["ruff", "format", "--check", "."], {}),
    "types": (["mypy"], {}),
    "unit": ([*PYTEST, "-n2", "tests", *(f"--ignore={path}" for path in SLOW)], TWO_THREADS),
    "bad-days": ([*PYTEST, "-n2", "--dist=worksteal", "tests/test_bad_days.py"], {}),
    "notebooks": ([*NBVAL, "notebooks"], TWO_THREADS),
    "notebooks-elsewhere": ([*PYTEST, "tests/test_other_machines.py"], {}),
    "notebooks-plain-cpu": (
        [*NBVAL, "notebooks/solutions"],
        {"ATEN_CPU_CAPABILITY": "default", **TWO_THREADS},
    ),
    "browser": (["pytest", "-v", "tests/browser"], {}),
}
SKIPPED = re.compile(r"^(?:SKIPPED|XFAIL)\b.*")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(name: str) -> tuple[bool, list[str]]:
    """Run one step with its output shown as it comes; return success and what it skipped."""
    arguments, variables = STEPS[name]
    print(f"\n== {name}: {' '.join(arguments)} {variables or ''}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = b""
    while chunk := os.read(process.stdout.fileno(), 4096):
        output += chunk
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
    lines = COLOUR.sub("", output.decode(errors="replace")).splitlines()
    skipped = [line for line in lines if SKIPPED.match(line)]
    return process.wait() == 0, skipped


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.exit(f"No step {', '.join(unknown)}; there are: {', '.join(STEPS)}")
    verdicts: list[str] = []
    all_skipped: list[str] = []
    failed = False
    for name in names or STEPS:
        start = time.monotonic()
        passed, skipped = run(name)
        failed |= not passed
        verdict = "passed" if passed else "FAILED"
        verdicts.append(f"{name:22} {verdict}  {time.monotonic() - start:5.0f} s")
        all_skipped += [f"{name}: {line}" for line in skipped]
    print("\n== summary", *verdicts, sep="\n")
    print("Skipped:" if all_skipped else "Nothing was skipped.", *all_skipped, sep="\n  ")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
