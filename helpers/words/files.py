"""Text files that someone brings along: read as UTF-8, or named for what they are."""

from __future__ import annotations

from pathlib import Path

# How files begin that are no text, whatever their name says. (Excel's and Word's are zip archives.)
_BEGINNINGS = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3\x00": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"%PDF-": "a PDF file",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
}
_FREQUENT = {  # characters that make up a third of any text
    "Big5": "的是我不了在有你他一這個們來會人好說到要",
    "GBK": "的是我不了在有你他一这个们来会人好说到要",
}


def decode(raw: bytes, path: Path, remedy: str = "") -> str:
    """The text of a UTF-8 file, without a byte-order mark and with line feeds at its lines' ends.

    Raises ValueError that says what the file is (an archive, a database, a web page), or on which
    line it stops being UTF-8 and in which encoding it probably is. `remedy` stands in place of the
    advice to save it again.
    """
    if kind := _kind(raw):
        advice = remedy or f"; {_ADVICE[kind.split()[-1] == 'archive']}"
        raise ValueError(f"{path} is no text: this is {kind}{advice}")
    utf16 = _utf16(raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, reason = raw[: error.start].count(b"\n") + 1, error.reason
        likely = utf16 or _chinese_encoding(raw)
    else:
        nul = text.find("\0")
        if not utf16 and text.count("\0") <= len(text) // 100:
            if _is_web_page(text):
                what = "a web page (HTML), not a table of text: download the file it links to"
                raise ValueError(f"{path}: this is {what}{remedy}")
            return text.replace("\r\n", "\n").replace("\r", "\n")
        line, reason, likely = text[:nul].count("\n") + 1, "NUL bytes", utf16
    says = f"; it looks like {likely}" if likely else "; it may be Big5, UTF-16 or no text at all"
    advice = remedy or ": open it in an editor and save the file again with the encoding UTF-8"
    raise ValueError(f"{path}, line {line}: not UTF-8 text ({reason}{says}){advice}")


_ADVICE = {
    True: "unpack it first and give the text file in it",
    False: "save or export it as UTF-8 text first, one line for each row, tabs between columns",
}


def _kind(raw: bytes) -> str:
    """What a file is by its first bytes, or "" if these could be text."""
    if raw[257:262] == b"ustar":
        return "a tar archive"
    for beginning, kind in _BEGINNINGS.items():
        if raw.startswith(beginning):
            if kind == "a zip archive" and b"xl/work" in raw:
                return "an Excel file"
            return "a Word file" if kind == "a zip archive" and b"word/doc" in raw else kind
    return ""


def _utf16(raw: bytes) -> str:
    """UTF-16 by its byte-order mark, or by a NUL beside nearly every Latin letter; else ""."""
    start = raw[:4000]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    return "UTF-16" if max(even, odd) > len(start) / 8 and min(even, odd) <= len(start) / 50 else ""


def _chinese_encoding(raw: bytes) -> str:
    """Big5 or GBK, whichever reads as Chinese; both names if a text is too short to tell, or ""."""
    counts = {}
    for name, frequent in _FREQUENT.items():
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        counts[name] = sum(text.count(character) for character in frequent)
    best = max(counts.values(), default=0)
    return " or ".join(name for name, count in counts.items() if count == best)


def _is_web_page(text: str) -> bool:
    return text.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
