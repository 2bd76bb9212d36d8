"""Rebuild the font beside this file from Noto Sans CJK (face 3 of NotoSansCJK-Regular.ttc is TC).

Usage: python data/fonts/subset.py PATH/TO/NotoSansCJK-Regular.ttc   (`pip install fonttools`)
Kept: ASCII, Big5 symbols and the 5,401 characters of Big5 level 1: what students type shows, too.
"""

import sys
from pathlib import Path

from fontTools import subset

SYMBOLS, LEVEL_1 = range(0xA140, 0xA3C0), range(0xA440, 0xC67F)
EXTRA = "—…妳喔啦熵饋"


def characters() -> str:
    """Every character to keep, sorted."""
    kept = {chr(code) for code in range(0x20, 0x7F)} | set(EXTRA)
    for code in (*SYMBOLS, *LEVEL_1):
        kept.update(code.to_bytes(2, "big").decode("big5", errors="ignore"))
    return "".join(sorted(kept))


if __name__ == "__main__":
    target = Path(__file__).with_name("NotoSansCJKtc-Regular-subset.otf")
    options = "--font-number=3 --layout-features= --no-hinting --desubroutinize --name-IDs=*"
    subset.main(
        [sys.argv[1], *options.split(), f"--text={characters()}", f"--output-file={target}"]
    )
    print(f"{target.name}: {target.stat().st_size // 1024} kB")
