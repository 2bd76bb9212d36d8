"""What goes wrong in a classroom: interrupts, cells out of order, damaged files, endless loops.

Each in a real kernel where the kernel takes part in it, driven as JupyterLab drives one.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from helpers import figures, missing_names, tables, words
from helpers.corpus import grammar, write
from helpers.words import pairs as word_pairs
from tools import ROOT

LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem[:2])

# A training says when five steps are done, then waits for the interrupt. To be run before all else.
WAITING = """
import itertools, time
from helpers import training
def waiting(fit):
    def fit_and_wait(model, batches, loss_of, **options):
        step = itertools.count(1)
        def loss(*args):
            if next(step) == 6:
                print("TRAINING", flush=True)
                for _ in range(600):  # in slices, as Windows wakes no sleeper
                    time.sleep(0.1)
            return loss_of(*args)
        return fit(model, batches, loss, **options)
    return fit_and_wait
training.fit = waiting(training.fit)
"""


def named(number: str) -> Path:
    """The students' notebook of a lesson."""
    return next(path for path in LESSONS if path.name.startswith(number))


def code_cells(path: Path) -> list[str]:
    return [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def first_now(cases: list) -> list:
    """The first case for every run of the tests, the others for the night."""
    return [*cases[:1], *(pytest.param(case, marks=pytest.mark.nightly) for case in cases[1:])]


class Kernel:
    """A kernel in the notebooks' folder; `run` one cell after the other."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(cwd=str(ROOT / "notebooks"))

    def run(self, source: str, interrupt: bool = False, seconds: float = 180) -> list[str]:
        """What a cell shows, as text: streams, `text/plain`, and errors as `error: …`.

        interrupt: press ■ at every "TRAINING".
        """
        message_id, end = self.client.execute(source), time.monotonic() + seconds
        shown = []
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
                if interrupt and "TRAINING" in content["text"]:
                    self.manager.interrupt_kernel()
            elif message["msg_type"] == "error":
                shown.append(f"error: {content['ename']}: {content['evalue']}")
            elif message["msg_type"] in ("execute_result", "display_data"):
                shown.append(content["data"].get("text/plain", ""))
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return shown


@contextmanager
def running_kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    try:
        yield kernel
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[Kernel]:
    with running_kernel() as running:
        yield running


@pytest.fixture
def kernel(shared: Kernel) -> Kernel:
    """One kernel for many tests, without the names and the inputs of the others."""
    shared.run("%reset -f")
    shared.run("%reset -f in")
    return shared


# Interrupts ---------------------------------------------------------------------------------------


TRAINING = [path for path in LESSONS if re.search(r"\bfit\(", "\n".join(code_cells(path)))]


@pytest.mark.parametrize("path", first_now(TRAINING), ids=lambda path: path.stem[:2])
def test_every_training_can_be_interrupted_and_the_lesson_goes_on(path: Path) -> None:
    """Fails if an interrupt raises, or if a later cell needs a model that has learnt something."""
    errors, stopped = [], 0
    with running_kernel() as kernel:
        cells = code_cells(path)
        for number, source in enumerate([WAITING, *cells]):
            text = "\n".join(kernel.run(source, interrupt=True))
            stopped += text.count("Stopped after 0 of")
            assert text.count("Stopped after") == text.count("TRAINING"), f"{source}\n{text}"
            if "error: " in text:
                errors.append(f"code cell {number}, the first being 1: {source}\n{text}")
    assert not errors, "\n\n".join(errors)
    assert stopped, "no training was interrupted in its first epoch"


# Cells out of order -------------------------------------------------------------------------------


@every_lesson
def test_a_cell_run_too_early_names_the_one_to_run_first(path: Path, kernel: Kernel) -> None:
    """Fails if the hint is lost, hides Python's own error, or names a cell that does not help.

    The first check of a lesson, run right after the header: the exercise above it has not run.
    """
    cells = missing_names.lesson_cells(path)
    place, names = next(
        (n, match[1].split(", "))
        for n, cell in enumerate(cells)
        if (match := re.search(r"^(?:checks\.)?check_\w+\(([\w, ]+)\)", cell.source, re.M))
    )
    kernel.run(cells[0].source)
    kernel.run("from helpers.checks import *")  # where the import stands further down
    text = "\n".join(kernel.run(cells[place].source))
    assert f"error: NameError: name '{names[0]}' is not defined" in text
    maker = next(
        cell for cell in cells[place - 1 :: -1] if names[0] in missing_names.made_by(cell.source)
    )
    assert f"`{names[0]}` is made in an earlier cell" in text
    assert maker.section in text
    assert maker.line_of(names[0]) in text
    kernel.run(f"{' = '.join(names)} = ...")
    assert "not started" in "\n".join(kernel.run(cells[place].source))


def test_a_cell_run_first_of_all_gets_the_advice_once() -> None:
    """Fails if a kernel gives no hint before `helpers` is imported, imports torch for it, or says
    it twice. `course.py settings` copies the configuration that this needs.
    """
    copied = Path(sys.prefix) / "etc/ipython/ipython_config.py"
    if not copied.is_file():
        pytest.skip("nobody ran `python course.py settings` in this environment")
    assert copied.read_text("utf-8") == (ROOT / "tools/jupyter/ipython_config.py").read_text(
        "utf-8"
    )
    cells = missing_names.lesson_cells(named("03"))
    cell = next(cell for cell in cells if cell.source.startswith("checks.check_"))
    with running_kernel() as kernel:
        loaded = kernel.run("import sys; print(sorted({'torch', 'helpers'} & {*sys.modules}))")
        assert loaded == ["[]\n"]
        text = "\n".join(kernel.run(cell.source))
        assert "error: NameError" in text
        assert text.count("is made in an earlier cell") == 1
        again = "\n".join(kernel.run(cell.source))
        assert again.count("is made in an earlier cell") == 1


def run_all(kernel: Kernel, *sources: str) -> str:
    """What the last of some cells shows, after the others."""
    return "\n".join([kernel.run(source) for source in sources][-1])


def test_a_cell_that_failed_is_not_said_to_have_not_run(kernel: Kernel) -> None:
    """Fails if a student who ran the cell, and saw its error, is told to run it first."""
    header, *cells = missing_names.lesson_cells(named("06"))
    maker = next(cell for cell in cells if "model" in missing_names.made_by(cell.source))
    text = run_all(kernel, header.source, maker.source, "print(model)")
    assert "The cell that makes `model` stopped with an error: NameError: name '" in text
    assert maker.section in text
    assert "\n    model = AttentionSeq2Seq(" in text
    assert "Mend that, and run it again" in text
    assert "has not run" not in text


@pytest.mark.parametrize(
    ("maker", "phrase", "line"),
    [
        ("1 / 0\nfound = 3", "stopped with an error: ZeroDivisionError: division", "found = 3"),
        ("def found(x):\nreturn x", "stopped with an error: IndentationError", "def found(x):"),
        ("found = (1,", "stopped with an error: ", "found = (1,"),
        ("raise KeyboardInterrupt\nfound = 1", "was interrupted", "found = 1"),
        ("found = 1\ndel found", "has run without an error", "found = 1"),
        ("if len(str()):\n    found = 1", "made under a condition only?", "found = 1"),
    ],
)
def test_what_became_of_the_cell_is_said(
    maker: str, phrase: str, line: str, kernel: Kernel
) -> None:
    """Fails if the hint is not true of a cell of the student's own, or changed by the student."""
    text = run_all(kernel, "%reset -f", "import helpers", maker, "print(found)")
    assert "The cell that makes `found`" in text
    assert phrase in text
    assert "in the section" not in text
    assert f"\n    {line}\n" in text
    assert "has not run" not in text


def test_the_newest_try_counts(kernel: Kernel) -> None:
    """Fails if an error that the student has mended is still named, or a cell accuses itself."""
    failing, mended = "found = 1 / 0", "found = 2 / 1"
    kernel.run("import helpers")
    assert "ZeroDivisionError" in run_all(kernel, failing, "print(found)")
    assert run_all(kernel, mended, "print(found)") == "2.0\n"
    assert "has run without an error" in run_all(kernel, "del found", "print(found)")
    assert "stopped" not in run_all(kernel, "total = total + 1", "total = total + 2")


def test_an_own_mistake_gets_no_advice(kernel: Kernel) -> None:
    """Fails if a plain typo, or any other error, is explained as a question of missing_names."""
    kernel.run(code_cells(LESSONS[0])[0])
    assert kernel.run("modle.train()") == ["error: NameError: name 'modle' is not defined"]
    assert kernel.run("1 / 0") == ["error: ZeroDivisionError: division by zero"]
    assert kernel.run("1 + 1") == ["2"]


def test_the_nearest_cell_above_is_named() -> None:
    """Fails if the advice points below the failing cell, or into another lesson."""
    cells = [
        missing_names.Cell("1", "import torch"),
        missing_names.Cell("2", "x = 1"),
        missing_names.Cell("3", "for x, y in pairs:\n    z = x"),
        missing_names.Cell("4", "print(x)"),
        missing_names.Cell("5", "x = late = 2"),
    ]
    other = [missing_names.Cell("other", "import torch"), missing_names.Cell("other", "x = 3")]
    run = ["import torch", "print(x)"]
    assert missing_names.maker("x", run, [other, cells]) == cells[2]
    assert missing_names.maker("z", run, [other, cells]) == cells[2]
    assert missing_names.maker("late", run, [other, cells]) is None
    assert missing_names.maker("late", ["import torch", "my own"], [cells]) == cells[4]
    assert missing_names.maker("x", ["my own"], [cells]) is None
    assert missing_names.maker("x", run, []) is None


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("with torch.no_grad():\n    x = 1\n    found = f(x)", "found = f(x)"),
        ("@torch.no_grad()\ndef found(x):\n    y = x", "def found(x):"),
        ("for found, y in pairs:\n    z = found", "for found, y in pairs:"),
        ("for x in y:\n    if x:\n        break\n    else:\n        found = x", "found = x"),
        ("try:\n    x = 1\nexcept OSError:\n    found = 2", "found = 2"),
        ("import a\nfrom b import (\n    c,\n    found,\n)", "found,"),
        ("def other():\n    found = 1\n\nfound = other", "found = other"),
        ("class found:\n    x = 1", "class found:"),
    ],
)
def test_the_line_that_is_quoted_is_one_to_recognise(source: str, line: str) -> None:
    """Fails if the hint quotes `with torch.no_grad():`, which many cells begin with."""
    assert missing_names.Cell("", source).line_of("found") == line


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("def f(x):\n    y = x", {"f"}),
        ("class C:\n    z = 1", {"C"}),
        ("import numpy as np, os.path\nfrom a import b as c", {"np", "os", "c"}),
        ("with open(p) as f:\n    (n := 1)", {"f", "n"}),
        ("[i for i in range(3)]", set()),
        ("%pip install x", set()),
    ],
)
def test_names_that_a_cell_makes(source: str, names: set[str]) -> None:
    assert missing_names.made_by(source) == names


