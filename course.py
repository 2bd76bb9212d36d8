#!/usr/bin/env python3
"""Install, open, test and change the course: the same commands on Linux, macOS and Windows.

This needs nothing but Python; what it installs goes into .venv beside this file.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from tools.setup import ROOT, SetupError, doctor, environment, settings

HANDOUT = (ROOT / "handout.json").is_file()  # this is a student's copy, made by `handout`
FOR_STUDENTS = """
  python course.py update course.zip
                                  renew what you have not changed"""
FOR_TEACHERS = """
  python course.py handout ../course
                                  make what students get, a folder and a zip file
  python course.py nbgrader ../grading
                                  make a course folder for nbgrader
  python course.py new-lesson beam_search
                                  begin a lesson of your own"""
EXAMPLES = f"""examples:
  python course.py lab            open lesson 1
  python course.py lab 4          open lesson 4
  python course.py test           run the tests that there are here
  python course.py doctor         ask what is missing here
  python course.py install --torch cuda
                                  take the build of torch for NVIDIA cards\
{FOR_STUDENTS if HANDOUT else FOR_TEACHERS}

The variables TORCH and TORCH_INDEX say the same as --torch and --torch-index."""


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit status."""
    options = _parse(arguments)
    if options.command == "doctor":
        return doctor.report()
    if options.command == "settings":
        settings.write()
        return 0
    if options.command == "clean":
        return _clean()
    if options.command == "handout":
        from tools.classroom import handout

        return _say(handout.make(options.out, options.lessons, options.address))
    if options.command == "update":
        from tools.classroom import update

        return _say(update.update(options.newer, saved=options.saved))
    if options.command == "new-lesson":
        from tools.classroom import new_lesson

        return _say(new_lesson.make(options.slug))
    if options.torch not in ("auto", "cpu", "cuda"):
        raise SetupError(f"TORCH is {options.torch!r}, and must be auto, cpu or cuda.")
    page = _page(options.lesson) if options.command == "lab" else ""
    python = str(environment.install(ROOT, options.torch, options.torch_index))
    if options.command == "lab":
        return _lab(python, page, options.further)
    if options.command == "test" and HANDOUT:
        return _become([python, "-m", "tools.classroom.check_handout"])
    if options.command == "test":
        every = ["--all"] if options.all else []
        return _become([python, "tests/run.py", *every, *options.steps])
    if options.command == "lint":
        return _become([python, "tests/run.py", "lint", "format", "types"])
    if options.command == "notebooks":
        return _become([python, "-m", "notebooks.build", *options.lessons])
    if options.command == "nbgrader":
        out = str(options.out.resolve())
        return _become([python, "-m", "tools.classroom.course_folder", out, *options.lessons])
    if options.command == "bench":
        return _bench(python)
    return _say([f"The course is installed in {ROOT / '.venv'}."])


