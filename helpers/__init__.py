"""What the lessons share: words, models already taught, labs, views, figures and checks.

Importing it lets torch compute with one thread. The course's models are so small that a second
thread costs more in waiting than it brings in work: on a busy machine, many times more. In a
notebook it also makes a cell that was run too early say which one to run first
(`helpers.missing_names`). It imports nothing heavy.
"""

import os
import sys
from pathlib import Path

from helpers import missing_names

DATA = Path(__file__).resolve().parent.parent / "data"  # what lessons read

os.environ["OMP_NUM_THREADS"] = "1"  # torch reads it when it is imported ...
if "torch" in sys.modules:  # ... which a lesson's first cell does before it comes here
    sys.modules["torch"].set_num_threads(1)
missing_names.install()
