"""Start the lessons from a classroom folder, on a laptop without a network.

``kit classroom`` copies this file into the folder as start.py, and start.sh, start.command and
start.bat call it with a Python that fits.  It uses the standard library only: nothing is installed
where it runs first.

    start.py            open the lessons in JupyterLab, in the learner's copy
    start.py doctor …   any other command of kit
    start.py --check    say whether the folder is whole
    start.py --fits     say by the exit status whether this Python fits
    start.py --sha256 HASH …   first refuse a folder that is not the one with this hash
"""

# no "from __future__": that is a module, too, and would come from beside this file
import sys

if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]  # what else lies in this folder is not a module of ours

import contextlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

__all__ = [
    "FORMAT",
    "LOCK",
    "MANIFEST",
    "SUMS",
    "VERSION",
    "BrokenFolderError",
    "check",
    "check_against",
    "file_digest",
    "history_for",
    "home",
    "main",
    "read_manifest",
    "read_sums",
    "try_lock",
]

MANIFEST = "classroom.json"
SUMS = "SHA256SUMS"
LOCK = "requirements.lock"
FORMAT, VERSION = "unplug-kit classroom", 1
_INSTALL_S = 3600
_WAIT_S = 600  # for another start that installs: a stick may be slow
_CHUNK = 1 << 20


class BrokenFolderError(Exception):
    """What keeps the lessons from starting, or the folder from being read, in one line."""


def main(arguments: list[str], folder: Path) -> int:
    """Run start.py with its arguments; return the exit status."""
    try:
        if arguments[:1] == ["--sha256"]:
            _must_be(folder, arguments[1:2])
            arguments = arguments[2:]
        if arguments == ["--fits"]:
            return 0 if _here() in _targets(folder) else 1
        if arguments == ["--check"]:
            return _say_check(folder)
        return _start(arguments, folder)
    except BrokenFolderError as error:
        _say(str(error))
    except KeyboardInterrupt:
        _say("stopped; start it again, it goes on from there")
    except OSError as error:
        _say(f"{error.filename or folder}: {error.strerror or error}")
    return 2


def _say(words: str) -> None:
    sys.stderr.write(f"unplug kit: {words}\n")
    sys.stderr.flush()


def read_manifest(folder: Path) -> dict[str, object]:
    """Return what classroom.json says; BrokenFolderError if there is none of ours."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenFolderError(
            f"{path}: cannot be read: {error.strerror}; copy the whole folder again"
        ) from None
    except ValueError:
        raise BrokenFolderError(f"{path}: is damaged; copy the whole folder again") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BrokenFolderError(f"{path}: is not a folder that kit classroom made")
    if found.get("version") != VERSION:
        raise BrokenFolderError(f"{path}: is of version {found.get('version')}, not {VERSION}")
    return found


def check(folder: Path) -> tuple[str, ...]:
    """Return what is missing or differs, a line each; nothing if the folder is whole.

    Other files do not matter: systems put their own on a stick.

    Raises:
        BrokenFolderError: It is not a classroom folder.
    """
    sums = read_sums(folder)
    if not sums:
        return (f"{SUMS}: is missing, cut short or was changed",)
    return tuple(line for name, digest in sums.items() if (line := _differs(folder, name, digest)))


def check_against(folder: Path, wanted: str) -> tuple[str, ...]:
    """Return how a folder differs from the one whose SHA256SUMS has the sha256 *wanted*.

    A file that was added differs, too, unless its name begins with a dot, as .DS_Store.

    Raises:
        BrokenFolderError: It is not a classroom folder.
    """
    try:
        if file_digest(folder / SUMS) != wanted.strip().lower():
            return (f"{SUMS}: its sha256 is not the one that was asked for",)
    except OSError as error:
        return (f"{SUMS}: cannot be read: {error.strerror}",)
    known = {*read_sums(folder), SUMS}
    added = (
        f"{name}: was added"
        for path in sorted(folder.rglob("*"))
        if (path.is_symlink() or not path.is_dir())
        and (name := path.relative_to(folder).as_posix()) not in known
        and not path.name.startswith(".")
    )
    return (*check(folder), *added)


def _must_be(folder: Path, given: list[str]) -> None:
    if not given or len(given[0].strip()) != 64:
        raise BrokenFolderError("--sha256 needs the 64 digits that kit classroom has printed")
    if wrong := check_against(folder, given[0]):
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise BrokenFolderError(
            f"the folder is not the one with this hash: {wrong[0]}{more}; get it again"
        )


def read_sums(folder: Path) -> dict[str, str]:
    """Return the digests of all files by name; nothing where they cannot be read, or not all.

    Raises:
        BrokenFolderError: It is not a classroom folder.
    """
    count = read_manifest(folder).get("files")
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    pairs = (line.partition("  ") for line in lines)
    sums = {name: digest for digest, _, name in pairs if name}
    return sums if len(sums) == count and MANIFEST in sums else {}


def _differs(folder: Path, name: str, digest: str) -> str:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
        return f"{name!a}: is not a name of a file in the folder"
    try:
        return "" if file_digest(folder / pure) == digest else f"{name}: differs"
    except FileNotFoundError:
        return f"{name}: is missing"
    except OSError as error:
        return f"{name}: cannot be read: {error.strerror}"


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _say_check(folder: Path) -> int:
    wrong = check(folder)
    for line in wrong:
        _say(line)
    count = read_manifest(folder).get("files")
    _say(
        f"not whole: {len(wrong)} of {count} files; copy the folder again"
        if wrong
        else f"whole: {count} files"
    )
    return 1 if wrong else 0


def _here() -> tuple[str, str, str]:
    return sys.platform, platform.machine(), "{}.{}".format(*sys.version_info[:2])


def _targets(folder: Path) -> list[tuple[str, str, str]]:
    found = read_manifest(folder).get("targets")
    try:
        return [(t["sys_platform"], t["machine"], t["python"]) for t in found]  # type: ignore[attr-defined]  # TypeError, then
    except (KeyError, TypeError):
        raise BrokenFolderError(
            f"{folder / MANIFEST}: is damaged; copy the whole folder again"
        ) from None


def _must_fit(folder: Path) -> None:
    if _here() in _targets(folder):
        return
    known = "; ".join(f"{name} {machine}, Python {py}" for name, machine, py in _targets(folder))
    name, machine, py = _here()
    raise BrokenFolderError(
        f"the folder is for {known}; this is {name} {machine}, Python {py}:"
        " install such a Python, or ask for a folder for this one"
    )


def home() -> Path:
    """Return where this user's programs keep their data; never the folder, which may be a stick."""
    named = os.environ.get("UNPLUG_KIT_HOME")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "unplug-kit"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/unplug-kit"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "unplug-kit"