def _say(sentences: Sequence[str]) -> int:
    print(*sentences, sep="\n")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="course.py", description=__doc__, epilog=EXAMPLES, formatter_class=raw
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(text: str, example: str, installs: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(
            example.split()[0],
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"example: python course.py {example}",
        )
        if installs:
            command.add_argument(
                "--torch",
                choices=("auto", "cpu", "cuda"),
                default=os.environ.get("TORCH") or "auto",
                help="which build to install; auto is the small one for the CPU on Linux without "
                "an NVIDIA card, if PyTorch's index answers",
            )
            command.add_argument(
                "--torch-index",
                metavar="URL",
                default=os.environ.get("TORCH_INDEX") or "",
                help="a package index to ask for torch, and for torch only",
            )
        return command

    lab = add("open JupyterLab on a lesson; its own options may follow", "lab 4 --port=9000")
    lab.add_argument("lesson", nargs="?", default="1", help="a number, or a notebook's path")
    if HANDOUT:
        add("run the lessons that you have not changed, and compare what they print", "test")
        text = "bring in a newer handout; what you wrote stays"
        update = add(text, "update course.zip", False)
        update.add_argument("newer", nargs="?", default="", help="its zip file, folder or address")
        update.add_argument(
            "--saved", action="store_true", help="JupyterLab has no lesson open that is not saved"
        )
    else:
        what = "run the tests that every change must pass, in at most ten minutes"
        test = add(what, "test unit browser")
        test.add_argument("--all", action="store_true", help="also the tests that take long")
        test.add_argument("steps", nargs="*", help="only these steps of tests/run.py")
        books = add("rebuild the notebooks from notebooks/source", "notebooks 02 04")
        books.add_argument("lessons", nargs="*", help="only these lessons, such as 04")
        handout = add("make what students get, a folder and a zip file", "handout ../course", False)
        text = "make a course folder that nbgrader takes as it is"
        grading = add(text, "nbgrader ../grading 01 02")
        for command in (handout, grading):
            command.add_argument("out", type=Path, help="the folder to write")
            command.add_argument("lessons", nargs="*", help="only these lessons, such as 04")
        handout.add_argument(
            "--address", default="", help="where the zip file will be, for `course.py update`"
        )
        text = "begin a lesson of your own: its text, exercise, check, view and test"
        lesson = add(text, "new-lesson beam_search", False)
        lesson.add_argument("slug", help="its name in file names: small letters, digits, _")
        add("run each benchmark against its rival, an hour and a half", "bench")
        add("check code style and types only, in seconds", "lint")
    add("make .venv, or bring it up to date", "install --torch cuda")
    add("write Jupyter's settings into the environment of this Python", "settings", False)
    add("say what is there, what is missing, and the remedy", "doctor", False)
    add("delete .venv and caches", "clean", False)
    options, further = parser.parse_known_args(arguments)
    options.further = further
    if further and options.command != "lab":
        parser.error(f"{options.command} does not know {' '.join(further)}")
    return options


def _page(lesson: str) -> str:
    """The path of a lesson's notebook within the course's folder."""
    if lesson.isdigit():
        found = [*ROOT.glob(f"notebooks/{int(lesson):02d}_*.ipynb")]
        path = found[0] if found else None
    else:
        path = Path(lesson).resolve()
    if path is None or not path.is_file() or ROOT not in path.parents:
        numbers = sorted(int(file.name[:2]) for file in ROOT.glob("notebooks/[0-9][0-9]_*.ipynb"))
        raise SetupError(
            f"There is no lesson {lesson}. Give a number from {numbers[0]} to {numbers[-1]}, or "
            f"the path of a notebook in {ROOT}."
        )
    return path.relative_to(ROOT).as_posix()


def _lab(python: str, page: str, further: Sequence[str]) -> int:
    """Run JupyterLab, which by itself takes the next port if 8888 is taken."""
    command = [python, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    command += [f"--LabApp.default_url=/lab/tree/{quote(page)}", *further]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    shown = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    if sys.platform == "linux" and not shown:
        print("No display here: open the address that JupyterLab prints in a browser.", flush=True)
        command.append("--no-browser")
    return _become(command)


def _become(command: Sequence[str]) -> int:
    """Run a command in the course's folder, in our place where the system can do that, so that
    Ctrl-C and signals reach it; return its exit status.
    """
    variables = environment.child_environment()
    if os.name == "posix":
        os.chdir(ROOT)
        os.execve(command[0], [*command], variables)
    process = subprocess.Popen(command, cwd=ROOT, env=variables)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command got it, too, and answers
            continue


def _bench(python: str) -> int:
    for file in sorted(ROOT.glob("benchmarks/*.py")):
        command = [python, "-m", f"benchmarks.{file.stem}"]
        print(f"== {file.name}", flush=True)
        status = subprocess.call(command, cwd=ROOT, env=environment.child_environment())
        if status:
            return status
    return 0


def _clean() -> int:
    with environment.lock(ROOT / ".venv.lock"):
        for name in (".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", "*.egg-info"):
            for folder in ROOT.glob(name):
                shutil.rmtree(folder)
        for folder in [*ROOT.rglob("__pycache__")]:
            shutil.rmtree(folder)
    return _say(["Deleted .venv and all caches. `install`, `lab` and `test` make them anew."])


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # a path may hold what the console cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command goes on from here.")
