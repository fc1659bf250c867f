"""The front page, the stick and the release: what they say, and that they ask for nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser

from kit.storage.scenarios import scenarios
from tests.effort import SAMPLE
from tests.lab import serious_findings
from tools.website import handouts, stick
from tools.website.downloads import SiteError
from tools.website.front import front_page, stories_page
from tools.website.links import PLACEHOLDER, binder, repository
from tools.website.release import changelog, differing, sums, zip_folder
from tools.website.serve import served
from tools.website.stories import make_stories

ROOT = Path(__file__).parent.parent.parent
MAX_STORY_BYTES = 300_000
FIRST = "HEAD?urlpath=lab/tree/notebooks/01-before-and-after.ipynb"


def page(address: str = PLACEHOLDER) -> str:
    return front_page(address, "install/unplug_kit-1-py3-none-any.whl", "handouts/index.html", "1")


def links(html: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]*)"', html)


# -- the front page ----------------------------------------------------------------------------


def test_four_doors_and_one_link_that_leads_elsewhere() -> None:
    assert links(page()) == [
        "data:,",
        "stories/late-release.html#predict",
        "stories/index.html",
        "handouts/index.html",
        "lab/index.html?path=notebooks/01-before-and-after.ipynb",
        "install/unplug_kit-1-py3-none-any.whl",
        "https://mybinder.org/",
    ]


def test_a_known_repository_is_opened_on_binder() -> None:
    assert f"https://mybinder.org/v2/gh/a/b/{FIRST}" in links(page("https://github.com/a/b"))


def test_nothing_is_left_to_fill_in_and_nothing_runs() -> None:
    written = page()

    assert "{{" not in written
    assert re.findall(r"<script[^>]*>(.*?)</script>", written, re.DOTALL) == ["{}"]
    assert written.count("<svg ") == 2


def test_the_narrow_picture_says_what_the_runs_say() -> None:
    narrow = page().partition('<div class="narrow">')[2].partition("</div>")[0]
    words = re.findall(r">([^<>]+)</text>", narrow)

    assert [word for word in words if word in {"drops it", "waits", "LIMBO, no event"}] == [
        *("drops it", "LIMBO, no event", "waits")
    ]
    assert "believes: gone" in words


def test_every_scenario_is_a_story_of_a_mail_s_size_and_stands_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = dict(list(scenarios().items())[:: 10 if SAMPLE else 1])
    monkeypatch.setattr("tools.website.stories.scenarios", lambda: wanted)
    made = make_stories(tmp_path)
    listed = re.findall(r'<li><a href="([^"]*)">', stories_page(made))
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}

    assert listed == [file for file, _ in made] == [f"{name}.html" for name in wanted]
    assert set(listed) == set(sizes)
    assert {file: size for file, size in sizes.items() if size > MAX_STORY_BYTES} == {}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["wide", "phone"])
def test_it_is_one_screen_and_legible(
    browser: Browser, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    (tmp_path / "index.html").write_text(page(), encoding="utf-8")
    asked: list[str] = []
    with served(tmp_path) as address:
        shown = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(f"{address}/index.html")
        size = shown.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        smallest = shown.evaluate(
            """() => Math.min(...[...document.querySelectorAll("svg text")]
                .filter(each => each.getBoundingClientRect().width > 0)
                .map(each => parseFloat(getComputedStyle(each).fontSize)
                    * each.ownerSVGElement.getBoundingClientRect().width
                    / each.ownerSVGElement.viewBox.baseVal.width))"""
        )
        found = serious_findings(shown, "html")
        shown.close()

    assert (size, asked) == ([width, height], [f"{address}/index.html"])
    assert smallest >= 9
    assert found == []


# -- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://github.com/a/b", "gh/a/b"),
        ("https://github.com/a/b.git", "gh/a/b"),
        ("https://gitlab.com/a/b/", "gl/a%2Fb"),
        ("https://git.example.org/x/y/z", "git/https%3A%2F%2Fgit.example.org%2Fx%2Fy%2Fz"),
    ],
)
def test_binder_is_told_where_a_repository_lies(address: str, path: str) -> None:
    assert binder(address) == f"https://mybinder.org/v2/{path}/{FIRST}"


def test_the_readme_links_to_binder_with_the_projects_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KIT_REPOSITORY", raising=False)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"https://mybinder\.org/v2/[^\s)>]+", readme) == [binder(repository(ROOT))]


def test_one_variable_names_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_REPOSITORY", "https://github.com/me/mine")

    assert repository(ROOT) == "https://github.com/me/mine"


# -- hand-outs and stick -----------------------------------------------------------------------


def links_lead_somewhere(folder: Path) -> bool:
    found = links((folder / "index.html").read_text(encoding="utf-8"))
    beside = [link for link in found if not link.startswith(("data:", ".."))]
    return bool(beside) and all((folder / link).exists() for link in beside)


def test_a_command_of_the_kit_that_fails_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(
        SiteError, match=r"^kit handout failed: kit: .*/file: is not a folder[^\n]*$"
    ):
        handouts.make_handouts(tmp_path / "file")


def made_without_network(out: Path, *_: object) -> None:
    for name in ("handouts", "install"):
        (out / name).mkdir(parents=True)
        (out / name / "index.html").write_text(name)


def test_a_stick_begins_at_a_page_whose_links_are_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stick, "build", made_without_network)
    monkeypatch.setattr(stick, "run_kit", lambda _, folder: Path(folder).mkdir())
    target = tmp_path / "stick"
    stick.make_stick(target, tmp_path / "cache", tmp_path / "work")

    assert links_lead_somewhere(target)
    assert (target / "site" / "handouts" / "index.html").is_file()


def test_a_folder_of_somebody_is_no_stick(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")

    with pytest.raises(SiteError, match="holds something that is not a stick; name another folder"):
        stick.make_stick(tmp_path, tmp_path, tmp_path)


def test_the_start_script_serves_the_site_on_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("here")
    (tmp_path / "start.py").write_text(stick.START)
    (tmp_path / "webbrowser.py").write_text("def open(address): pass\n")
    server = subprocess.Popen(
        [sys.executable, "start.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/index\.html", said)
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.read() == b"here"
    finally:
        server.terminate()
        server.wait(timeout=20)


# -- release -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_twice_built_is_the_same_bytes(tmp_path: Path, kind: str) -> None:
    made = []
    for name in ("first", "second"):
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", tmp_path / name]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=120)
        (path,) = (tmp_path / name).iterdir()
        made.append((path.name, path.read_bytes()))

    assert made[0] == made[1]


def test_two_builds_differ_by_content_and_pdfs_do_not_count(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / name / "sheets"
        folder.mkdir(parents=True)
        (folder / "x.pdf").write_text(name)
        (folder / "x.html").write_text("same")
        zip_folder(folder, tmp_path / name / "sheets.zip")
        (tmp_path / name / "text").write_text(name)
        (tmp_path / name / "y.pdf").write_text(name)
        shutil.rmtree(folder)

    assert differing(tmp_path / "a", tmp_path / "b") == ["text"]


def test_sums_are_as_sha256sum_reads_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "SHA256SUMS").write_text(sums(tmp_path))
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True)

    assert (done.returncode, done.stdout) == (0, b"a: OK\n")


def test_the_changelog_is_what_the_kit_says_of_a_repository(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "--quiet")
    for subject in ("all: begin", "one: a thing", "two: another"):
        git("commit", "--quiet", "--allow-empty", "-m", subject)
    written = changelog(tmp_path)

    assert written.startswith("# Changelog\n")
    assert re.findall(r"^- (.*) \(", written, re.MULTILINE) == ["two: another", "one: a thing"]


def test_the_citation_names_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

    assert (cited["version"], cited["license"]) == (project["version"], project["license"])


# -- who publishes it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "published"),
    [(".github/workflows/pages.yml", "dist/site"), (".gitlab-ci.yml", "public")],
)
def test_both_hosts_make_the_site_of_the_re_enactment_and_cache_by_the_pins(
    path: str, published: str
) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    yaml.safe_load(text)

    assert "make site" in text
    assert "KIT_QEMU: re-enactment" in text
    assert "tools/website/lock.json" in text
    assert f"{published}\n" in text or f"[{published}]" in text