# Files missing or damaged -------------------------------------------------------------------------

WHOLE = words.TRANSLATION_TSV.read_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no file of sentence pairs at"),
        (b"", "has no pair of the split 'test'"),
        (WHOLE[: WHOLE.index(b"\ttest\t")].rsplit(b"\n", 1)[0], "has no pair of the split 'test'"),
        (WHOLE[: WHOLE.index(b"\ttrain\t", 90_000) + 4], r"line \d+ .*found 4 column"),
        (WHOLE[: WHOLE.index("蘋".encode()) + 1], r"line \d+: not UTF-8 text"),
        (b"\x80\x00\xff" * 1000, "line 1: not UTF-8 text"),
        (WHOLE.replace(b"\t1\n", b"\tone\n", 1), r"line \d+ .*found 'one' clauses"),
        (b"version https://git-lfs.github.com/spec/v1\n", "line 1 .*found 1 column"),
    ],
    ids=["missing", "empty", "half", "cut", "cut-character", "binary", "edited", "pointer"],
)
def test_a_damaged_corpus_is_named_with_a_remedy_that_works(
    content: bytes | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a file in disorder is read in silence, or the advice does not bring it back."""
    path = tmp_path / "translation.tsv"
    monkeypatch.setattr(word_pairs, "TRANSLATION_TSV", path)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((FileNotFoundError, ValueError), match=says) as raised:
        words.read_pairs(split="test")
    assert str(path) in str(raised.value)
    assert "`%run -m helpers.corpus` in a cell, writes it anew" in str(raised.value)


def test_the_remedy_writes_the_same_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "translation.tsv"
    monkeypatch.setattr(write, "TRANSLATION_TSV", path)
    write.main()
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("content", [None, b"", b"[nouns]\n"], ids=["missing", "empty", "cut"])
def test_a_damaged_lexicon_is_named_with_a_remedy(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the way to a new corpus ends in a traceback that names no file."""
    path = tmp_path / "lexicon.txt"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(grammar, "LEXICON_TXT", path)
    monkeypatch.setattr(write, "LEXICON_TXT", path)
    monkeypatch.setattr(write, "TRANSLATION_TSV", tmp_path / "translation.tsv")
    grammar.lexicon.cache_clear()
    try:
        with pytest.raises(SystemExit, match=r"lexicon\.txt is missing or damaged.*(?s:.*)git"):
            write.main()
    finally:
        grammar.lexicon.cache_clear()
    assert not (tmp_path / "translation.tsv").exists()


@pytest.mark.parametrize(
    "read", [tables.length_curves, tables.alignment_errors, tables.training_runs, tables.race_table]
)
def test_a_damaged_table_names_the_benchmark_that_writes_it(read: Callable, tmp_path: Path) -> None:
    """Fails if a lesson's cell ends in an error of csv or float that names no file."""
    whole = read.__defaults__[0].read_bytes()
    path = tmp_path / "table.tsv"
    with pytest.raises(FileNotFoundError, match=r"table\.tsv.*benchmarks\.\w+ --write"):
        read(path)
    second_line = whole.index(b"\n") + 1
    for damaged in (b"\x80\xff\n" * 9, whole[second_line:], whole[: second_line + 5]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"table\.tsv"):
            read(path)


@pytest.mark.parametrize("content", [None, b"", b"no font"], ids=["missing", "empty", "damaged"])
def test_without_a_sound_font_figures_still_draw(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a lesson's first cell ends in FreeType's error, or Chinese is lost in silence."""
    path = tmp_path / "font.otf"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(figures, "FONT", path)
    with pytest.warns(UserWarning, match=r"font\.otf is missing or damaged"):
        fig = figures.figure()
    fig.subplots().set_title("attention")
    fig.canvas.draw()
    assert figures.font_family(path) == ["DejaVu Sans"]


# Endless loops ------------------------------------------------------------------------------------

ENDLESS = """
import time
def endless(*args, **more):
    while True:
        try:
            n = sum(range(1000))
            time.sleep(0.1)
        except:
            pass
"""


class Endless(NamedTuple):
    """A check of a function, and the solved cells that make the check's other arguments."""

    check: str
    name: str
    makers: list[str]


def function_checks(path: Path) -> list[Endless]:
    """Each check cell of a lesson with each function that it is given."""
    solved = code_cells(path.parent / "solutions" / path.name)
    found = []
    for source in solved:
        match = re.match(r"(?:checks\.)?check_\w+\(([\w, ]+)\)$", source)
        if not match:
            continue
        for name in match[1].split(", "):
            others = {*match[1].split(", ")} - {name}
            makers = [text for text in solved if missing_names.made_by(text) & others]
            if any(f"def {name}(" in text for text in solved):
                found.append(Endless(source, name, makers))
    return found


@pytest.mark.parametrize(
    "case",
    [case for path in LESSONS for case in first_now(function_checks(path))],
    ids=lambda case: case.name,
)
def test_an_endless_exercise_is_stopped(case: Endless, kernel: Kernel) -> None:
    """Fails if a check calls a student's function without a time limit, or does not say why.

    After half a second instead of five; the other arguments of the check are right answers.
    """
    check, name, makers = case
    kernel.run("import torch\nfrom helpers import checks\nfrom helpers.checks import *")
    kernel.run("from helpers.checks import engine\nusual, engine.SECONDS = engine.SECONDS, 0.5")
    for maker in makers:
        kernel.run(maker)
    kernel.run(ENDLESS)
    kernel.run(f"{name} = endless")
    text = "\n".join(kernel.run(check, seconds=60))
    kernel.run("engine.SECONDS = usual")
    assert "not yet: " in text
    assert re.search(r"still running after \d seconds and was stopped", text)
    assert kernel.run("1 + 1") == ["2"]


@pytest.mark.nightly
def test_an_endless_exercise_takes_five_seconds(kernel: Kernel) -> None:
    """Fails if the limit that students meet grows."""
    kernel.run("from helpers import checks")
    kernel.run(ENDLESS)
    shown = kernel.run("checks.check_causal_mask(endless)", seconds=60)
    assert "still running after 5 seconds" in "\n".join(shown)


# Twice --------------------------------------------------------------------------------------------


@pytest.mark.nightly
def test_run_all_twice_gives_the_same_text() -> None:
    """Fails if a cell leaves something behind that changes what an earlier one shows.

    The second time without a restart, which is the harder case: after a restart, test_outputs.py
    compares what every notebook shows. Lesson 9 stands for all here: it draws at random and trains.
    """
    cells = code_cells(named("09"))
    with running_kernel() as kernel:
        first = ["".join(kernel.run(source)) for source in cells]
        again = ["".join(kernel.run(source)) for source in cells]
    for source, before, after in zip(cells, first, again, strict=True):
        assert before == after, source
