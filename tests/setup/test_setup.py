"""Setting up: what make says and does, what the wheel holds, what the files promise.

make runs in a folder of its own with a stand-in for python3 that only notes how it was called.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program
from tests.lab import BROWSERS, find_browser

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text()
PROJECT: dict[str, Any] = tomllib.loads(PYPROJECT)["project"]

PROGRAMS = ("awk", "cat", "cmp", "cp", "find", "git", "mkdir", "rm", "sh", "touch")
STAND_IN = f"""\
#!/bin/sh
case "$*" in
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo venv >>calls ;;
"-m pip install "*) echo "pip ${{*##* -e }}" >>calls; exit "${{PIP_STATUS:-0}}" ;;
"-m pytest "*) ;;
"-I -c import rich") ;;
*) exec "{sys.executable}" -E -S "$@" ;;
esac
"""
PYTHON_3_9 = f"""\
#!/bin/sh
exec "{sys.executable}" -c 'import sys; sys.version_info = (3, 9, 2); exec(sys.argv[2])' "$@"
"""
PYTHON_WITHOUT_VENV = f"""\
#!/bin/sh
exec "{sys.executable}" -c 'import sys; sys.modules["ensurepip"] = None; exec(sys.argv[2])' "$@"
"""


@dataclass(frozen=True)
class Machine:
    """A project's folder, and a PATH that holds nothing but what was put there."""

    folder: Path
    programs: Path
    make_path: str

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.make_path, *arguments],
            cwd=self.folder,
            env={"PATH": str(self.programs), "LC_ALL": "C", **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def calls(self, *arguments: str, **environment: str) -> list[str]:
        """Run make, and return how it called python3 for a venv and pip."""
        log = self.folder / "calls"
        log.unlink(missing_ok=True)
        self.make(*arguments, **environment)
        return log.read_text().splitlines() if log.exists() else []

    def install_python(self, script: str) -> None:
        path = self.programs / "python3"
        path.write_text(script)
        path.chmod(0o755)

    def moved_to(self, folder: Path) -> Machine:
        shutil.move(self.folder, folder)
        return Machine(folder, self.programs, self.make_path)


@pytest.fixture
def machine(tmp_path: Path, program: Program) -> Machine:
    machine = Machine(tmp_path / "a folder", tmp_path / "bin", program("make"))
    (machine.folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "tools/env.sh"):
        shutil.copy(ROOT / name, machine.folder / name)
    machine.programs.mkdir()
    for name in PROGRAMS:
        (machine.programs / name).symlink_to(program(name))
    machine.install_python(STAND_IN)
    return machine


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return what make said on its only line of complaint, without the frame make puts round it."""
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    match = re.fullmatch(r"Makefile:\d+: \*\*\* (.*)\.  Stop\.", line)
    assert match, line
    return match[1]


def test_make_alone_lists_every_target(machine: Machine) -> None:
    lines = machine.make().stdout.splitlines()

    assert [re.match(r"make (\S+) +\S", line)[1] for line in lines] == [  # type: ignore[index]  # None fails the test
        *(
            "env",
            "lab",
            "test",
            "quick",
            "test-long",
            "test-clone",
            "test-guest",
            "test-qemu",
            "test-offline",
            "check",
        ),
        *("bench", "bench-hub", "fuzz", "goldens", "solutions", "findings", "screenshots"),
        *(
            "site",
            "test-site",
            "stick",
            "release",
            "conformance",
            "changelog",
            "lock",
            "audit",
            "clean",
        ),
    ]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "python3 is missing (Debian: apt install python3-venv; others: python.org)"),
        (
            PYTHON_3_9,
            "python3 is 3.9, not 3.11 or newer"
            " (Debian 12 has it; others: python.org; or make PYTHON=...)",
        ),
        (
            PYTHON_WITHOUT_VENV,
            "python3 has no venv (Debian: apt install python3-venv; others: python.org)",
        ),
        (
            "#!/bin/sh\nexit 1\n",
            "python3 does not work (Debian: apt install python3-venv; others: python.org)",
        ),
    ],
    ids=["missing", "too old", "without venv", "broken"],
)
def test_python_that_will_not_do_is_named_in_one_line(
    machine: Machine, script: str | None, said: str
) -> None:
    (machine.programs / "python3").unlink()
    if script:
        machine.install_python(script)

    assert complaint(machine.make("env")) == said


def test_missing_git_is_named_in_one_line(machine: Machine) -> None:
    (machine.programs / "git").unlink()

    assert complaint(machine.make("env")) == (
        "git is missing (Debian: apt install git; others: git-scm.com)"
    )


def test_everything_missing_is_named_in_one_line(machine: Machine) -> None:
    (machine.programs / "git").unlink()
    (machine.programs / "python3").unlink()

    assert complaint(machine.make("test")) == (
        "python3 is missing (Debian: apt install python3-venv; others: python.org), "
        "git is missing (Debian: apt install git; others: git-scm.com)"
    )


def test_nothing_is_made_when_something_is_missing(machine: Machine) -> None:
    before = sorted(machine.folder.rglob("*"))
    (machine.programs / "git").unlink()
    machine.make("env")

    assert sorted(machine.folder.rglob("*")) == before


def test_clone_tests_without_a_clone_say_what_they_need(machine: Machine) -> None:
    said = "KIT_QEMU must name a clone of QEMU with its history: make test-clone KIT_QEMU=../qemu"

    assert complaint(machine.make("test-clone")) == said
    assert complaint(machine.make("test-clone", KIT_QEMU=str(ROOT))) == said


def test_env_installs_what_the_lessons_need(machine: Machine) -> None:
    assert machine.calls("env") == ["venv", "pip .[analysis]"]


@pytest.mark.parametrize("target", ["env", "test"])
def test_the_kit_is_compiled_where_the_environment_forbids_it_at_a_start(
    machine: Machine, target: str
) -> None:
    (machine.folder / "kit").mkdir()
    (machine.folder / "kit" / "one.py").touch()
    machine.make(target, PYTHONDONTWRITEBYTECODE="1")

    compiled = machine.folder / f"kit/__pycache__/one.{sys.implementation.cache_tag}.pyc"
    assert compiled.is_file()


def test_a_change_is_compiled_before_the_tests(machine: Machine) -> None:
    (machine.folder / "kit").mkdir()
    machine.make("test", PYTHONDONTWRITEBYTECODE="1")
    (machine.folder / "kit" / "new.py").touch()
    machine.make("test", PYTHONDONTWRITEBYTECODE="1")

    compiled = machine.folder / f"kit/__pycache__/new.{sys.implementation.cache_tag}.pyc"
    assert compiled.is_file()


def test_installing_says_so_in_one_line(machine: Machine) -> None:
    assert machine.make("env").stdout.splitlines() == [
        "Installing the kit into .venv (about half a minute)…",
        "Ready. Start the lessons with: make lab",
    ]


def test_tests_need_more(machine: Machine) -> None:
    assert machine.calls("test") == ["venv", "pip .[analysis]", "pip .[test]"]


@pytest.mark.parametrize("target", ["env", "test"])
def test_second_time_installs_nothing(machine: Machine, target: str) -> None:
    machine.make(target)

    assert machine.calls(target) == []


def test_same_pyproject_with_a_new_date_installs_nothing(machine: Machine) -> None:
    machine.make("test")
    (machine.folder / "pyproject.toml").touch()

    assert machine.calls("test") == []
    assert machine.make("--question", ".venv/.test").returncode == 0


def test_changed_pyproject_is_installed_into_the_same_venv(machine: Machine) -> None:
    machine.make("test")
    (machine.folder / "pyproject.toml").write_text(PYPROJECT + "\n")

    assert machine.calls("test") == ["pip .[analysis]", "pip .[test]"]


PINNED = [
    "pip -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock",
    "pip .",
]


def test_locked_installs_the_pins_and_nothing_without_a_hash(machine: Machine) -> None:
    assert machine.calls("env", "LOCKED=1") == ["venv", *PINNED]


def test_locked_begins_anew_where_packages_came_without_hashes(machine: Machine) -> None:
    machine.make("env")

    assert machine.calls("env", "LOCKED=1") == ["venv", *PINNED]


@pytest.mark.parametrize("arguments", [["env", "LOCKED=1"], ["env"]])
def test_after_locked_nothing_is_installed(machine: Machine, arguments: list[str]) -> None:
    machine.make("env", "LOCKED=1")

    assert machine.calls(*arguments) == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_pins_are_installed_anew(machine: Machine, name: str) -> None:
    machine.make("env", "LOCKED=1")
    path = machine.folder / name
    path.write_text(path.read_text() + "\n")
    os.utime(path, (time.time() + 1, time.time() + 1))  # a disk's clock may be coarser than this

    assert machine.calls("env", "LOCKED=1") == ["venv", *PINNED]


def test_locked_in_a_moved_folder_is_made_again(machine: Machine, tmp_path: Path) -> None:
    machine.make("env", "LOCKED=1")

    assert machine.moved_to(tmp_path / "elsewhere").calls("env", "LOCKED=1") == ["venv", *PINNED]


def test_pins_that_cannot_be_installed_are_told(machine: Machine) -> None:
    done = machine.make("env", "LOCKED=1", PIP_STATUS="1")

    assert done.returncode == 2
    assert "pip could not install the pins, see above." in done.stderr
    assert machine.calls("env", "LOCKED=1") == ["venv", *PINNED]


@pytest.mark.parametrize("target", ["env", "test"])
def test_killed_pip_leaves_a_venv_that_is_made_again(machine: Machine, target: str) -> None:
    machine.make("env")
    (machine.folder / "pyproject.toml").write_text(PYPROJECT + "\n")
    machine.make(target, PIP_STATUS="137")

    assert machine.calls("env") == ["venv", "pip .[analysis]"]


def test_first_install_that_failed_is_made_again(machine: Machine) -> None:
    machine.make("env", PIP_STATUS="1")

    assert machine.calls("env") == ["venv", "pip .[analysis]"]


def test_update_that_failed_keeps_the_venv(machine: Machine) -> None:
    """Without network the lessons that worked yesterday must not be taken away."""
    machine.make("env")
    (machine.folder / "pyproject.toml").write_text(PYPROJECT + "\n")
    machine.make("env", PIP_STATUS="1")

    assert machine.calls("env") == ["pip .[analysis]"]


def test_venv_of_a_moved_folder_is_made_again(machine: Machine, tmp_path: Path) -> None:
    machine.make("env")

    assert machine.moved_to(tmp_path / "elsewhere").calls("env") == ["venv", "pip .[analysis]"]


def test_venv_whose_python_is_gone_is_made_again(machine: Machine) -> None:
    machine.make("env")
    (machine.folder / ".venv/bin/python").unlink()

    assert machine.calls("env") == ["venv", "pip .[analysis]"]


def test_venv_whose_packages_are_gone_is_made_again(machine: Machine) -> None:
    """So it is when the system's python3 has become another 3.x under the venv."""
    machine.make("env")
    (machine.folder / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")

    assert machine.calls("env") == ["venv", "pip .[analysis]"]


def test_clean_removes_the_venv_and_caches_only(machine: Machine) -> None:
    before = sorted(machine.folder.rglob("*"))
    machine.make("env")
    (machine.folder / "calls").unlink()
    for cache in (".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache"):
        (machine.folder / cache / "inside").mkdir(parents=True)
    (machine.folder / "tools/__pycache__").mkdir()
    machine.make("clean")

    assert sorted(machine.folder.rglob("*")) == before


def test_wheel_carries_the_lessons_the_glossary_and_the_data_they_need(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")

    share = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("kit/share/")}
    carried = (
        *(
            "notebooks/",
            "docs/glossary.md",
            "docs/import.md",
            "docs/principles.md",
            "docs/revert-conformance.md",
            "docs/reverts.md",
        ),
        *("docs/exercises.md", "docs/scenarios.md", "docs/your-own-machine.md", "examples/"),
        *(
            "data/commits.toml",
            "data/exercises/",
            "data/history/",
            "data/reenactment/",
            "data/labs/",
        ),
        "data/scenarios/",
    )
    sources = [name for name in repository_files() if name.startswith(carried)]
    assert share == {f"kit/share/{name}" for name in sources}


def test_version_is_the_same_everywhere() -> None:
    written = {
        match[1]
        for path in ROOT.glob("kit/**/*.py")
        if (match := re.search(r'^__version__ = "(.*)"$', path.read_text(), re.MULTILINE))
    }

    assert {importlib.metadata.version("unplug-kit"), *written} == {PROJECT["version"]}


def test_nothing_tells_people_to_install_kit_by_name() -> None:
    """`kit` on PyPI is another project's."""
    wrong = re.compile(r"""\b(?:install|uvx|pipx run)\s+(?:-\S+\s+)*["']?kit(?![\w./-])""")
    assert wrong.search("pip install -U " + "kit")

    assert [
        name
        for name in repository_files()
        if wrong.search((ROOT / name).read_text(errors="ignore"))
    ] == []


def test_each_dependency_says_why_it_is_there() -> None:
    reasons = re.findall(r'^    "([^"]+)", +# \S.*$', PYPROJECT, re.MULTILINE)

    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    assert [each for each in wanted if each not in reasons] == []


SKIPS = {
    "in a test": "import pytest\n\ndef test_it():\n    pytest.skip('no qemu')\n",
    "by a mark": "import pytest\n\n@pytest.mark.skip('no qemu')\ndef test_it(): pass\n",
    "of a module": "import pytest\n\npytest.skip('no qemu', allow_module_level=True)\n",
}


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS.keys())
def test_skip_fails_in_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(source)
    result = pytester.runpytest()

    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*no qemu*"])


def test_skip_is_allowed_elsewhere(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile(SKIPS["in a test"])

    pytester.runpytest().assert_outcomes(skipped=1)


def test_expected_failure_is_no_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile("import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert False\n")

    pytester.runpytest().assert_outcomes(xfailed=1)


def test_absent_program_skips_with_its_names(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    pytester.makeconftest((ROOT / "tests/conftest.py").read_text())
    pytester.makepyfile("def test_it(chromium): pass")
    result = pytester.runpytest("-rs")

    result.stdout.fnmatch_lines(["*chromium-headless-shell or chromium or * is not installed"])


@pytest.mark.parametrize("name", BROWSERS)
def test_any_of_the_browsers_is_found_and_one_with_windows_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [find_browser()]
    for each in {BROWSERS[0], name}:
        (tmp_path / each).write_text("")
        (tmp_path / each).chmod(0o755)
    found.append(find_browser())

    assert found == [None, str(tmp_path / name)]


def test_a_browser_is_looked_for_in_one_place() -> None:
    naming = [
        name
        for name in repository_files()
        if name.endswith(".py")
        if re.search(r"chromium-[b]rowser|bin/[c]hromium", (ROOT / name).read_text("utf-8"))
    ]

    assert naming == ["tests/lab.py"]


def repository_files() -> list[str]:
    """Return the files of the repository, those not yet added too, without the ignored ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if (ROOT / name).is_file()]
