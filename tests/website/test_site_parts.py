"""The parts of the web site that need no network: archives, lists of files, pins, the lessons."""

from __future__ import annotations

import json
import os
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kit.git.repository.exported import FileHistory
from tools.website import build, downloads
from tools.website.build import drop_diagrams, keep_lines_as_text
from tools.website.compiled import cached, merged
from tools.website.contents import listings, write_contents
from tools.website.downloads import LOCK, Download, SiteError, Where, fetch_all, read_lock
from tools.website.lessons import carried_history, files_of_the_page
from tools.website.pyodide import RUNTIME_FILES, lay_out, settings
from tools.website.zips import names_of_modules, read_zip, wheel_with, write_zip

ROOT = Path(__file__).parent.parent.parent
PINS = read_lock(LOCK.read_text(encoding="utf-8"))
WHEEL = {
    "toy/__init__.py": b"",
    "single.py": b"x = 1\n",
    "toy-1.0.dist-info/METADATA": b"Name: toy\n",
    "toy-1.0.dist-info/RECORD": b"",
}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "toy-1.0-py3-none-any.whl"
    write_zip(path, WHEEL)
    return path


# -- archives ----------------------------------------------------------------------------------


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    write_zip(tmp_path / "a", {"x": b"1", "y": b"2"})
    os.utime(tmp_path / "a", (0, 0))
    write_zip(tmp_path / "b", {"y": b"2", "x": b"1"})

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_wheel_with_one_file_more_records_it(wheel: Path, tmp_path: Path) -> None:
    wheel_with(wheel, tmp_path / "more.whl", {"toy/data.json": b"{}"})
    files = read_zip(tmp_path / "more.whl")

    assert set(files) == {*WHEEL, "toy/data.json"}
    assert files["toy-1.0.dist-info/RECORD"].decode().splitlines() == [
        "single.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6",
        "toy-1.0.dist-info/METADATA,sha256=tjIa3PouK3Vz4tHzz_PPe_Tkr_d0_qMwSE0I2hl0RXU,10",
        "toy/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0",
        "toy/data.json,sha256=RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o,2",
        "toy-1.0.dist-info/RECORD,,",
    ]


def test_modules_of_a_wheel_are_its_first_names(wheel: Path) -> None:
    assert names_of_modules(wheel) == ["single", "toy"]


# -- Python for the browser --------------------------------------------------------------------


