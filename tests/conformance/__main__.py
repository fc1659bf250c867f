"""Build the suite, ask the kit and other tools, and write the table: ``make conformance``.

The other tools come from npm and PyPI, with the versions that ``others/`` names; they are installed
into ``.cache/conformance`` once.  Each then reads the repositories offline, with its own defaults.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import venv
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.cases import CASES, START, Built, build
from tests.conformance.table import PAGE, Results, kit_results, page_text

HERE = Path(__file__).parent / "others"
INSTALLED = Path(".cache/conformance")
GIT_CLIFF = "2.14.2"


def main() -> int:
    """Write the page; exit status 2 if a tool cannot be installed or fails."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for each in HERE.iterdir():
        shutil.copy(each, INSTALLED)
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = {name: build(name, Path(folder, name)) for name in CASES}
            found = kit_results(built) | _others(built)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the other tools cannot be asked: {error}\n")
        return 2
    today = datetime.now(UTC).date().isoformat()
    PAGE.write_text(page_text(found, _versions(), today), encoding="utf-8")
    return 0


def _cliff() -> Path:
    program = INSTALLED / "venv" / "bin" / "git-cliff"
    if not program.exists():
        venv.create(INSTALLED / "venv", with_pip=True)
        pip = [INSTALLED / "venv" / "bin" / "pip", "install", "--quiet", f"git-cliff=={GIT_CLIFF}"]
        subprocess.run(pip, check=True)
    return program.absolute()


def _others(built: dict[str, Built]) -> dict[str, Results]:
    """Return, for each other tool, which cases it gets right."""
    if not (INSTALLED / "node_modules").exists():
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=INSTALLED, check=True
        )
    folders = [str(each.shop.folder) for each in built.values()]
    config = (INSTALLED / "cliff.toml").absolute()
    command = ["node", "others.mjs", START, str(_cliff()), str(config), *folders]
    done = subprocess.run(command, cwd=INSTALLED, check=True, capture_output=True, text=True)
    found: dict[str, Results] = {}
    for (name, case), line in zip(built.items(), done.stdout.splitlines(), strict=True):
        for tool, said in json.loads(line).items():
            is_list = isinstance(said, list)
            right = _lists(case, said) if is_list else _asks_for(case, said)
            found.setdefault(tool, {})[name] = right
    return found


def _lists(case: Built, listed: list[str]) -> bool:
    return set(case.there) <= set(listed) and not set(case.gone) & set(listed)


def _asks_for(case: Built, release: str | None) -> bool:
    """Does a tool ask for a minor release only if a feature of the case is there?"""
    subjects = [case.shop.git("log", "-1", "--format=%s", sha) for sha in case.there]
    features = [each for each in subjects if each.startswith("feat") and "house" not in each]
    return (release in ("minor", "major")) == bool(features)


def _versions() -> dict[str, str]:
    pinned = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {
        "git-cliff": f"git-cliff {GIT_CLIFF}",
        "conventional-changelog": f"(git-client {pinned['@conventional-changelog/git-client']}"
        " with filterReverts and the parser of"
        f" angular {pinned['conventional-changelog-angular']})",
        "commit-analyzer": f"{pinned['@semantic-release/commit-analyzer']} (semantic-release)",
        "changelogen": pinned["changelogen"],
        "auto-changelog": pinned["auto-changelog"],
    }


if __name__ == "__main__":
    sys.exit(main())
