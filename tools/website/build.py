"""Puts the site together: JupyterLite, Python for the browser, the kit, the lessons, the front."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.case_study.history import CARRIED
from kit.common.user_file import copy_tree, make_folders, write_atomic
from kit.common.user_folder import remove_tree, workplace
from kit.lessons.lab import LAB
from tools.website.compiled import cached, compiled
from tools.website.contents import write_contents
from tools.website.downloads import (
    LOCK,
    Download,
    SiteError,
    Where,
    fetch_all,
    read_lock,
    run_program,
)
from tools.website.front import front_page, stories_page
from tools.website.handouts import make_handouts
from tools.website.lessons import carried_history, files_of_the_page
from tools.website.links import repository
from tools.website.pyodide import lay_out, settings
from tools.website.stories import make_stories
from tools.website.zips import data_of, unpack, wheel_with

__all__ = ["BUDGET_BYTES", "MARK", "Built", "build", "built_with_hatchling"]
__all__ += ["drop_diagrams", "keep_lines_as_text", "size_of", "tools_in"]

ROOT = Path(__file__).parent.parent.parent
BUDGET_BYTES = 45_000_000
MARK = "jupyter-lite.json"  # of a folder that a build may replace
_BESIDE_THE_POINT = (
    *("rspack.config*.js", "package.json", "doc"),
    *(f"build/fa-*.{kind}" for kind in ("svg", "eot", "ttf", "woff")),  # for browsers before woff2
)
# Mermaid with what only it uses, and Vega: JupyterLab loads them for an output of that kind.
_OF_DIAGRAMS = (b"langium", b"cytoscape", b"katex", b"getELK", b"org.eclipse.elk")
_NAMED_OFTEN = (b"vega", b"xterm")  # a page has no terminal, either
_OFTEN = 4  # times that their own chunks name them; those of JupyterLab do so less often
# What JupyterLab waits for when it starts: chunks by number, and in them its main function.
_AT_START = re.compile(
    r"Promise\.all\(\[((?:\w+\.e\(\d+\),?)+)\]\)\.then\([^()]*\([^()]*\)\)\)\.main\b"
)
# JupyterLite reads a file of such a name as one JSON value; a recording has one on each line.
_AS_JSON = (rb".match(/\.(ipynb|[^/]*json[^/]*)$/)", rb".match(/\.(ipynb|json)$/)")
# Rooms of the kit that need a terminal, a folder of files or a program beside them.
_NOT_IN_A_PAGE = tuple(f"kit/{room}/" for room in ("cli", "survey", "classroom", "handout"))
_NOT_FOR_US = "widgetsnbextension-*"  # of the kernel's own wheels: ipywidgets works without


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: its size, how many files, and where its commits were read."""

    size: int
    files: int
    history: str


def build(out: Path, cache: Path, work: Path) -> Built:
    """Return the site, built in *out*; a site of an earlier build is replaced.

    *cache* keeps downloads, so that a second build needs no network; *work* is an empty folder for
    the time of the build.

    Raises:
        SiteError: A download fails, a step fails, or the site is over its budget.
        HistoryError: There is no history to carry.
    """
    _refuse_a_strangers(out)
    downloads = read_lock(LOCK.read_text(encoding="utf-8"))
    files = fetch_all(downloads, cache)
    tools, lab, site = work / "tools", work / "lab", work / "site"
    _unpack(downloads, files, Where.BUILD, tools)
    _unpack(downloads, files, Where.LAB, lab)
    _unpack(downloads, files, Where.RUNTIME, work / "runtime")
    extensions = _extensions(lab)
    _lite(tools, [*extensions, *_own_extensions()], work / "lite", site)
    for pattern in _BESIDE_THE_POINT:
        for path in site.glob(pattern):
            remove_tree(path)
    drop_diagrams(site / "build")
    keep_lines_as_text(site / "build")
    copy_tree(site / "icon-120x120.png", site / "lab" / "favicon.ico")  # JupyterLab's has 0.3 MB
    wheel = built_with_hatchling("wheel", tools, work / "wheel")
    text, source = carried_history()
    carrying = work / wheel.name
    wheel_with(wheel, carrying, {f"kit/share/{CARRIED}": text.encode()}, without=_NOT_IN_A_PAGE)
    theirs = [files[each.name] for each in downloads if Where.BROWSER in each.where]
    theirs += _of_the_kernel(extensions)
    runtime = work / "runtime" / "package"
    wheels = cached(theirs, runtime, cache, work / "theirs")
    wheels += compiled([carrying], runtime, work / "ours", keep_sources=False)
    names = lay_out(runtime, wheels, site / "static" / "pyodide")
    _configure(site / MARK, names)
    write_contents(files_of_the_page(), site)
    _front(site, wheel)
    _keep_to_the_budget(site)
    with workplace(out, "make site", SiteError) as place:
        copy_tree(site, place.folder / "new")
        place.put(place.folder / "new")
    return Built(size_of(out), sum(path.is_file() for path in out.rglob("*")), source)


def drop_diagrams(build: Path) -> None:
    """Remove what draws Mermaid's and Vega's diagrams, and terminals: no lesson has one.

    Raises:
        SiteError: The chunks that JupyterLab starts with are not found.
    """
    found = _AT_START.search((build / "lab" / "bundle.js").read_text(encoding="utf-8"))
    if found is None:
        raise SiteError("lab/bundle.js: names no chunks to start with; JupyterLite has changed")
    needed = set(re.findall(r"\d+(?=\))", found[1]))
    for path in build.glob("*.js"):
        number = path.name.partition(".")[0]
        if number.isdecimal() and number not in needed:  # a chunk, loaded when it is needed
            text = path.read_bytes()
            if any(word in text for word in _OF_DIAGRAMS) or any(
                text.count(word) >= _OFTEN for word in _NAMED_OFTEN
            ):
                remove_tree(path)