def test_the_lock_file_of_the_page_names_our_wheels_alone(wheel: Path, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in RUNTIME_FILES:
        (runtime / name).write_text(name)
    upstream = {"info": {"python": "3.14.2"}, "packages": {"numpy": {}}}
    (runtime / "pyodide-lock.json").write_text(json.dumps(upstream))
    names = lay_out(runtime, [wheel], tmp_path / "site")

    assert names == ["toy"]
    assert sorted(p.name for p in (tmp_path / "site").iterdir()) == sorted(
        [*RUNTIME_FILES, wheel.name, "pyodide-lock.json"]
    )
    assert json.loads((tmp_path / "site" / "pyodide-lock.json").read_text()) == {
        "info": {"python": "3.14.2"},
        "packages": {
            "toy": {
                "depends": [],
                "file_name": wheel.name,
                "imports": ["single", "toy"],
                "install_dir": "site",
                "name": "toy",
                "package_type": "package",
                "sha256": sha256(wheel.read_bytes()).hexdigest(),
                "unvendored_tests": False,
                "version": "1.0",
            }
        },
    }


def test_the_kernel_is_told_of_no_other_place() -> None:
    (told,) = settings(["toy"]).values()

    assert told == {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "disablePyPIFallback": True,
        "pipliteUrls": [],
        "loadPyodideOptions": {"packages": ["toy"]},
    }


def test_compiled_modules_stand_for_their_sources_or_beside_them() -> None:
    files = {"toy/__init__.py": b"source", "toy/sample.py": b"no python", "toy/data": b"data"}
    files["toy-1.0.data/data/share/lab.js"] = b"script"
    files |= {"toy/fast.c": b"C", "toy/fast.cpython-314-x86_64-linux-gnu.so": b"machine code"}
    files["toy-1.0.dist-info/RECORD"] = b"toy/__init__.py,sha256=abc,6\n"
    code = {"toy/__init__.py": b"code"}

    assert merged(files, code, keep_sources=False) == {
        "toy/__init__.pyc": b"code",
        "toy/sample.py": b"no python",
        "toy/data": b"data",
        "toy-1.0.dist-info/RECORD": (
            b"toy-1.0.dist-info/RECORD,,\ntoy/__init__.pyc,,\ntoy/data,,\ntoy/sample.py,,\n"
        ),
    }
    assert merged(files, code, keep_sources=True) == files | {
        "toy/__pycache__/__init__.cpython-314.pyc": b"code"
    }


def test_the_same_wheels_are_compiled_once(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyodide.asm.wasm").write_bytes(b"")
    asked: list[str] = []

    def fake(wheels: list[Path], _: Path, work: Path, *, keep_sources: bool) -> list[Path]:
        asked.append(work.name)
        (work / "done").mkdir(parents=True)
        (work / "done" / wheels[0].name).write_text(f"{keep_sources}")
        return [work / "done" / wheels[0].name]

    monkeypatch.setattr("tools.website.compiled.compiled", fake)
    made = [
        cached([wheel], tmp_path, tmp_path / "cache", tmp_path / name)[0].read_text()
        for name in ("first", "second")
    ]
    write_zip(wheel, WHEEL | {"toy/more.py": b""})
    cached([wheel], tmp_path, tmp_path / "cache", tmp_path / "third")

    assert (asked, made) == (["first", "third"], ["False", "False"])


# -- the list of files -------------------------------------------------------------------------


def test_every_folder_has_a_listing_of_what_is_in_it(tmp_path: Path) -> None:
    write_contents({"notebooks/a.ipynb": b"{}", "docs/x/y.md": b"hello"}, tmp_path)
    found = {
        path.parent.relative_to(tmp_path / "api" / "contents").as_posix(): [
            (row["type"], row["path"], row["size"])
            for row in json.loads(path.read_text())["content"]
        ]
        for path in tmp_path.rglob("all.json")
    }

    assert found == {
        ".": [("directory", "docs", None), ("directory", "notebooks", None)],
        "docs": [("directory", "docs/x", None)],
        "docs/x": [("file", "docs/x/y.md", 5)],
        "notebooks": [("notebook", "notebooks/a.ipynb", 2)],
    }
    assert (tmp_path / "files" / "docs" / "x" / "y.md").read_bytes() == b"hello"


def test_listings_say_no_date_of_the_build() -> None:
    assert {row["last_modified"] for row in listings({"a": 1}).values()} == {"2021-04-14T00:00:00Z"}


# -- pins --------------------------------------------------------------------------------------


def pin(data: bytes, name: str = "toy") -> Download:
    return Download(
        name=name,
        version="1.0",
        where=frozenset({Where.BROWSER}),
        file=f"{name}-1.0-py3-none-any.whl",
        sha256=sha256(data).hexdigest(),
    )


def test_what_is_cached_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_download", lambda *_: pytest.fail("asked for"))
    each = pin(b"good")
    (tmp_path / each.file).write_bytes(b"good")

    assert fetch_all([each], tmp_path) == {"toy": tmp_path / each.file}


def test_another_file_than_the_lock_names_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = pin(b"good")
    monkeypatch.setattr(
        downloads, "_download", lambda one, cache: (cache / one.file).write_bytes(b"bad")
    )
    with pytest.raises(SiteError, match=r"toy-1\.0-.*: its SHA-256 is not the one in"):
        fetch_all([each], tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Where.RUNTIME, "npm is not installed, and toy comes by it"),
        (Where.BROWSER, "toy==1.0 cannot be downloaded: "),
    ],
)
def test_a_registry_that_cannot_be_asked_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Where, said: str
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    each = pin(b"good")
    wanted = Download(
        name=each.name,
        version=each.version,
        where=frozenset({where}),
        file=each.file,
        sha256=each.sha256,
    )

    with pytest.raises(SiteError) as error:
        fetch_all([wanted], tmp_path)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_a_lock_out_of_its_form_is_one_line() -> None:
    with pytest.raises(SiteError, match=r"lock\.json: not in its form"):
        read_lock('[{"name": "toy"}]')


def test_every_pin_is_one_pure_wheel_or_the_runtime() -> None:
    odd = [
        each.file
        for each in PINS
        if not each.file.endswith("-none-any.whl") and each.where != {Where.RUNTIME}
    ]

    assert [name.partition("-")[0] for name in odd] == ["markupsafe"]  # works without its C
    assert [each.name for each in PINS if len(each.sha256) != 64] == []


