"""environment.yml: its form, and that it says the same as pyproject.toml.

It is not solved here: that needs conda and its channel.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec

ROOT = Path(__file__).parents[2]
ENVIRONMENT: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text())
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

ENTRIES: list[str | dict[str, list[str]]] = ENVIRONMENT["dependencies"]
CONDA_ENTRIES = [entry for entry in ENTRIES if isinstance(entry, str)]
NOT_FROM_PYPROJECT = {"git", "pip", "python"}
CONDA_NAMES = {  # PyPI's name -> conda-forge's
    "GitPython": "gitpython",
    "anywidget": "anywidget",
    "ipywidgets": "ipywidgets",
    "jupyterlab": "jupyterlab",
    "matplotlib": "matplotlib-base",
    "mistune": "mistune",
    "markupsafe": "markupsafe",
    "jinja2": "jinja2",
    "nbclient": "nbclient",
    "packaging": "packaging",
    "pandas": "pandas",
    "platformdirs": "platformdirs",
    "pygit2": "pygit2",
    "pygments": "pygments",
    "rich": "rich",
    "typer": "typer",
    "unidiff": "unidiff",
    "webcolors": "webcolors",
}


def test_name_and_channels() -> None:
    assert {key: value for key, value in ENVIRONMENT.items() if key != "dependencies"} == {
        "name": "unplug-kit",
        "channels": ["conda-forge", "nodefaults"],
    }


def test_pip_brings_the_kit_alone() -> None:
    assert [entry for entry in ENTRIES if not isinstance(entry, str)] == [{"pip": ["-e ."]}]


@pytest.mark.parametrize("entry", CONDA_ENTRIES)
def test_conda_can_read(entry: str) -> None:
    """A strict MatchSpec refuses `>==4` or a second comma, which YAML does not mind."""
    spec = MatchSpec(entry, strict=True)

    assert re.split("[<>=]", entry)[0] == spec.name.normalized


def test_ranges_are_those_of_pyproject() -> None:
    specs = [MatchSpec(entry, strict=True) for entry in CONDA_ENTRIES]
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["analysis"]
    requirements = [Requirement(line) for line in lines]

    assert {
        spec.name.normalized: SpecifierSet(str(spec.version))
        for spec in specs
        if spec.name.normalized not in NOT_FROM_PYPROJECT
    } == {CONDA_NAMES[each.name]: each.specifier for each in requirements}


def test_python_is_one_release_that_the_kit_allows() -> None:
    """Binder honours `python=X.Y` only."""
    (release,) = [entry[7:] for entry in CONDA_ENTRIES if re.fullmatch(r"python=3\.\d+", entry)]

    assert SpecifierSet(PROJECT["requires-python"]).contains(release)


@pytest.fixture(scope="module")
def dry_run() -> subprocess.CompletedProcess[str]:
    """What repo2docker would do: it picks the build pack and stops before docker."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "--json-logs"]
    return subprocess.run([*command, ROOT], capture_output=True, text=True, timeout=60, check=True)


def test_binder_makes_a_conda_environment_with_that_python(
    dry_run: subprocess.CompletedProcess[str],
) -> None:
    done = dry_run
    messages = [json.loads(line)["message"] for line in done.stderr.splitlines() if line[0] == "{"]
    assert [text for text in messages if text.startswith("Building")] == [
        "Building conda environment for python=3.12\n"
    ]


def test_binder_runs_what_fetches_the_commits(dry_run: subprocess.CompletedProcess[str]) -> None:
    assert "RUN ./postBuild" in dry_run.stdout + dry_run.stderr


@pytest.mark.parametrize(
    ("status", "said"),
    [(0, ""), (2, "QEMU's own commits could not be fetched; the lessons read the re-enactment.\n")],
    ids=["fetched", "no network"],
)
def test_what_binder_runs_goes_on_without_the_commits(
    tmp_path: Path, status: int, said: str
) -> None:
    program = tmp_path / "kit"
    program.write_text(f"#!/bin/sh\necho $* >>{tmp_path}/calls\nexit {status}\n")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(
        [ROOT / "postBuild"], env=environment, capture_output=True, text=True, timeout=30
    )

    assert (done.returncode, done.stderr) == (0, said)
    assert (tmp_path / "calls").read_text().split() == ["fetch", "doctor"]