def keep_lines_as_text(build: Path) -> None:
    """Let a page read a file of JSON lines, such as a recording, as text.

    Raises:
        SiteError: JupyterLite decides elsewhere what JSON is.
    """
    as_json, only_json = _AS_JSON
    found = [path for path in build.glob("*.js") if as_json in path.read_bytes()]
    if not found:
        raise SiteError("build: no chunk decides what is JSON; JupyterLite has changed")
    for path in found:
        write_atomic(path, path.read_bytes().replace(as_json, only_json))


def _refuse_a_strangers(out: Path) -> None:
    if out.exists() and not (out / MARK).is_file() and any(out.iterdir()):
        raise SiteError(f"{out}: holds something that is not a site; name another folder")


def _unpack(
    downloads: Sequence[Download], files: dict[str, Path], where: Where, folder: Path
) -> None:
    for each in downloads:
        if where in each.where:
            unpack(files[each.name], folder)


def _extensions(lab: Path) -> list[Path]:
    """Return JupyterLab's extensions in unpacked wheels; some lie in a folder of their owner."""
    found = [path for data in data_of(lab) for path in data.glob("share/jupyter/labextensions/*")]
    return sorted(
        each for path in found for each in (path.iterdir() if path.name[0] == "@" else [path])
    )


def _own_extensions() -> list[Path]:
    """Return the kit's own, which are their own source."""
    return sorted(path for path in (LAB / "labextensions").iterdir() if path.is_dir())


def _of_the_kernel(extensions: Sequence[Path]) -> list[Path]:
    (kernel,) = [path for path in extensions if path.name == "pyodide-kernel-extension"]
    return sorted(p for p in (kernel / "static" / "pypi").glob("*.whl") if not p.match(_NOT_FOR_US))


def _run_tool(tools: Path, call: str, cwd: Path) -> None:
    """Run a program of the unpacked wheels: nothing that happens to be installed takes part."""
    code = f"import sys; sys.path.insert(0, {str(tools)!r}); {call}"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"SOURCE_DATE_EPOCH": "1618358400", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-I", "-c", code]
    name = call.partition("(")[0].split()[-1]
    run_program(command, cwd, f"{sys.executable} is gone", name, environment)


def tools_in(folder: Path, cache: Path) -> Path:
    """Return *folder* with the pinned programs that build things.

    Raises:
        SiteError: They cannot be downloaded.
    """
    downloads = [d for d in read_lock(LOCK.read_text(encoding="utf-8")) if Where.BUILD in d.where]
    _unpack(downloads, fetch_all(downloads, cache), Where.BUILD, folder)
    return folder


def built_with_hatchling(kind: str, tools: Path, target: Path) -> Path:
    """Return the kit's ``wheel`` or ``sdist``, built in *target* with the pinned builder.

    Raises:
        SiteError: The builder fails.
    """
    before = set(target.glob("*")) if target.exists() else set()
    arguments = ["hatchling", "build", "-t", kind, "-d", str(target)]
    call = f"from hatchling.cli import hatchling; sys.argv = {arguments}; hatchling()"
    _run_tool(tools, call, ROOT)
    (made,) = set(target.glob("*")) - before
    return made


def _lite(tools: Path, extensions: Sequence[Path], folder: Path, site: Path) -> None:
    """Build JupyterLite with our extensions alone, without contents."""
    make_folders(folder)
    config = {
        "federated_extensions": [str(path) for path in extensions],
        "ignore_sys_prefix": ["federated_extensions"],
        "apps": ["lab"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "source_date_epoch": 1,
        "output_dir": str(site),
        "cache_dir": str(folder / "cache"),
    }
    written = json.dumps({"LiteBuildConfig": config})
    write_atomic(folder / "jupyter_lite_config.json", written.encode())
    call = "from jupyterlite_core.app import main; sys.argv = ['jupyter-lite', 'build']; main()"
    _run_tool(tools, call, folder)


def _configure(path: Path, packages: Sequence[str]) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    config["jupyter-config-data"] |= {
        "appName": "The unplug kit",
        "contentsAllJsonFile": "all.json",
        "exposeAppInBrowser": True,  # as tests of a JupyterLab do, to wait for the kernel
        "litePluginSettings": settings(packages),
    }
    write_atomic(path, json.dumps(config, indent=1, sort_keys=True).encode())


def _front(site: Path, wheel: Path) -> None:
    copy_tree(wheel, make_folders(site, "install") / wheel.name)
    handouts = f"handouts/{make_handouts(site / 'handouts')}"
    stories = make_stories(site / "stories")
    write_atomic(site / "stories" / "index.html", stories_page(stories).encode())
    page = front_page(repository(ROOT), f"install/{wheel.name}", handouts, wheel.name.split("-")[1])
    write_atomic(site / "index.html", page.encode())


def size_of(folder: Path) -> int:
    """Return how many bytes the files below a folder have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _keep_to_the_budget(site: Path) -> None:
    size = size_of(site)
    if size > BUDGET_BYTES:
        largest = max((p for p in site.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
        raise SiteError(
            f"the site has {size / 1e6:.1f} MB and may have {BUDGET_BYTES / 1e6:.0f};"
            f" the largest file is {largest.relative_to(site)}"
        )
