"""What a release consists of: sdist, wheel, site and hand-outs, with their sums.

``python -m tools.website.release DIR`` makes everything twice and refuses what differs, PDFs
excepted: whoever has the same sources can tell that they have the same files.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import copy_tree, make_folders, write_atomic
from kit.common.user_folder import workplace
from tools.website.__main__ import CACHE
from tools.website.build import build, built_with_hatchling, tools_in
from tools.website.downloads import SiteError
from tools.website.handouts import run_kit
from tools.website.zips import read_zip, write_zip

__all__ = ["changelog", "differing", "sums", "zip_folder"]

ROOT = Path(__file__).parent.parent.parent
_INTRO = """# Changelog

What each range of commits really brought, as the kit itself reads it (`make changelog`): commits
that annul each other within a range are not in it.

"""


def changelog(repository: Path) -> str:
    """Return the changelog of a repository, from its first commit on, as Markdown.

    Raises:
        SiteError: It cannot be read.
    """
    import git  # here: only a release reads the kit's own repository

    with git.Repo(repository) as repo:
        first = repo.git.rev_list("--max-parents=0", "HEAD").split()[-1]
        head = repo.git.rev_parse("--short=10", "HEAD")
    range_ = f"{first[:10]}..{head}"
    return _INTRO + run_kit("changelog", range_, "--repo", str(repository), "--format", "md")


def make_release(target: Path, cache: Path, work: Path) -> None:
    """Make everything once in *target*, an absent folder.

    Raises:
        SiteError: A part cannot be made.
    """
    make_folders(target)
    tools = tools_in(work / "hatch", cache)
    wheel = built_with_hatchling("wheel", tools, target)
    built_with_hatchling("sdist", tools, target)
    version = wheel.name.split("-")[1]
    build(work / "site", cache, work / "building")
    zip_folder(work / "site" / "handouts", target / f"unplug-kit-handouts-{version}.zip")
    zip_folder(work / "site", target / f"unplug-kit-site-{version}.zip")
    write_atomic(target / "CHANGELOG.md", changelog(ROOT).encode())
    copy_tree(ROOT / "CITATION.cff", target / "CITATION.cff")
    write_atomic(target / "SHA256SUMS", sums(target).encode())


def zip_folder(folder: Path, target: Path) -> None:
    """Put the files below *folder* into a zip whose bytes depend on them alone."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    write_zip(target, {p.relative_to(folder).as_posix(): p.read_bytes() for p in files})


def sums(folder: Path) -> str:
    """Return the SHA-256 of each file of *folder*, as sha256sum reads it."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


def differing(one: Path, other: Path) -> list[str]:
    """Return the names of the files of two folders that are not the same, PDFs excepted.

    Those inside a zip are excepted, too, and the sums, which follow from the rest.
    """
    names = {path.name for folder in (one, other) for path in folder.iterdir()} - {"SHA256SUMS"}
    return [
        name
        for name in sorted(names)
        if not name.endswith(".pdf") and _content(one / name) != _content(other / name)
    ]


def _content(path: Path) -> object:
    if not path.is_file():
        return None
    if path.suffix != ".zip":
        return path.read_bytes()
    return {name: data for name, data in read_zip(path).items() if not name.endswith(".pdf")}


def main() -> int:
    """Make the release twice and keep it if both are the same; an error is one line."""
    parser = argparse.ArgumentParser(prog="make release", description="What is given away.")
    parser.add_argument("target", type=Path, nargs="?", default=Path("dist/release"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--changelog", action="store_true", help="write CHANGELOG.md, no more")
    chosen = parser.parse_args()
    try:
        if chosen.changelog:
            write_atomic(ROOT / "CHANGELOG.md", changelog(ROOT).encode())
            return 0
        _twice(chosen.target.absolute(), chosen.cache.absolute())
    except (SiteError, UserError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    print((chosen.target / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    return 0


def _twice(target: Path, cache: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="unplug-kit-release-") as folder:
        made = [Path(folder) / name for name in ("first", "second")]
        for each in made:
            make_release(each, cache, each.with_name(f"{each.name}-work"))
        if wrong := differing(*made):
            raise SiteError(f"two builds differ in {', '.join(wrong)}; nothing is released")
        with workplace(target, "make release", SiteError) as place:
            copy_tree(made[0], place.folder / "new")
            place.put(place.folder / "new")


if __name__ == "__main__":
    sys.exit(main())
