"""What all tests share: programs that may be absent, and no skips in CI."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from kit.case_study.fetch import fetch
from kit.handout.execute import LessonKernel, prepare
from tests.effort import LONG, SAMPLE, sample
from tests.executed import Executed, executed_by, shared_folder
from tests.order import arranged

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Program = Callable[..., str]

# on a busy machine an example takes any time, so there is no deadline
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("long" if LONG else "quick")

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # else each of the many processes that tests start compiles all that it imports
    sys.dont_write_bytecode = False

# what is collected lives to the end: looking through it again and again finds nothing to free
gc.disable()

# a shell in the background ignores what keys send, and so would every command that a test ends
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

QEMU_CLONE = os.environ.get("KIT_QEMU", "")
"""The clone that tests marked ``clone`` read; all others get the re-enactment, whatever is here."""
os.environ["KIT_QEMU"] = "re-enactment"


@pytest.fixture(scope="session")
def qemu_clone() -> Path:
    """Return the QEMU clone that KIT_QEMU names."""
    return Path(QEMU_CLONE)


@pytest.fixture(scope="session")
def fetched_lesson(qemu_clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `kit fetch` makes of that clone: the lesson's commits alone."""
    return fetch(tmp_path_factory.mktemp("fetched") / "q.git", urls=[str(qemu_clone)]).path


@pytest.fixture(scope="session")
def lesson_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LessonKernel]:
    """Return the kernel that executes lessons in this process."""
    home = tmp_path_factory.mktemp("lessons")
    prepare(home)
    with LessonKernel(home) as kernel:
        yield kernel


@pytest.fixture(scope="session")
def executed(lesson_kernel: LessonKernel, tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """Return a lesson with what its cells show; each is executed once in a run."""
    return executed_by(lesson_kernel, shared_folder(tmp_path_factory))


@pytest.fixture(scope="session")
def program() -> Program:
    """Find a program by the names it may have; skip where it is not installed."""

    def find(*names: str) -> str:
        for name in names:
            if path := shutil.which(name):
                return path
        pytest.skip(f"{' or '.join(names)} is not installed")

    return find


@pytest.fixture(scope="session")
def chromium(program: Program) -> str:
    """Return the path of a browser that playwright can drive; one without windows takes less."""
    from tests.lab import BROWSERS  # here: most processes need no browser

    return program(*BROWSERS)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Return the one browser of this process: playwright allows no second."""
    from playwright.sync_api import sync_playwright  # here: most processes need no browser

    from tests.lab import BROWSER_FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield browser
        browser.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two more than there are cores: some tests wait for a browser, a signal or a time."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SAMPLE:
        taken = sample(item.nodeid for item in items)
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in taken])
        items[:] = [item for item in items if item.nodeid in taken]
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    places = [item.nodeid.partition("::")[0] for item in items]
    items[:] = arranged(items, places, processes)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With CI=true a skip is a failure: there everything is installed.  An xfail stays one."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
