"""The text files of a classroom folder: start scripts, the page for the pupil, the lock file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kit.classroom.start import LOCK
from kit.classroom.target import Laptop, marker_of
from kit.classroom.wheels import EXTRA, NAME, PIP, Wheel

__all__ = ["lock_text", "readme", "start_bat", "start_sh"]

_START_SH = """\
#!/bin/sh
# Starts the lessons; start.py says how.  Where a stick may start no program: sh start.sh
case $0 in
*/*) here=${{0%/*}} ;;
*) here=. ;;
esac
here=$(CDPATH='' cd -- "$here" && pwd -P) || exit 2
for python in python3 {pythons} python; do
    "$python" "$here/start.py" --fits >/dev/null 2>&1
    case $? in
    0 | 2) exec "$python" "$here/start.py" "$@" ;;  # 2: it says what is wrong
    esac
done
{{
    echo "unplug kit: no Python here fits; this folder is for"
{lines}
    echo "Install such a Python (python.org, or your system's packages), and start again."
}} >&2
exit 2
"""

# Plain jumps and nothing in brackets: a path may hold brackets, and so reads every cmd, wine's too.
_START_BAT = """\
@echo off
rem Starts the lessons; start.py says how.
setlocal
{asked}
echo unplug kit: no Python here fits; this folder is for
{lines}
echo Install such a Python, from python.org, and start again.
set STATUS=2
goto end
{started}
:started
set STATUS=%errorlevel%
:end
if not %STATUS%==0 pause
exit /b %STATUS%
"""
_ASK = """\
{python} "%~dp0start.py" --fits >nul 2>nul
if %errorlevel%==0 goto fits{number}"""
_START = """\
:fits{number}
{python} "%~dp0start.py" %*
goto started"""

_README = """\
The unplug kit: why QEMU's CPU unplug timeout for pseries came and went
=======================================================================
You need no network, only Python. This folder is for
{targets}

Start it
  Linux     in a terminal, in this folder:  sh start.sh
  macOS     double-click start.command (the first time: right-click, Open)
  Windows   double-click start.bat
The first start installs (a minute, half a GB) into a folder of yours:
  Linux     ~/.local/share/unplug-kit/classroom
  macOS     ~/Library/Application Support/unplug-kit/classroom
  Windows   %LOCALAPPDATA%\\unplug-kit\\classroom
Remove it to be rid of it; UNPLUG_KIT_HOME names another place. The next start
takes seconds. JupyterLab opens in your browser; Ctrl-C in the window ends it.

You work on a copy of the lessons: unplug-kit-lessons, in your home folder.
It is yours and never overwritten.

Other commands   sh start.sh doctor      (Windows: start.bat doctor)
Is it whole?     sh start.sh --check     (or: sha256sum -c SHA256SUMS)
Is it the one that your teacher made?    sh start.sh --sha256 HASH
"""


def start_sh(targets: Sequence[Laptop]) -> str:
    """Return start.sh, which is start.command as well."""
    pythons = " ".join(f"python{version}" for version in _versions(targets))
    lines = "\n".join(f'    echo "{line}"' for line in _lines(targets))
    return _START_SH.format(pythons=pythons, lines=lines)


def start_bat(targets: Sequence[Laptop]) -> str:
    """Return start.bat."""
    pythons = [*(f"py -{version}" for version in _versions(targets)), "python", "python3"]
    return _START_BAT.format(
        asked="\n".join(_ASK.format(python=each, number=n) for n, each in enumerate(pythons)),
        started="\n".join(_START.format(python=each, number=n) for n, each in enumerate(pythons)),
        lines="\n".join(f"echo {line}" for line in _lines(targets)),
    ).replace("\n", "\r\n")


def readme(targets: Sequence[Laptop]) -> str:
    """Return the page for the pupil: one screen."""
    return _README.format(targets="\n".join(_lines(targets)))


def _versions(targets: Sequence[Laptop]) -> list[str]:
    return list(dict.fromkeys(target.python for target in targets))


def _lines(targets: Sequence[Laptop]) -> list[str]:
    """Return a line for each kind of computer, with the Pythons that it may have."""
    found: dict[str, list[str]] = {}
    for target in targets:
        found.setdefault(target.computer, []).append(target.python)
    return [f"  {what} with Python {' or '.join(pythons)}" for what, pythons in found.items()]


def lock_text(needed: Mapping[Laptop, Sequence[Wheel]], sums: Mapping[str, str]) -> str:
    """Return what is installed on which target, in pip's form, with the hash of each file.

    pip itself is used where it lies, and not installed.

    Args:
        needed: The wheels of each target.
        sums: The sha256 of each wheel, by the name of its file.
    """
    versions: dict[tuple[str, str], dict[Laptop, Wheel]] = {}
    for target, wheels in needed.items():
        for wheel in (wheel for wheel in wheels if wheel.name != PIP):
            versions.setdefault((wheel.name, wheel.version), {})[target] = wheel
    every = {target.key: target for target in needed}
    lines = [
        "# What the lessons need, and the sha256 of each of its files in wheels/.  By hand:",
        f"# pip install --no-index --find-links wheels --require-hashes -r {LOCK}",
    ]
    for (name, version), where in sorted(versions.items(), key=lambda item: item[0]):
        asked = f"{name}[{EXTRA}]" if name == NAME else name
        marker = marker_of(where, every)
        hashes = sorted({sums[wheel.path.name] for wheel in where.values()})
        lines.append(
            f"{asked}=={version}{f' ; {marker}' if marker else ''}"
            + "".join(f" \\\n    --hash=sha256:{digest}" for digest in hashes)
        )
    return "\n".join([*lines, ""])
