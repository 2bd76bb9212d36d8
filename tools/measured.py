"""Measured numbers in a cell's text, which stand behind `~` and may differ from run to run."""

from __future__ import annotations

import re

from tools import ROOT

SANITIZER = ROOT / "notebooks" / "nbval.cfg"


def mask(text: str) -> str:
    """The text as nbval compares it: `~ 96 % right: yes` becomes ` ~# % right: yes`."""
    rules = SANITIZER.read_text("ascii")
    for pattern, replacement in re.findall(r"^regex: (.*)\n^replace: (.*)$", rules, re.MULTILINE):
        text = re.sub(pattern, replacement, text)
    return text
