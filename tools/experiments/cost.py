"""What work costs: processor time, which other programs on the machine do not lengthen."""

import time
from collections.abc import Callable


def milliseconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Milliseconds of process time for one call, the mean of some."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats * 1000