def _python_of(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _is_ready(place: Path) -> bool:
    """Was it installed to the end, here, and is its Python still there?"""
    try:
        return (place / ".complete").read_text(encoding="utf-8") == str(place) and _python_of(
            place
        ).exists()
    except OSError:
        return False


def _ready(folder: Path) -> Path:
    """Return the environment that the folder installs; install it if that was not done yet."""
    place = home() / "classroom" / f"{_key(folder)}-py{_here()[2]}"
    if _is_ready(place):
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _alone(place.with_name(f"{place.name}.lock")):
            if not _is_ready(place):
                _install(folder, place)
    except OSError as error:
        raise BrokenFolderError(
            f"{error.filename or place}: {error.strerror or error};"
            " UNPLUG_KIT_HOME may name another folder for what is installed"
        ) from None
    return place


def _key(folder: Path) -> str:
    """Return a name for what this folder installs: another lock or history, another name."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    history = [line for line in lines if "  history/" in line]
    return sha256("\n".join([file_digest(folder / LOCK), *history]).encode()).hexdigest()[:12]


def _install(folder: Path, place: Path) -> None:
    _must_fit(folder)
    _say(f"Installing into {place} (once, about a minute; nothing is fetched from a network)…")
    found = check(folder)
    wrong = [line for line in found if not line.startswith("lessons/")]
    for line in found:
        if line.startswith("lessons/"):  # the teacher's own change, perhaps: no reason to stop
            _say(f"note: {line}")
    if wrong:
        raise BrokenFolderError(
            f"the folder is not whole: {wrong[0]}"
            + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else "")
            + "; copy it again"
        )
    if place.exists():
        shutil.rmtree(place)
    venv.EnvBuilder(symlinks=os.name != "nt").create(place)
    (pip,) = (folder / name for name in read_sums(folder) if name.startswith("wheels/pip-"))
    command = [
        *(str(_python_of(place)), "-P", "-m", "pip", "install", "--quiet", "--no-index"),
        "--no-compile",  # Python compiles what a lesson imports, a tenth of what there is
        *("--find-links", str(folder / "wheels"), "--require-hashes", "-r", str(folder / LOCK)),
    ]
    # no setting of this user's may bring in anything else
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    quiet = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        command,
        cwd=place,
        env={**clean, **quiet, "PIP_NO_CACHE_DIR": "1", "PYTHONPATH": str(pip)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_INSTALL_S,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
        errors = [line for line in said if line.startswith("ERROR:")] or said
        raise BrokenFolderError(f"pip cannot install the lessons: {errors[-1]}")
    history = folder / "history"
    shutil.copytree(history, place / "history", dirs_exist_ok=True)
    (place / ".complete").write_text(str(place), encoding="utf-8")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file; a process that dies releases it."""
    # never through a link
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle):
        deadline, told = time.monotonic() + _WAIT_S, False
        while not try_lock(handle):
            if not told:
                _say("another window is installing the same; waiting for it…")
            told = True
            if time.monotonic() > deadline:
                raise BrokenFolderError("another window is still installing; try again later")
            time.sleep(0.2)
        yield


def try_lock(handle: int) -> bool:
    """Try to lock an open file; false where another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return sys.platform != "win32"  # some network drives know no locks
    return True


def _start(arguments: list[str], folder: Path) -> int:
    place = _ready(folder)
    if not arguments:
        mine = Path.home() / "unplug-kit-lessons"
        _copy_new(folder / "lessons", mine)
        _say(f"Your own copy of the lessons is {mine}; it is never overwritten.")
        arguments = ["lab", str(mine)]
    # -P: a folder called kit where it is started is not ours
    command = [str(_python_of(place)), "-P", "-m", "kit", *arguments]
    environment = {**os.environ, **history_for(place)}
    environment.pop("PYTHONPATH", None)
    if os.name == "posix":  # one process: whoever stops it stops JupyterLab
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode


def _copy_new(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            # whole or not at all: half a lesson would never be overwritten either
            handle, part = tempfile.mkstemp(f".{copy.name}.part", dir=copy.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(path.read_bytes())
            Path(part).chmod(0o644)
            Path(part).replace(copy)


def history_for(place: Path) -> dict[str, str]:
    """Return which history the lessons read, unless the user has named one."""
    if os.environ.get("KIT_QEMU", "").strip():
        return {}
    clone, file = place / "history/qemu.git", place / "history/commits.json"
    git = shutil.which("git")
    if clone.is_dir() and git:
        return {"KIT_QEMU": str(clone)}
    # without git a clone cannot be read, nor the re-enactment be built
    stated = json.loads(file.read_text(encoding="utf-8"))["source"]["kind"]
    return {} if git and stated == "REENACTMENT" else {"KIT_QEMU": str(file)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
