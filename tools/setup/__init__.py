"""What `course.py` does: .venv, the build of torch, Jupyter's settings, and the doctor.

Only the standard library, because nothing is installed yet; and syntax that Python 3.8 reads, so
that an old Python gets to the sentence which says that it is too old.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class SetupError(Exception):
    """What went wrong and what to do about it, in sentences for whoever typed the command."""
