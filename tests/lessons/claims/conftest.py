"""The histories of which lessons claim something."""

from __future__ import annotations

import pytest

RE_ENACTMENT = "re-enactment"
CLONE = pytest.param("qemu_clone", marks=pytest.mark.clone)
FETCHED = pytest.param("fetched_lesson", marks=pytest.mark.clone)


def _use(name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    place = name if name == RE_ENACTMENT else str(request.getfixturevalue(name))
    monkeypatch.setenv("KIT_QEMU", place)


@pytest.fixture(params=[RE_ENACTMENT, CLONE, FETCHED])
def each_history(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use one history after the other."""
    _use(request.param, request, monkeypatch)


@pytest.fixture(params=[RE_ENACTMENT, CLONE])
def each_whole_history(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use one after the other of those that have every file and tag."""
    _use(request.param, request, monkeypatch)


@pytest.fixture(params=[CLONE, FETCHED])
def qemus_history(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use one after the other of those that hold QEMU's own commits."""
    _use(request.param, request, monkeypatch)
