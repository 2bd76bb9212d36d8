"""helpers/checks/grading.py: what a kernel looks like in which a grade is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from helpers.checks.grading import signature
from tools import ROOT

SECRET = b"a secret"
SOLUTION = """
def padding_mask(lengths):
    return torch.arange(lengths.max()) < lengths[:, None]
"""
FORGED = [
    "checks.require(None)",
    "checks.require(checks.check_padding_mask(wrong))",
    "verdict = checks.check_padding_mask(wrong); verdict.status = 'right'; checks.require(verdict)",
    "torch.allclose = lambda *_, **__: True\nchecks.require(checks.check_padding_mask(wrong))",
    "import helpers.checks.lesson_1",
    "from helpers.checks.grading import signature",
    "from helpers.checks.engine import Verdict",
    "type(checks.check_padding_mask(wrong)).status = property(lambda self: 'right')\n"
    "checks.require(checks.check_padding_mask(wrong))",
]


def sealed(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code as a cell of a student's in a sealed Python."""
    secret = folder / "secret"
    secret.write_bytes(SECRET)
    first = (
        f"from helpers.checks.grading import seal; seal({str(secret)!r}); del seal\n"
        "import torch\nfrom helpers import checks\n"
        "def wrong(lengths): return lengths[:, None] > 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", first + code], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert not secret.exists(), "the secret would be there for cells to read"
    return done


def test_a_right_answer_is_signed(tmp_path: Path) -> None:
    check = "checks.require(checks.check_padding_mask(padding_mask))"
    done = sealed(tmp_path, f"{SOLUTION}\n{check}")
    assert done.returncode == 0, done.stderr
    assert signature(SECRET, "check_padding_mask") in done.stdout
    assert signature(SECRET, "check_causal_mask") not in done.stdout


def test_what_is_not_right_is_not_signed_and_answers_cannot_be_had(tmp_path: Path) -> None:
    """One after the other in the same Python, so that what is overwritten stays so."""
    code = (
        f"for code in {FORGED!r}:\n"
        "    try:\n        exec(code)\n        print('done', code)\n"
        "    except (AssertionError, ImportError, AttributeError) as error:\n"
        "        print(type(error).__name__)\n"
    )
    done = sealed(tmp_path, code)
    assert done.stderr == ""
    assert done.stdout.count("NotRight") >= 3
    assert done.stdout.count("ModuleNotFoundError") == 3
    assert "done" not in done.stdout
    assert signature(SECRET, "check_padding_mask") not in done.stdout


def test_a_function_of_the_courses_own_is_no_answer(tmp_path: Path) -> None:
    code = (
        "from helpers.taught import attention as a\n"
        "f = next(v for v in vars(a).values() if getattr(v, '__module__', '') == a.__name__)\n"
        "print(checks.check_attention(f))"
    )
    assert "comes out of the course's files" in sealed(tmp_path, code).stdout