def test_what_runs_in_the_page_is_in_the_ranges_of_the_kit() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {r.name.lower(): r.specifier for r in map(Requirement, project["dependencies"])}
    pinned = {each.name: each.version for each in PINS if Where.BROWSER in each.where}
    # for git, commands and hand-outs, which a page has not
    outside = {"gitpython", "jupyterlab", "mistune", "nbclient", "pygit2", "typer", "webcolors"}

    assert set(wanted) - set(pinned) == outside
    assert [name for name in wanted.keys() & pinned if pinned[name] not in wanted[name]] == []


# -- lessons and history -----------------------------------------------------------------------


def test_the_page_has_the_lessons_the_labs_and_all_that_they_name() -> None:
    files = files_of_the_page()
    lessons = {path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").rglob("*.ipynb")}

    assert lessons < set(files)
    assert {"docs/glossary.md", "data/reference/directed/4b08cd567b.jsonl"} < set(files)
    assert [name for name in files if not name.startswith(("notebooks/", "docs/", "data/"))] == []


def test_the_history_that_is_carried_does_not_say_where_its_maker_keeps_it() -> None:
    text, source = carried_history()

    assert source == "re-enactment, not QEMU's code (built from data/reenactment)"
    assert str(FileHistory(text, "f").origin) == "re-enactment, not QEMU's code (this site)"


def test_a_recording_is_text_and_not_one_value(tmp_path: Path) -> None:
    chunk = tmp_path / "1.ab.js"
    chunk.write_bytes(rb"if(e.match(/\.(ipynb|[^/]*json[^/]*)$/)){JSON.parse(e)}")
    keep_lines_as_text(tmp_path)

    assert chunk.read_bytes() == rb"if(e.match(/\.(ipynb|json)$/)){JSON.parse(e)}"
    with pytest.raises(SiteError, match="JupyterLite has changed"):
        keep_lines_as_text(tmp_path)


# -- the whole ---------------------------------------------------------------------------------


def test_a_site_over_its_budget_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big").write_bytes(bytes(2_000_000))
    monkeypatch.setattr(build, "BUDGET_BYTES", 1_000_000)

    with pytest.raises(SiteError) as error:
        build._keep_to_the_budget(tmp_path)
    assert str(error.value) == "the site has 2.0 MB and may have 1; the largest file is big"


def test_a_folder_that_holds_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")

    with pytest.raises(SiteError, match="holds something that is not a site; name another folder"):
        build.build(tmp_path, tmp_path / "cache", tmp_path / "work")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_wheel_is_read_by_zipfile(wheel: Path) -> None:
    assert zipfile.ZipFile(wheel).testzip() is None


# -- what no page needs ----------------------------------------------------------------------------

START = "await Promise.all([t.e(5531),t.e(5017)]).then(t.bind(t,16863))).main;await s()"
CHUNKS = {
    "5017.abc.js": "xterm " * 129,  # JupyterLab's own, with the terminal's style in it
    "5531.abc.js": "vega cytoscape",
    "2802.abc.js": "xterm " * 79,
    "6491.abc.js": "cytoscape",
    "7001.abc.js": "vega, once",
    "jlab_core.abc.js": "vega " * 9,
}


def chunks(build: Path, bundle: str) -> None:
    (build / "lab").mkdir()
    (build / "lab" / "bundle.js").write_text(bundle)
    for name, text in CHUNKS.items():
        (build / name).write_text(text)


def test_what_draws_diagrams_is_left_out_but_nothing_that_jupyterlab_starts_with(
    tmp_path: Path,
) -> None:
    chunks(tmp_path, f"let s=({START}")
    drop_diagrams(tmp_path)

    assert sorted(path.name for path in tmp_path.glob("*.js")) == [
        "5017.abc.js",
        "5531.abc.js",
        "7001.abc.js",
        "jlab_core.abc.js",
    ]


def test_a_jupyterlab_that_starts_in_another_way_stops_the_build(tmp_path: Path) -> None:
    chunks(tmp_path, "start()")

    with pytest.raises(SiteError, match="names no chunks to start with"):
        drop_diagrams(tmp_path)
    assert len(list(tmp_path.glob("*.js"))) == len(CHUNKS)
