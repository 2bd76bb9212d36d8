"""pyproject.toml, requirements.txt and environment.yml name the same dependencies."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from rattler import MatchSpec

from tools import ROOT

# What conda-forge calls the same thing: the CPU build of torch, and matplotlib without Qt.
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
LINES = [
    line
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
PINS = [Requirement(line) for line in LINES]
HERE = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate()]
CONDA_LINES = [line for line in CONDA["dependencies"] if isinstance(line, str)]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def conda_bounds() -> dict[str, SpecifierSet]:
    split = [re.fullmatch(r"([a-z0-9-]+)\s*(.*)", line) for line in CONDA_LINES]
    return {match[1]: SpecifierSet(match[2]) for match in split if match}


@pytest.mark.parametrize("line", CONDA_LINES)
def test_every_conda_spec_is_valid(line: str) -> None:
    spec = MatchSpec(line, strict=True)
    assert spec.name is not None


def test_conda_and_pip_name_the_same_packages_with_the_same_bounds() -> None:
    expected = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in RUNTIME}
    expected["python"] = SpecifierSet(PROJECT["requires-python"])
    found = conda_bounds()
    assert found.pop("pip") == SpecifierSet()
    assert found == expected


def test_conda_comes_from_conda_forge_and_installs_this_folder() -> None:
    assert CONDA["name"] == PROJECT["name"]
    assert CONDA["channels"] == ["conda-forge"]
    pip = [line for line in CONDA["dependencies"] if isinstance(line, dict)]
    assert pip == [{"pip": ["-e ."]}]


@pytest.mark.parametrize("line", LINES)
def test_every_pin_is_exact_and_portable(line: str) -> None:
    pin = Requirement(line)
    [specifier] = pin.specifier
    assert specifier.operator == "=="
    assert Version(specifier.version).local is None, "a local version exists on one index only"
    assert pin.url is None
    assert not re.search(r"://|/|--|nvidia|cuda|triton", line)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_dependency_has_one_pin_within_its_bounds(python: str, platform: str) -> None:
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "os_name": "nt" if platform == "win32" else "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    pins = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(machine)]
    names = [canonicalize_name(pin.name) for pin in pins]
    assert len(names) == len(set(names))
    versions = {
        name: next(iter(pin.specifier)).version for name, pin in zip(names, pins, strict=True)
    }
    for requirement in RUNTIME + DEV:
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


def test_torch_is_the_version_that_the_lessons_were_made_with() -> None:
    assert "torch==2.13.0" in LINES


def test_installed_versions_are_the_pinned_ones() -> None:
    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("not in the .venv that course.py makes, so versions may differ")
    wrong = {}
    for pin in HERE:
        try:
            found = version(pin.name).split("+")[0]  # torch says which build: 2.13.0+cpu
        except PackageNotFoundError:
            found = "not installed"
        if not pin.specifier.contains(found if found[0].isdigit() else "0"):
            wrong[str(pin)] = found
    assert not wrong, "run `python course.py install` to get what requirements.txt names"


def test_every_import_of_the_course_is_a_dependency() -> None:
    known = {r.name.replace("-", "_").lower() for r in RUNTIME} | set(sys.stdlib_module_names)
    known |= {"pil", "helpers"}
    known |= {"cycler", "ipython", "matplotlib_inline", "traitlets"}  # come with the ones named
    unknown = set()
    for file in (ROOT / "helpers").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            unknown |= {(file.name, n) for n in names if n.split(".")[0].lower() not in known}
    assert not unknown, "add it to pyproject.toml, environment.yml and requirements.txt"
