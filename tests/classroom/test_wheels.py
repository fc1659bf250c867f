"""The kit's own wheel, and what it needs; pip works on an index of tiny wheels."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from tempfile import gettempdir

import pytest

from kit.classroom import wheels
from kit.classroom.target import Laptop, targets
from kit.classroom.wheels import built_wheel, download, packed_wheel, read_wheel
from kit.common.child_process import ChildResult
from kit.common.errors import UserError
from tests.classroom.small import make_index, make_wheel, small_kit, use_index

ROOT = Path(__file__).parent.parent.parent
WINDOWS = targets(["win_amd64"], ["3.12"])[0]
MAC = targets(["macosx_11_0_arm64"], ["3.12"])[0]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = make_index(tmp_path / "index")
    use_index(found, monkeypatch)
    return found


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("target", "names"),
    [
        (WINDOWS, ["pip", "plot", "thing", "unplug-kit", "wincolour", "winthing"]),
        (MAC, ["pip", "plot", "thing", "unplug-kit"]),
    ],
    ids=str,
)
def test_what_a_system_needs_comes_and_what_that_needs(
    tmp_path: Path, target: Laptop, names: list[str]
) -> None:
    """`pip download --platform` alone would leave out what only Windows needs."""
    found = download(small_kit(tmp_path), target, tmp_path / "have")

    assert [wheel.name for wheel in found] == names
    assert {wheel.path.parent for wheel in found} == {tmp_path / "have"}


@pytest.mark.usefixtures("index")
def test_what_was_downloaded_to_the_end_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = small_kit(tmp_path)
    first = download(kit, MAC, tmp_path / "have")
    monkeypatch.setattr(wheels, "_pip", None)

    assert download(kit, MAC, tmp_path / "have") == first


def test_a_package_that_no_wheel_exists_of_is_named(tmp_path: Path, index: Path) -> None:
    for path in index.glob("winthing-*"):
        path.unlink()
    with pytest.raises(UserError) as caught:
        download(small_kit(tmp_path), WINDOWS, tmp_path / "have")

    assert str(caught.value) == (
        "pip download for Windows AMD64, Python 3.12 failed: Could not find a version that "
        "satisfies the requirement winthing (from versions: none)"
    )
    assert not (tmp_path / "have").exists()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ERROR: two\nERROR: three", "two"),
        ("WARNING: one\nTraceback\nValueError: four", "ValueError: four"),
        ("", "it does not say why"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left",
            f"a disk is full, this one or that of {gettempdir()}",
        ),
        (
            "WARNING: Retrying after connection broken by 'x'\nERROR: no a (from versions: none)",
            "no a (from versions: none); the package index cannot be reached: is there a network?",
        ),
    ],
    ids=["error", "traceback", "nothing", "full disk", "no network"],
)
def test_pips_reason_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str
) -> None:
    kit = small_kit(tmp_path)
    monkeypatch.setattr(wheels, "run", lambda *_, **__: ChildResult(1, b"", said.encode()))
    with pytest.raises(UserError) as caught:
        download(kit, MAC, tmp_path / "have")

    assert str(caught.value) == f"pip download for macOS arm64, Python 3.12 failed: {reason}"


def test_without_pip_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(UserError, match=r"has no pip; install pip in it \(python -m ensurepip\)"):
        download(small_kit(tmp_path), MAC, tmp_path / "have")


@pytest.mark.parametrize("text", [b"", b"no zip", None], ids=["empty", "text", "zip"])
def test_what_is_no_wheel_is_said(tmp_path: Path, text: bytes | None) -> None:
    path = tmp_path / "a.whl"
    if text is None:
        zipfile.ZipFile(path, "w").close()
    else:
        path.write_bytes(text)

    with pytest.raises(UserError, match=r"a\.whl: is not a wheel that can be read"):
        read_wheel(path)


def test_a_source_tree_is_built(tmp_path: Path) -> None:
    found = read_wheel(built_wheel(ROOT, tmp_path))

    assert (found.name, found.version) == ("unplug-kit", metadata.version("unplug-kit"))
    assert "jupyterlab" in {required.name for required in found.requires}


def installed(wheel: Path, folder: Path) -> metadata.Distribution:
    """Install a wheel into a folder, as pip does it; return the installed kit."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=60)
    (dist,) = metadata.distributions(path=[str(folder)])
    return dist


def unpacked(wheel: Path, folder: Path) -> metadata.Distribution:
    """Do of an installation what matters to most tests, without pip."""
    zipfile.ZipFile(wheel).extractall(folder)
    (dist,) = metadata.distributions(path=[str(folder)])
    return dist


def test_an_installed_kit_is_packed_into_a_wheel_of_the_same_files(tmp_path: Path) -> None:
    original = small_kit(tmp_path / "original")
    dist = installed(original, tmp_path / "installed")
    (tmp_path / "again").mkdir()
    packed = packed_wheel(tmp_path / "again", dist)

    def files(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert packed.name == original.name
    assert files(packed) == files(original)


def test_a_file_that_was_changed_since_is_not_packed(tmp_path: Path) -> None:
    dist = unpacked(small_kit(tmp_path), tmp_path / "installed")
    (tmp_path / "installed/kit/__main__.py").write_text("evil")

    with pytest.raises(
        UserError, match=r"__main__\.py: is not as it was installed; install unplug"
    ):
        packed_wheel(tmp_path, dist)


class Later(metadata.PathDistribution):
    """What Python 3.12 gives: its files are those that are there."""

    @property
    def files(self) -> list[metadata.PackagePath]:
        return [file for file in super().files or () if Path(str(file.locate())).exists()]


@pytest.mark.parametrize("kind", [metadata.PathDistribution, Later])
def test_a_file_that_is_gone_since_is_named(
    tmp_path: Path, kind: type[metadata.PathDistribution]
) -> None:
    unpacked(small_kit(tmp_path), tmp_path / "installed")
    dist = kind(tmp_path / "installed" / "unplug_kit-0.1.dist-info")
    (tmp_path / "installed/kit/__main__.py").unlink()

    with pytest.raises(UserError, match=r"__main__\.py: cannot be read: No such file"):
        packed_wheel(tmp_path, dist)


def test_the_same_installation_packs_to_the_same_bytes(tmp_path: Path) -> None:
    dist = unpacked(make_wheel(tmp_path, "unplug-kit"), tmp_path / "installed")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (packed_wheel(tmp_path / name, dist).read_bytes() for name in ("a", "b"))

    assert first == second
