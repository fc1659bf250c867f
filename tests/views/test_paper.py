"""What stands on paper for each widget: pictures, steps as text, nothing to click, no answer."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kit import app
from kit.course.exercise import Hunks, Number, Order, Predict, Script
from kit.errors import UserError
from kit.exercises import exercises
from kit.runs.bench import Act
from kit.runs.sentences import seconds, sentence
from kit.scenarios import find_scenario, scenarios
from kit.views.bench_model import BenchModel
from kit.views.exercise_model import ExerciseModel
from kit.views.figure import Figure, Note, Rows
from kit.views.paper import PAPER, Paper, on_paper, opened
from kit.views.paper_exercise import exercise_paper
from kit.views.paper_kernel import PaperFormatter, load_ipython_extension
from kit.views.paper_runs import STORIES, bench_paper, moments, walk_paper
from kit.views.paper_tables import promises_paper, reverts_paper
from kit.views.parts import Shown
from kit.views.promise_model import PromiseModel
from kit.views.revert_model import RevertRows, RevertsModel
from kit.views.walk_model import MAIN_STEPS, STEPS, WalkModel
from tests.course.commits import diffs

ALL = tuple(exercises().values())
each = pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.name)
at = pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda one: one.name)


def pictures(paper: Paper) -> int:
    return paper.html.count("<svg ")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


WIDGETS = {
    "player": lambda: app.player("late-release", before="pre-revert", after="revert"),
    "bench": app.bench,
    "walk": app.commit_walk,
    "connector": app.connector_lab,
    "path": lambda: app.path("1.path.c0q2r0m1d2.linux-5_12.guest-error.nz4Sacaafa"),
    "promises": lambda: app.promises("revert"),
    "revert": app.revert,
    "reverts": app.reverts,
    "exercise": lambda: app.exercise("limbo-in-two"),
    "diagram": app.connector,
    "rows": lambda: app.knowledge("late-release", "revert"),
}


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS.keys())
def test_paper_has_no_button_no_field_and_no_script(make: object) -> None:
    assert callable(make)
    html = make()._repr_paper_().html

    assert re.findall(r"<(?:button|input|textarea|select|script|iframe|link)\b", html) == []
    assert re.findall(r"\son\w+=", html) == []


# -- runs ----------------------------------------------------------------------------------------


@at
def test_a_picture_is_drawn_at_most_once_an_instant_and_at_the_end(scenario: object) -> None:
    story = find_scenario(getattr(scenario, "name", ""))
    for before, after in story.compare:
        timeline = app.player(story.name, before=before, after=after).model.timeline
        found = moments(timeline)
        times = [timeline.stops[place].at_ns for place in found]

        assert times == sorted(set(times))
        assert found[-1] == len(timeline.stops) - 1


def test_the_moments_of_a_late_release() -> None:
    """0 s: asked; 15 s: one forgets; 16 s: the guest lets go."""
    model = app.player("late-release", before="pre-revert", after="revert").model
    times = [seconds(model.timeline.stops[place].at_ns) for place in moments(model.timeline)]

    assert times == ["0 s", "15 s", "16 s"]


def test_a_run_without_events_has_its_end() -> None:
    assert moments(BenchModel("revert", "resend").timeline) == (-1,)


def test_the_player_lists_every_step_and_names_its_pictures() -> None:
    widget = app.player("late-release", before="pre-revert", after="revert")
    paper = widget._repr_paper_()
    said = words(paper.html)

    run = widget.model.timeline.runs[0]
    assert [entry for entry in run.trace if sentence(entry) not in said] == []
    assert re.findall(r"picture ([A-Z])<", paper.html) == ["A", "B", "C"]
    assert re.findall(r"Picture ([A-Z]):", paper.html) == ["A", "B", "C"]
    assert pictures(paper) == 3
    assert "pre-revert: LIMBO: the guest has let go of it" in said


def test_the_bench_without_clicks_tells_stories() -> None:
    paper = bench_paper(BenchModel("pre-revert", "revert"))

    assert re.findall(r"<h4>([A-Z][^<]*)</h4>", paper.html) == [name for name, _ in STORIES]
    assert pictures(paper) == len(STORIES)


def test_the_bench_with_clicks_shows_them_alone() -> None:
    paper = bench_paper(BenchModel("pre-revert", "revert", (Act.DEVICE_DEL, Act.WAIT_5_S)))

    assert "<code>device_del</code>, then <code>+5 s</code>" in paper.html
    assert pictures(paper) == 1


@pytest.mark.parametrize(("step", "count"), [("timer", 4), ("revert", 6)])
def test_the_walk_lists_all_steps_and_draws_the_main_ones(step: str, count: int) -> None:
    """At timer no story differs: the late release; at the revert three do; and three others."""
    widget = app.commit_walk(step)
    paper = walk_paper(WalkModel(step, scenarios), widget._commit_of(widget.model.step), ())

    assert [one for one in STEPS if escape(one.summary) not in paper.html] == []
    assert pictures(paper) == count
    others = [name for name in MAIN_STEPS if name != step]
    assert re.findall(r"The late release before and after ([\w-]+)<", paper.html) == others
    assert 'class="kit-diff"' in paper.html


# -- tables --------------------------------------------------------------------------------------


def test_the_connector_shows_each_move_and_its_whole_table() -> None:
    paper = app.connector_lab("revert")._repr_paper_()

    assert pictures(paper) == 6  # empty, and five moves: in by three, out by two
    assert "DEVICE_DELETED" in words(paper.html)
    assert "0 success, to UNUSABLE, release device" in words(paper.html)


def test_a_path_beside_another_revision_shows_where_they_part() -> None:
    token = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
    paper = app.path(token, beside="revert")._repr_paper_()

    assert "They part. Choice 2: QEMU's timer fires." in words(paper.html)
    assert pictures(paper) == 2


def test_promises_are_explored_for_paper_and_not_in_the_widget() -> None:
    widget = app.promises("revert")
    html = widget._repr_paper_().html

    assert "no-lost-release yes no-silent-disagreement yes retry-possible NO" in words(html)
    assert "?" not in re.findall(r"<td>([^<]*)</td>", html)
    assert "no-lost-release         ?" in widget.model.text


def test_one_path_stands_for_all_promises_that_it_breaks() -> None:
    model = app.promises("revert").model
    assert isinstance(model, PromiseModel)
    paper = promises_paper(model.anew())
    headings = re.findall(r"<h4>(.*?) broken at revert, guest", paper.html)

    assert headings == ["retry-possible, refusal-reported", "no-surprise-removal"]
    assert pictures(paper) == len(headings)


def test_reverts_that_cannot_be_read_are_said() -> None:
    model = RevertsModel(RevertRows(), lambda _: iter(()))
    model.hint = "nothing <here>"

    assert "<p>nothing &lt;here&gt;</p>" in reverts_paper(model).html


# -- exercises -----------------------------------------------------------------------------------


@each
def test_an_exercise_gives_its_answer_away_nowhere(exercise: object) -> None:
    one = next(known for known in ALL if known is exercise)
    paper = exercise_paper(ExerciseModel(one, diffs), None, "")
    said = words(paper.html)
    task = one.task
    secrets = [one.explanation]
    if isinstance(task, Predict):
        secrets += [choice.reply for choice in task.choices]
    elif isinstance(task, Hunks):
        secrets += [item.reply for item in task.items]
    else:
        assert isinstance(task, Number | Order | Script)
        secrets += [wrong.reply for wrong in task.wrong]

    assert one.question in said
    assert [secret for secret in secrets if secret and secret in said] == []
    assert paper.hints == one.hints


@each
def test_what_can_be_answered_stands_there(exercise: object) -> None:
    one = next(known for known in ALL if known is exercise)
    html = exercise_paper(ExerciseModel(one, diffs), None, "").html
    match one.task:
        case Predict(choices=choices):
            wanted = [choice.says for choice in choices]
        case Hunks(items=items):
            wanted = [item.says for item in items]
        case Order(parts=parts):
            wanted = [part.says for part in parts]
        case Script(menu=menu):
            wanted = list(menu)
        case Number(unit=unit):
            wanted = [unit]

    assert [says for says in wanted if escape(says) not in html] == []


# -- small things --------------------------------------------------------------------------------


def test_text_is_escaped() -> None:
    shown = (Rows(("<a>",), (("<b>",),)), Note("<c>"))
    html = "".join(one._repr_paper_().html for one in shown)

    assert re.findall(r"&lt;(\w)&gt;", html) == ["a", "b", "c"]


def test_a_widget_without_a_form_of_its_own_is_picture_and_text() -> None:
    class Plain(Shown):
        svg = "<svg ></svg>"
        text = "a < b"  # type: ignore[assignment]

    html = Plain()._repr_paper_().html

    assert "<svg ></svg>" in html
    assert "a &lt; b" in html


def test_tables_scroll_by_keys() -> None:
    html = on_paper('<table class="kit-rows">1</table><table class="kit-rows">2</table>').html

    assert (
        html.count('<div class="kit-wide" tabindex="0" role="group" aria-label="table"><table') == 2
    )


def test_a_tag_that_is_text_is_not_opened() -> None:
    assert opened("<details>&lt;details&gt;") == "<details open>&lt;details&gt;"


# -- the kernel's extension ----------------------------------------------------------------------


def test_the_formatter_gives_html_and_hints() -> None:
    class Card:
        def _repr_paper_(self) -> Paper:
            return Paper("<p>q</p>", "a title", ("one", "two"))

    assert PaperFormatter()(Card()) == ("<p>q</p>", {"title": "a title", "hints": ["one", "two"]})
    assert PaperFormatter()("text") is None


def test_what_goes_wrong_is_no_empty_page() -> None:
    class Broken:
        def _repr_paper_(self) -> Paper:
            raise UserError("no history")

    with pytest.raises(UserError, match="no history"):
        PaperFormatter()(Broken())


def test_the_extension_adds_one_type_to_what_a_shell_shows() -> None:
    shell = InteractiveShell()
    load_ipython_extension(shell)
    assert shell.display_formatter is not None
    shown, about = shell.display_formatter.format(Figure("<svg ></svg>"))

    assert sorted(shown) == ["image/svg+xml", "text/html", "text/plain", PAPER]
    assert about[PAPER] == {"title": "", "hints": []}
