"""Which build of torch to install: PyPI's for Linux brings several GB of CUDA, few need them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import urllib.request

from . import SetupError

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS = 5.0  # how long an index may take to answer


def choose(torch: str, index: str, installed: bool) -> str | None:
    """Which package index to ask for torch, or None for the one that pip is set to, PyPI.

    `torch` is auto, cpu or cuda; `index` is an address that the user names instead. A build that is
    `installed` is good enough for auto. Raises SetupError if an index that was asked for is silent,
    because pip would go on trying for minutes.
    """
    if torch == "cpu" and sys.platform == "linux":  # elsewhere PyPI's build is the CPU build
        index = index or CPU_INDEX
    if index and answers(index):
        return index
    if index:
        raise SetupError(
            f"No answer from the index that torch should come from, {index}. Is the address right, "
            "and is there a connection or a proxy (HTTPS_PROXY)? Without TORCH and TORCH_INDEX the "
            "set-up takes what it can get."
        )
    if torch == "cuda" or sys.platform != "linux" or installed or _has_nvidia_card():
        return None
    if answers(CPU_INDEX):
        return CPU_INDEX
    print(
        f"{CPU_INDEX} does not answer, so torch comes from where pip is set to look: PyPI's build "
        "for Linux takes several GB, as it brings CUDA. For the small one stop here (Ctrl-C) and "
        "set TORCH_INDEX, or pip.conf, to a mirror that has it; TORCH=cuda skips this question.",
        flush=True,
    )
    return None


def answers(index: str, seconds: float = SECONDS) -> bool:
    """Whether a package index has a page for torch, and says so within `seconds`."""
    if not index.startswith(("http://", "https://")):
        return True  # a folder: pip itself says at once if it is not there
    found: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{index.rstrip('/')}/torch/", timeout=seconds):
                found.append(True)
        except (OSError, ValueError):
            pass

    # A thread, because looking up a name has no time limit of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(found)


def _has_nvidia_card() -> bool:
    tool = shutil.which("nvidia-smi")
    return bool(tool) and subprocess.run([str(tool), "-L"], capture_output=True).returncode == 0
