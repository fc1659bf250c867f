"""``--machine``: run, compare and explore with a machine of somebody's own, and the examples."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kit.cli.main import main
from kit.common.plain_text import is_seen
from kit.views.sequence.mermaid import read_sequence
from tests.explorer.own_toys import DESCRIPTION, program

EXAMPLES = Path(__file__).parents[2] / "examples"
Captured = pytest.CaptureFixture[str]
FORMS = ("text", "mail", "md", "svg", "html", "page", "mermaid", "json")


def run(capsys: Captured, *arguments: str, status: int = 0) -> str:
    assert main([*arguments]) == status
    return capsys.readouterr().out


# -- the examples ----------------------------------------------------------------------------------

BUGS = {
    "lease.py": ("in-order", "trusting", "fenced", 5),
    "two-phase": ("no-use-after-removal", "hasty", "patient", 2),
}


def cells(capsys: Captured, name: str) -> dict[tuple[str, str], dict[str, object]]:
    found = json.loads(run(capsys, "explore", "--machine", str(EXAMPLES / name), "--json"))
    return {(cell["property"], cell["start"]): cell for cell in found["cells"]}


@pytest.mark.parametrize("name", BUGS)
def test_the_explorer_finds_the_bug_of_an_example_and_not_in_its_mend(
    capsys: Captured, name: str
) -> None:
    prop, broken, mended, count = BUGS[name]
    found = cells(capsys, name)
    path = found[prop, broken]["counterexample"]

    assert isinstance(path, list)
    assert len(path) == count
    assert {cell["result"] for (_, start), cell in found.items() if start == mended} == {"holds"}


@pytest.mark.parametrize("name", BUGS)
def test_what_the_explorer_prints_draws_the_counterexample(capsys: Captured, name: str) -> None:
    prop, broken, _, _ = BUGS[name]
    shown = run(capsys, "explore", "--machine", str(EXAMPLES / name), "--at", broken)
    names = re.findall(rf"^{prop} from {broken}: ([^\n]*\n?[^\n]*?)\n  kit run", shown, re.M)
    actions = " ".join(names[0].split())
    at = ("--at", broken)
    drawn = run(capsys, "run", actions, "--machine", str(EXAMPLES / name), *at)

    assert f"Violated: {prop}." in drawn


def test_expect_says_no_with_its_status(capsys: Captured) -> None:
    machine = ("--machine", str(EXAMPLES / "lease.py"), "--expect")

    run(capsys, "explore", *machine, status=1)
    run(capsys, "explore", *machine, "--at", "fenced")
    run(capsys, "explore", *machine, "--property", "lent-again")


def test_a_run_is_drawn_with_the_machines_own_lanes(capsys: Captured) -> None:
    drawn = run(capsys, "run", "slow", "--machine", str(EXAMPLES / "lease.py"))

    assert drawn.splitlines()[:9] == [
        "lease: slow: a lock that is lent for a while",
        "",
        "at trusting",
        "choice                anna          server          bert        storage",
        "+ 1 anna asks          .------------->.              .              .",
        "|   lease 1            |<-------------|              .              .",
        "+ 2 lease expires      |              o              .              .",
        "+ 3 bert asks          |              .<-------------.              .",
        "|   lease 2            |              |------------->|              .",
    ]


def test_a_pair_marks_the_first_difference(capsys: Captured) -> None:
    pair = ("--before", "hasty", "--after", "patient", "--json")
    both = json.loads(
        run(capsys, "compare", "late answer", "--machine", str(EXAMPLES / "two-phase"), *pair)
    )

    assert both["before"]["breaks"] == ["no-use-after-removal", "agreed"]
    assert both["after"]["breaks"] == []
    assert [step["shows"] for step in both["after"]["steps"]][-1] == {
        "host": "held",
        "anna": "use",
        "bert": "use",
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", BUGS)
def test_every_form_can_be_written(capsys: Captured, name: str, form: str) -> None:
    scenario = {"lease.py": "slow", "two-phase": "late answer"}[name]
    machine = ("--machine", str(EXAMPLES / name), "--format", form)
    starts = BUGS[name]
    one = run(capsys, "run", scenario, *machine)
    two = run(capsys, "compare", scenario, *machine, "--before", starts[1], "--after", starts[2])

    assert all(words in text for text in (one, two) for words in LANES[form])


LANES = dict.fromkeys(FORMS, ("anna", "bert")) | {"page": ("<!DOCTYPE html>",)}


def test_a_picture_that_is_too_narrow_says_so(capsys: Captured, tmp_path: Path) -> None:
    path = program(tmp_path, 'say({"state": request["state"]})')
    people = [f"participant {number}" for number in range(8)]
    path.write_text(path.read_text().replace("['a', 'b']", f"['a', 'b', *{people[:6]!r}]"))
    narrow = run(capsys, "run", "ask", "--machine", str(path), "--width", "60")
    wide = run(capsys, "run", "ask", "--machine", str(path), "--width", "72")

    assert "8 lanes do not fit into 60 columns: a larger --width, or svg" in narrow
    assert re.search(r"^choice +a +b +par0 +par1 +par2 +par3 +par4 +par5$", wide, re.M)


# -- hostile texts ---------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\x1b[31mred\x07",
    "a\u202eb\u2066",
    "[bold]x[/] [/nothing]",
    "]]>\"'`--->",
    "@all #1 https://example.org **x** | ```",
    "line\nbreak\ttab",
    "\ud800 half",
    "ไทย 中文 \u0301",
)


def hostile(folder: Path, text: str) -> Path:
    description = {
        **DESCRIPTION,
        "title": text,
        "starts": {"first": {"state": 0, "shows": {"a": text}}, "second": {"state": 2}},
        "actions": [
            {"name": "ask", "from": "a", "to": "b", "says": text, "begins": True},
            {"name": "work", "from": "b", "says": text},
        ],
        "properties": [{"name": "small", "kind": "always", "says": text}],
    }
    said = {"says": text, "tone": "bad"}
    answer = {
        "answer": said,
        "events": [{"from": "b", "to": "a", "says": text}],
        "judged": {"small": False},
        "shows": {"a": text, "b": said},
    }
    path = program(folder, f'say({{**{answer!r}, "state": min(request["state"] + 1, 3)}})')
    path.write_text(path.read_text().replace(f"say({DESCRIPTION!r})", f"say({description!r})"))
    return path


class Tags(HTMLParser):
    """The tags of a page that have no place in it, and whatever handles an event."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] if tag == "img" else []
        self.found += [name for name, _ in attrs if name.startswith("on")]


