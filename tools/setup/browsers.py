"""Where a Chromium or Chrome is that the build and the tests can drive, and how to start it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PLACES = {  # where installers put it without telling the PATH
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    ),
}


def find_chromium() -> str | None:
    """The path of a browser: what the variable CHROMIUM names, else one that is installed.

    None where there is none, and where CHROMIUM names a file that does not exist.
    """
    if named := os.environ.get("CHROMIUM"):
        return named if Path(named).is_file() else None
    found = filter(None, map(shutil.which, NAMES))
    places = filter(os.path.isfile, map(os.path.expandvars, PLACES.get(sys.platform, ())))
    return next(found, None) or next(places, None)
