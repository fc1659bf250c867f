"""Wheels whose modules are compiled already, by the very Python that the page runs.

It saves a reader seconds at each start of a kernel.  Wheels then go without their sources, which
nobody reads there.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from kit.common.user_file import copy_tree, make_folders
from kit.common.user_folder import move_folder, new_folder
from tools.website.downloads import run_program
from tools.website.zips import read_zip, write_zip

__all__ = ["cached", "compiled", "merged"]

_SCRIPT = Path(__file__).parent / "compile.mjs"
_TAG = "cpython-314"
# What JupyterLab takes from a wheel is in the site already; completion asks the objects that a
# kernel has, and completes the same without jedi's stubs; no page is a server of prompts.
_NOT_FOR_A_PAGE = (
    *(".data/", "jedi/third_party/"),
    *("anywidget/labextension/", "anywidget/nbextension/", "prompt_toolkit/contrib/"),
)
_RECORD = ".dist-info/RECORD"
_OF_A_MACHINE = (".so", ".c")


def cached(wheels: Sequence[Path], runtime: Path, cache: Path, work: Path) -> list[Path]:
    """Return *wheels* compiled and without sources; those of an earlier build if they are the same.

    Raises:
        SiteError: node is missing or fails.
    """
    digest = sha256(_SCRIPT.read_bytes() + Path(__file__).read_bytes())
    digest.update((runtime / "pyodide.asm.wasm").read_bytes())
    for wheel in wheels:
        digest.update(wheel.name.encode() + wheel.read_bytes())
    folder = cache / f"compiled-{digest.hexdigest()[:16]}"
    if not folder.is_dir():
        made = compiled(wheels, runtime, work, keep_sources=False)
        with new_folder(folder) as place:
            copy_tree(made[0].parent, place / "new")
            move_folder(place / "new", folder)
    return [folder / wheel.name for wheel in wheels]


def compiled(
    wheels: Sequence[Path], runtime: Path, work: Path, *, keep_sources: bool
) -> list[Path]:
    """Return *wheels*, compiled, in a folder of *work*, which must not be there yet.

    Raises:
        SiteError: node is missing or fails.
    """
    bench, done = make_folders(work, "bench"), make_folders(work, "done")
    make_folders(bench, "wheels")
    copy_tree(runtime, bench / "runtime")
    copy_tree(_SCRIPT, bench / _SCRIPT.name)
    for wheel in wheels:
        copy_tree(wheel, bench / "wheels" / wheel.name)
    run_program(
        ["node", _SCRIPT.name, bench / "runtime", bench / "wheels"],
        bench,
        "node is not installed, and the page's Python is compiled by it",
        "the page's Python cannot compile the wheels",
    )
    for wheel in wheels:
        code = read_zip(bench / "wheels" / f"{wheel.name}.pyc")
        write_zip(done / wheel.name, merged(read_zip(wheel), code, keep_sources=keep_sources))
    return [done / wheel.name for wheel in wheels]


def merged(
    files: dict[str, bytes], code: dict[str, bytes], *, keep_sources: bool
) -> dict[str, bytes]:
    """Return a wheel's files with the code of its modules: beside the sources, or for them.

    Without sources the list of the files has no digests, which would be a tenth of some wheels.
    """
    if not keep_sources:
        kept = {
            name: data
            for name, data in files.items()
            if name not in code
            and not any(each in name for each in _NOT_FOR_A_PAGE)
            and not name.endswith(_OF_A_MACHINE)
        }
        kept |= {f"{name}c": data for name, data in code.items()}
        lists = {
            name: "".join(f"{one},,\n" for one in sorted(kept))
            for name in kept
            if name.endswith(_RECORD)
        }
        return kept | {name: lines.encode() for name, lines in lists.items()}
    cache = {}
    for name, data in code.items():
        folder, slash, file = name.rpartition("/")
        cache[f"{folder}{slash}__pycache__/{file.removesuffix('.py')}.{_TAG}.pyc"] = data
    return files | cache
