"""Hostile text in a real browser: a canary that would be called, if any of it were more than text.

The same text, shown as HTML by somebody who does not escape it, does call the canary.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from kit.case_study.history import exported_history
from kit.cli.main import main
from tests.browser.conftest import OpenLesson
from tests.git.odd_objects import complaints
from tests.git.workshop import numbered, workshop
from tests.lab import ROOT, write_notebook

pytestmark = pytest.mark.browser


@dataclass
class Canary:
    """A server that nobody should call."""

    url: str
    calls: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What calls it, where it is taken for HTML, script, SVG, CSS, Markdown or TeX."""
        url = self.url
        return (
            f"<img src={url}/img onerror=fetch('{url}/error')>"
            f"\"'><script>fetch('{url}/script')</script>"
            f"<svg onload=fetch('{url}/svg')><image href='{url}/image'/></svg>"
            f"</pre></style><style>@import url({url}/css);</style>"
            f"<iframe src='{url}/frame'></iframe>"
            f"![x]({url}/markdown) [x](javascript:fetch('{url}/link')) $\\href{{{url}/tex}}{{x}}$"
            f" \x1b]8;;{url}/terminal\x07\x1b[31m\u202e\u2066[bold]x[/bold] </title></svg>]]>"
        )


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.calls.append(self.path)
            self.send_response(204)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        called = Canary(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield called
        server.shutdown()


@pytest.fixture(scope="module")
def project(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose people, messages, paths, tags and lines are hostile, with a revert."""
    shop = workshop(tmp_path_factory.mktemp("project") / "r")
    name = canary.text.replace("\x07", "").replace("<", "").replace(">", "")
    shop.environment = {"GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": name}
    path = "".join(c for c in canary.text if c not in "/\0")[:200] + ".c"
    message = f"{canary.text}\n\n{canary.text}\n\nReviewed-by: {canary.text}\n"
    target = shop.commit(message, {path: numbered(l5=canary.text)})
    shop.commit(
        f'Revert "{canary.text}"\n\nThis reverts commit {target}.\n\n{canary.text}\n', {path: None}
    )
    return shop.folder


@pytest.fixture(scope="module")
def lesson(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported history with the lesson's hashes, and hostile text in all else."""
    text, _ = exported_history(Path("re-enactment"))
    data = json.loads(text)
    for commit in data["commits"]:
        commit["subject"] = commit["body"] = canary.text
        commit["author"] = commit["committer"] = [canary.text, canary.text]
        commit["trailers"] = [[canary.text, canary.text], ["Message-Id", f"<{canary.text}>"]]
    for files in data["diffs"].values():
        for file in files:
            file["path"] = f"{canary.text}/{file['path']}"
            for hunk in file["hunks"]:
                hunk["function"] = canary.text
                for line in hunk["lines"]:
                    line[1] = canary.text
    path = tmp_path_factory.mktemp("lesson") / "history.json"
    path.write_text(json.dumps(data))
    return path


@pytest.fixture(scope="module")
def scenario(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = json.dumps(canary.text).replace("\\u001b", "\\u001B")  # a text of TOML as well
    text = (ROOT / "data" / "scenarios" / "late-release.toml").read_text()
    _, _, rest = text.partition("compare = ")
    path = tmp_path_factory.mktemp("scenario") / "hostile.toml"
    path.write_text(f"title = {words}\nwhy = {words}\nlook = {words}\ncompare = {rest}")
    return path


@pytest.fixture(scope="module")
def machine(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine of somebody's own all of whose words are hostile, each a part of the text."""
    url = canary.url
    words = [
        f"<img src={url}/img onerror=fetch('{url}/error')>",
        f"\"'><script>fetch('{url}/script')</script>",
        f"<svg onload=fetch('{url}/svg')><image href='{url}/image'/></svg>",
        f"</pre></style><style>@import url({url}/css);</style>",
        f"<iframe src='{url}/frame'></iframe>",
        f"![x]({url}/markdown) [x](javascript:fetch('{url}/link'))",
        "\x1b[31m\u202e\u2066[bold]x[/bold] </title></svg>]]> <script>",
    ]
    path = tmp_path_factory.mktemp("machine") / "hostile.py"
    path.write_text(f"""WORDS = {words!r}
NAMES = [f"n{{number}}" for number in range(len(WORDS))]


class Machine:
    def describe(self):
        return {{
            "version": 1, "name": "hostile", "title": WORDS[1], "participants": ["a", "b"],
            "starts": {{"one": {{"state": 0, "shows": {{"a": WORDS[0]}}}}, "two": {{"state": 1}}}},
            "actions": [
                {{"name": name, "from": "a", "to": "b", "says": word}}
                for name, word in zip(NAMES, WORDS)
            ],
            "properties": [
                {{"name": name, "kind": "always", "says": word}} for name, word in zip(NAMES, WORDS)
            ],
            "scenarios": {{"all": NAMES}},
        }}

    def step(self, state, action):
        word = WORDS[NAMES.index(action)]
        said = {{"says": word, "tone": "bad"}}
        return {{
            "state": state,
            "answer": said,
            "events": [{{"from": "b", "says": word}}, {{"from": "b", "to": "a", "says": word}}],
            "judged": {{action: state > 0}},
            "shows": {{"a": word, "b": said}},
        }}
""")
    return path


def kit(*arguments: str, history: Path = Path("re-enactment")) -> str:
    said, complained = StringIO(), StringIO()
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stdout(said),
        redirect_stderr(complained),
    ):
        patched.setenv("KIT_QEMU", str(history))
        main(arguments)
    assert complaints(complained.getvalue()) == 0
    return said.getvalue()


def notebook(lab_home: Path, name: str, *sources: str) -> str:
    (lab_home / "work" / "notebooks").mkdir(parents=True, exist_ok=True)
    write_notebook(lab_home / "work" / "notebooks" / name, *sources)
    return name


def unfold(page: Page) -> None:
    """Open whatever is folded, from above to below."""
    # at one go: a picture that is drawn anew between a look and a click has other folds
    page.evaluate(
        "for (const one of document.querySelectorAll('summary'))"
        " if (one.getClientRects().length) one.click()"
    )


def settle(page: Page) -> None:
    """Wait until what would call has called."""
    page.wait_for_timeout(1500)


def test_the_canary_is_called_where_nobody_escapes(browser: Browser, canary: Canary) -> None:
    page = browser.new_page()
    page.set_content(f"<p>{canary.text}")
    settle(page)
    page.close()

    assert {"/img", "/error", "/script", "/svg", "/css", "/frame"} <= set(canary.calls)
    canary.calls.clear()


def test_a_hostile_repository_is_only_text_in_a_notebook(
    opened: OpenLesson, lab_home: Path, canary: Canary, project: Path
) -> None:
    name = notebook(
        lab_home,
        "hostile-project.ipynb",
        f'import os\nos.environ["KIT_QEMU"] = "{project}"\n'
        "from kit import revert, reverts, revert_dates, shipped\nreverts()",
        'revert("HEAD")',
        'revert_dates("HEAD")',
        'revert("HEAD~1")',
    )
    with opened(name, kernel=name) as page:
        page.locator(".kit-name:visible").first.click()
        unfold(page)
        settle(page)
        shown = page.locator(".jp-Notebook").inner_text()

    assert canary.calls == []
    assert ("<script>" in shown, "\\u202e" in shown, "\u202e" in shown) == (True, True, False)


def test_a_hostile_history_is_only_text_in_a_notebook(
    opened: OpenLesson, lab_home: Path, canary: Canary, lesson: Path, scenario: Path
) -> None:
    name = notebook(
        lab_home,
        "hostile-lesson.ipynb",
        f'import os\nos.environ["KIT_QEMU"] = "{lesson}"\n'
        "from kit import sandbox, tour, player\n"
        'tour("revert")',
        "sandbox()",
        f'player("{scenario}", before="pre-revert", after="revert", reveal=True)',
    )
    with opened(name, kernel=name) as page:
        for tab in ("Code", "Events", "Share"):
            for cockpit in page.locator(".kit-cockpit").all():
                if cockpit.get_by_role("tab", name=tab).count():
                    cockpit.get_by_role("tab", name=tab).click()
            settle(page)
        unfold(page)
        settle(page)
        shown = page.locator(".jp-Notebook").inner_text()

    assert canary.calls == []
    assert ("<script>" in shown, "\\u202e" in shown, "\u202e" in shown) == (True, True, False)


@pytest.mark.parametrize("form", ["html", "svg"])
def test_a_hostile_scenario_and_log_are_only_text_on_a_page(
    browser: Browser, canary: Canary, scenario: Path, form: str, tmp_path: Path
) -> None:
    log = tmp_path / f"{canary.text[:60].replace('/', '_')}.qmp"
    words = json.dumps(canary.text)
    lines = (ROOT / "tests" / "logs" / "capture.qmp").read_text().replace('"core1"', words)
    log.write_text(lines)
    page = browser.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    for text in (
        kit("compare", str(scenario), "--before", "timer", "--after", "revert", "--format", form),
        kit("run", str(scenario), "--format", form),
        kit("import", str(log), "--format", form),
    ):
        file = tmp_path / f"page.{form}"
        file.write_text(text)
        page.goto(file.as_uri())
        settle(page)
        assert page.locator("parsererror").count() == 0
        assert "\u202e" not in page.locator("body, svg").first.text_content()
    page.close()

    assert (canary.calls, broken) == ([], [])


@pytest.mark.parametrize("form", ["html", "svg", "page"])
def test_a_hostile_machine_is_only_text_on_a_page(
    browser: Browser, canary: Canary, machine: Path, form: str, tmp_path: Path
) -> None:
    """What a page forbids itself is allowed here."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    how = ("--machine", str(machine), "--format", form)
    for text in (
        kit("run", "all", *how),
        kit("compare", "all", *how, "--before", "one", "--after", "two"),
    ):
        file = tmp_path / ("page.svg" if form == "svg" else "page.html")
        file.write_text(text)
        page.goto(file.as_uri())
        for tab in page.get_by_role("tab").all():
            tab.click()
        unfold(page)
        settle(page)
        assert page.locator("parsererror").count() == 0
        assert page.get_by_text("<script>").count() > 0
        assert page.get_by_text("\u202e").count() == 0
    context.close()

    assert (canary.calls, broken) == ([], [])


def test_a_hostile_machine_is_only_text_in_a_notebook(
    opened: OpenLesson, lab_home: Path, canary: Canary, machine: Path
) -> None:
    name = notebook(
        lab_home,
        "hostile-machine.ipynb",
        f'from kit import own_machine\nmine = own_machine("{machine}")\nmine.explore()',
        'mine.play("all")',
        "mine.verdict()",
    )
    with opened(name, kernel=name) as page:
        for tab in ("Events", "Share"):
            for cockpit in page.locator(".kit-cockpit").all():
                if cockpit.get_by_role("tab", name=tab).count():
                    cockpit.get_by_role("tab", name=tab).click()
            settle(page)
        shown = page.locator(".jp-Notebook").inner_text()

    assert canary.calls == []
    assert ("<script>" in shown, "\\u202e" in shown, "\u202e" in shown) == (True, True, False)


def test_a_handout_of_a_hostile_history_is_only_text(
    browser: Browser, canary: Canary, lesson: Path, tmp_path: Path
) -> None:
    """The walk through the commits; what a page forbids itself (script, all outside) is allowed."""
    (made,) = json.loads(kit("handout", "05", "-o", str(tmp_path), "--json", history=lesson))
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(Path(made["file"]).as_uri())
    settle(page)
    shown = page.locator("body").text_content() or ""
    context.close()

    assert canary.calls == []
    assert ("<script>" in shown, "\\u202e" in shown, "\u202e" in shown) == (True, True, False)


def test_markdown_is_only_text_where_a_notebook_shows_it(
    opened: OpenLesson, lab_home: Path, canary: Canary, project: Path, scenario: Path
) -> None:
    texts = [
        kit("run", str(scenario), "--format", "md"),
        kit("changelog", "HEAD~1..HEAD", "--repo", str(project), "--format", "md"),
    ]
    name = notebook(
        lab_home,
        "hostile-markdown.ipynb",
        *(f"from IPython.display import Markdown\nMarkdown({text!r})" for text in texts),
        'from kit import sandbox\nsandbox("timer", "revert")',  # which says that all is shown
    )
    with opened(name, kernel=name) as page:
        settle(page)

    assert canary.calls == []