def tags(text: str) -> list[str]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def scripts(text: str) -> int:
    return len(re.findall("<script", text))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_a_machines_text_is_shown_and_does_nothing(
    capsys: Captured, tmp_path: Path, form: str, text: str
) -> None:
    machine = ("--machine", str(hostile(tmp_path, text)), "--format", form)
    one = run(capsys, "run", "once", *machine)
    two = run(capsys, "compare", "once", *machine, "--before", "first", "--after", "second")

    for written in (one, two):
        unseen = [char for char in written if char != "\n" and not is_seen(char)]
        assert unseen == []
        match form:
            case "svg":
                ElementTree.fromstring(written)
            case "html" | "page":
                assert tags(written) == []
                assert scripts(written) == scripts(plain_page(capsys, tmp_path, form))
            case "mermaid":
                assert len(read_sequence(written).participants) in (2, 4)
            case "json":
                json.loads(written)
            case "mail":
                assert not re.search(r"^(From |>|\.$)", written, re.M)


def plain_page(capsys: Captured, folder: Path, form: str) -> str:
    path = hostile(folder, "harmless")
    return run(capsys, "run", "once", "--machine", str(path), "--format", form)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_explorers_table_shows_a_machines_text(
    capsys: Captured, tmp_path: Path, text: str
) -> None:
    written = run(capsys, "explore", "--machine", str(hostile(tmp_path, text)))

    assert [char for char in written if char != "\n" and not is_seen(char)] == []
    assert "small" in written


# -- wrong use -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run onec --machine M", "did you mean once?"),
        ("run once --machine M --at nowhere", "has no start 'nowhere'; there are first, second"),
        ("run once --machine M --expect", "--expect goes with the kit's machines"),
        ("run once --machine M --backend qemu", "--backend goes with the kit's machines"),
        ("run once --machine M --format qmp", "--format qmp works with run, compare and open of"),
        ("run once --machine M --format page --explore", "--explore goes with the kit's machines"),
        ("run ask,ask --machine M", "action 2, ask, cannot happen there"),
        ("compare ask,ask --machine M --before first --after first", "action 2, ask, cannot"),
        ("explore --machine M --same a b", "--same goes with the kit's machines"),
        ("explore --machine M --guest arbitrary", "--guest goes with the kit's machines"),
        ("explore --machine M --cores 1", "--cores goes with the kit's machines"),
        ("explore --machine M --jobs 2", "--jobs goes with the kit's machines"),
        ("run once --machine M --kernel K", "--kernel goes with the kit's machines"),
        ("compare once --machine M --before first", "a pair needs --before and --after"),
        ("explore --machine M --property smal", "did you mean small?"),
        ("explore --machine absent", "absent: there is no such file; --machine names a Python"),
    ],
)
def test_wrong_use_is_one_line(
    capsys: Captured, tmp_path: Path, arguments: str, words: str
) -> None:
    body = 'odd = request["state"] % 2\nwork = request["action"] == "work"\n'
    body += 'say({"state": (request["state"] + 1) % 4} if work == odd else None)'
    path = program(tmp_path, body)
    given = [str(path) if word == "M" else word for word in arguments.split()]
    status = main(given)
    said = capsys.readouterr()

    assert (status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert words in said.err


def test_states_without_end_are_one_line_and_what_was_found_is_shown(
    capsys: Captured, tmp_path: Path
) -> None:
    body = 'say({"state": request["state"] + 1, "judged": {"small": request["state"] < 5}})'
    path = program(tmp_path, body)
    status = main(["explore", "--machine", str(path), "--max-states", "50", "--at", "first"])
    said = capsys.readouterr()

    assert status == 2
    assert "violated: 6 choices" in said.out
    assert said.err == (
        f"kit: {path}: more than 50 states from first, so a counter or a time in the state may"
        " grow without end; bound it, or search further with --max-states\n"
    )
