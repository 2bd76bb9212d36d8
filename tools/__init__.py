"""What serves the course without being part of a lesson: shared by tests, benchmarks, set-up.

Neither tests nor benchmarks import the other, and nothing in `helpers/` imports this.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
