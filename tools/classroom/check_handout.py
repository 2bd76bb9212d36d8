"""`course.py test` in a handout: run the lessons that are unchanged, compare what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tools.setup import ROOT, SetupError

from .update import read_manifest, untouched

NBVAL = [
    *("pytest", "-q", "--nbval", "--nbval-cell-timeout=600", "-p", "no:cacheprovider"),
    "--nbval-sanitize-with=notebooks/nbval.cfg",
]


def sort_lessons(root: Path = ROOT) -> tuple[list[str], list[str]]:
    """The handed-out notebooks: those that are as they were, and those that are not."""
    same: list[str] = []
    changed: list[str] = []
    for name, base in read_manifest(root)["cells"].items():
        try:
            notebook = json.loads((root / name).read_text("utf-8"))
            (same if untouched(notebook, base) else changed).append(name)
        except (OSError, ValueError, KeyError):
            changed.append(name)
    return same, changed


def main() -> int:
    try:
        same, changed = sort_lessons()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    for name in changed:
        print(f"Not compared, because you changed it: {name}")
    print("Not in a handout: the tests of the course's own code, which its authors run.")
    if not same:
        print("Every lesson is changed, so there is nothing to compare. `course.py doctor` helps.")
        return 0
    print(f"Running {len(same)} lessons as they were handed out, some minutes.", flush=True)
    return subprocess.call([sys.executable, "-m", *NBVAL, *same], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
