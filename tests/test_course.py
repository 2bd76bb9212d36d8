"""`course.py` and its parts: no network and no real installation, which a recorder stands for."""

from __future__ import annotations

import ast
import functools
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tools import ROOT
from tools.setup import SetupError, environment, settings, torch_build

SOURCES = [ROOT / "course.py", *sorted((ROOT / "tools/setup").glob("*.py"))]
HOLD = """
import sys
from pathlib import Path
from tools.setup.environment import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Recorder:
    """Stands for what runs a step of the set-up: notes it, and makes the file that venv would."""

    def __init__(self, fails_at: str = "nothing") -> None:
        self.steps: list[str] = []
        self.fails_at = fails_at

    def __call__(self, command: Sequence[str], root: Path) -> None:
        self.steps.append(" ".join(command[1:]))
        python = environment.venv_python(root)
        if "venv" in command:
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        if self.fails_at in command:
            raise SetupError("stopped here")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare checkout in a folder with blanks and Chinese, and no index that answers."""
    monkeypatch.setattr(torch_build, "CPU_INDEX", dead_address())
    folder = tmp_path / "課 程 x"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data/fonts", folder / "data/fonts")
    for name in ("course.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def index() -> Iterator[str]:
    """The address of a package index that knows torch."""
    server = http.server.HTTPServer(("127.0.0.1", 0), TorchOnly)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/whl"
    server.shutdown()
    server.server_close()


class TorchOnly(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/whl/torch/" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def dead_address() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/whl"


def packages(root: Path) -> Path:
    """The site-packages of the recorded .venv, where pip leaves its notes."""
    python = environment.venv_python(root)
    version = "python{}.{}".format(*sys.version_info)
    parts = ("Lib",) if os.name == "nt" else ("lib", version)
    folder = python.parents[1].joinpath(*parts, "site-packages")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def installed(root: Path, **options: str) -> list[str]:
    """The steps of one set-up."""
    recorder = Recorder()
    environment.install(root, run=recorder, **options)
    return recorder.steps


@pytest.mark.parametrize(("version", "fits"), [((3, 10), False), ((3, 11), True), ((4, 0), False)])
def test_an_unfit_python_is_told_which_ones_do(version: tuple[int, int], fits: bool) -> None:
    problem = environment.python_problem(version)
    assert (problem is None) == fits
    if problem:
        assert "needs Python 3.11 to 3." in problem
        assert "make lab PYTHON=python3." in problem


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_an_old_python_can_read_the_sources(path: Path) -> None:
    """Else it would print a syntax error in place of that sentence."""
    ast.parse(path.read_text("utf-8"), feature_version=(3, 8))


def test_a_second_start_runs_nothing_at_all(root: Path) -> None:
    """So the course opens offline once it is installed."""
    first = installed(root)
    assert first[0].startswith("-m venv")
    assert any("pip install -r requirements.txt" in step for step in first)
    assert first[-1] == "course.py settings"
    (root / ".venv.lock").unlink()
    assert installed(root) == []
    assert not (root / ".venv.lock").exists(), "a folder that is now read-only must do"
    assert environment.up_to_date(root)


def test_only_what_changed_is_done_again(root: Path) -> None:
    installed(root)
    (root / "tools/jupyter/custom.css").write_text("/* other colours */", "utf-8")
    assert installed(root) == ["course.py settings"]
    (root / "requirements.txt").write_text("numpy==2.4.6\n", "utf-8")
    assert not environment.up_to_date(root)
    assert any("pip install -r" in step for step in installed(root))


def test_a_moved_folder_is_installed_again(root: Path) -> None:
    """`helpers` is imported from where the folder was."""
    installed(root)
    moved = root.rename(root.parent / "elsewhere")
    assert any("--editable" in step for step in installed(moved))


def test_an_interrupted_installation_is_finished_by_the_next(root: Path) -> None:
    """pip takes a package for installed whose files it did not finish: its record is missing."""
    with pytest.raises(SetupError, match="stopped here"):
        environment.install(root, run=Recorder(fails_at="requirements.txt"))
    half, whole = (packages(root) / f"{name}-1.0.dist-info" for name in ("half", "whole"))
    half.mkdir()
    whole.mkdir()
    (half / "METADATA").touch()
    (whole / "RECORD").touch()
    assert any("pip install -r" in step for step in installed(root))
    assert not half.exists()
    assert whole.exists()
    assert installed(root) == []


def test_an_index_is_asked_for_torch_alone(root: Path, index: str) -> None:
    asked = [step for step in installed(root, index=index) if "--index-url" in step]
    assert asked == [f"-m pip install --no-deps --index-url {index} torch==2.13.0"]


def test_another_build_of_torch_replaces_the_one_there(root: Path) -> None:
    installed(root)
    (packages(root) / "torch-2.13.0+cpu.dist-info").mkdir()
    (packages(root) / "torch-2.13.0+cpu.dist-info/RECORD").touch()
    [torch, rest, _] = [step for step in installed(root, torch="cuda") if "pip" in step]
    assert torch == "-m pip install --no-deps --force-reinstall torch==2.13.0"
    assert rest.endswith("-r requirements.txt")
    assert installed(root) == [], "whoever does not ask for a build keeps this one"


def test_a_dead_index_fails_before_pip_tries_it(root: Path) -> None:
    recorder, address = Recorder(), dead_address()
    with pytest.raises(SetupError, match=f"No answer from .*{address}"):
        environment.install(root, index=address, run=recorder)
    assert not any("pip" in step for step in recorder.steps)


def test_a_silent_index_does_not_answer() -> None:
    """It takes the connection and says nothing, as behind many a firewall."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert not torch_build.answers(address, seconds=0.2)


@pytest.mark.parametrize("card", [False, True])
def test_linux_takes_the_small_build_where_it_can(
    index: str, card: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(torch_build, "CPU_INDEX", index)
    monkeypatch.setenv("PATH", str(tmp_path))
    if card:
        tool = tmp_path / "nvidia-smi"
        tool.write_text("#!/bin/sh\nexit 0\n", "ascii")
        tool.chmod(0o755)
    assert torch_build.choose("auto", "", installed=False) == (None if card else index)
    assert torch_build.choose("cpu", "", installed=False) == index
    assert torch_build.choose("cuda", "", installed=False) is None


def test_without_the_small_build_a_line_says_what_comes_and_how_to_choose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(torch_build, "CPU_INDEX", dead_address())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert torch_build.choose("auto", "", installed=False) is None
    said = capsys.readouterr().out
    for word in ("several GB", "TORCH_INDEX", "TORCH=cuda", "pip.conf"):
        assert word in said
    assert torch_build.choose("auto", "", installed=True) is None
    assert capsys.readouterr().out == "", "nothing is fetched, so nothing need be said"
    with pytest.raises(SetupError, match="No answer"):
        torch_build.choose("cpu", "", installed=False)


def test_two_set_ups_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("999999999\n", "ascii")  # left by a process that is no more
    hold = functools.partial(
        subprocess.Popen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    command = [sys.executable, "-c", HOLD, str(path)]
    with hold(command) as first:
        assert first.stdout.readline() == "held\n"
        with hold(command) as second:
            said = second.stdout.readline()
            assert said == f"Another set-up is at work here (process {first.pid}): waiting.\n"
            first.kill()
            assert second.stdout.readline() == "held\n"
            second.stdin.close()
    assert second.returncode == 0


def test_a_folder_that_cannot_be_written_to_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SetupError, match=r"cannot be written to .*Copy the course"),
        environment.lock(tmp_path / "file" / ".venv.lock"),
    ):
        pass


def test_without_a_home_folder_no_import_prints_a_warning(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if matplotlib, imported in the first cell, complains that it cannot keep its files."""
    for name in (*environment.HOME_VARIABLES, "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "file"))

    def warnings(variables: dict[str, str]) -> str:
        command = [sys.executable, "-c", "import matplotlib; matplotlib.get_cachedir()"]
        return subprocess.run(command, env=variables, capture_output=True, text=True).stderr

    assert "Matplotlib" in warnings(dict(os.environ))
    variables = environment.child_environment(root)
    assert warnings(variables) == ""
    for name in environment.HOME_VARIABLES:
        assert Path(variables[name]).is_dir()


def test_a_home_folder_that_works_is_used(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert environment.child_environment(root) == dict(os.environ)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of somebody else's, with a JupyterLab."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.delenv("JUPYTERLAB_DIR", raising=False)
    monkeypatch.delitem(sys.modules, "jupyter_server", raising=False)
    (tmp_path / "site/jupyter_server").mkdir(parents=True)
    (tmp_path / "site/jupyter_server/__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path


def test_settings_are_written_once(other: Path) -> None:
    settings.write()
    files, kept = settings.wanted()
    assert not settings.unwritten(files)
    assert not kept
    assert {other} == {path.parents[len(path.relative_to(other).parts) - 1] for path in files}
    for name in ("overrides.json", "jupyter_server_config.json", "ipython_config.py", "custom.css"):
        [path] = other.rglob(name)
        assert path in files
    page = other / "site/jupyter_server/static/custom"
    [font] = re.findall(r'url\("(.*)"\)', (page / "custom.css").read_text("utf-8"))
    assert (page / font).is_file()


def test_settings_leave_what_others_wrote(other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    news = "@jupyterlab/apputils-extension:notification"
    overrides = other / "share/jupyter/lab/settings/overrides.json"
    startup = other / "etc/ipython/ipython_config.py"
    for path, text in (
        (overrides, json.dumps({"theirs": {}, news: {"doNotDisturbMode": True}})),
        (startup, "c.TerminalIPythonApp.display_banner = False\n"),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    settings.write()
    written = json.loads(overrides.read_text("utf-8"))
    assert written["theirs"] == {}
    assert written[news]["doNotDisturbMode"] is True
    assert written[news]["fetchNews"] == "false"
    assert "post_run_cell" not in startup.read_text("utf-8")
    assert f"{startup} is somebody else's" in capsys.readouterr().out


def course(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run course.py with a Python that has no packages."""
    command = [sys.executable, "-S", str(root / "course.py"), *arguments]
    variables = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=variables)


def test_the_doctor_works_before_anything_is_installed(root: Path) -> None:
    done = course(root, "doctor")
    assert done.returncode == 1
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert lines["Python"].startswith("ok")
    for subject in ("Environment", "Packages", "torch", "Widgets"):
        assert lines[subject].startswith("MISSING")
        assert "python course.py install" in lines[subject]
    assert not (root / ".venv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lab", "99"], "There is no lesson 99. Give a number from 1 to 10"),
        (["lab", "notebooks/none.ipynb"], "There is no lesson notebooks/none.ipynb"),
        (["clean", "--now"], "clean does not know --now"),
        (["frobnicate"], "invalid choice"),
        (["settings"], "There is no JupyterLab in"),
    ],
)
def test_a_mistake_is_named_and_nothing_installed(arguments: list[str], said: str) -> None:
    done = course(ROOT, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def commands() -> list[str]:
    shown = course(ROOT, "--help").stdout
    return re.findall(r"^    ([a-z-]+)(?: |$)", shown, re.MULTILINE)


def test_help_names_every_command_with_an_example() -> None:
    shown = course(ROOT, "--help").stdout
    found = commands()
    assert {"lab", "test", "handout", "nbgrader", "new-lesson", "doctor"} <= {*found}
    for command in re.findall(r"^  python course.py ([a-z-]+)", shown, re.MULTILINE):
        assert command in found
    for command in found:
        shown = course(ROOT, command, "--help").stdout
        assert f"example: python course.py {command}" in shown.replace("\n", " ")


def test_what_was_done_is_said(root: Path) -> None:
    assert "Deleted .venv and all caches" in course(root, "clean").stdout
    installed(root, torch="cuda")
    done = course(root, "install")
    assert done.returncode == 0
    assert done.stdout == f"The course is installed in {root / '.venv'}.\n"


def test_make_only_calls_course_py() -> None:
    """Fails if a target does something of its own, or calls a command that does not exist."""
    text = (ROOT / "Makefile").read_text("utf-8")
    recipes = re.findall(r"^\t(.+)", text, re.MULTILINE)
    commands = [
        match[1] for line in recipes if (match := re.match(r"@\$\(PYTHON\) course.py (\w+)", line))
    ]
    assert len(commands) == len(recipes) - 1  # `make help` reads the Makefile itself
    for command in commands:
        assert course(ROOT, command, "--help").returncode == 0
