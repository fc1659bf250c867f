"""What stands on paper for each widget: pictures, steps as text, nothing to click, no answer."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest
from IPython.core.interactiveshell import InteractiveShell

from kit import app
from kit.common.errors import UserError
from kit.common.packaged_data import lesson_folder
from kit.course.exercise import Hunks, Number, OrderTask, Predict, ScriptTask
from kit.course.sandbox_tasks import tasks_named
from kit.explorer.properties import PROPERTIES
from kit.handout.in_kernel import PrintFormatter, register
from kit.simulation.sandbox import Act
from kit.simulation.scenario import Scenario
from kit.storage.exercises import exercises
from kit.storage.scenarios import scenarios
from kit.trace.sentences import sentence
from kit.views.diagram.legend import legend_html
from kit.views.escape import Html
from kit.views.html.figure import Figure, Note, Rows
from kit.views.html.print_form import PRINT_MIME, PrintForm, hunks_kept, opened, printed
from kit.views.models.exercise import ExerciseModel
from kit.views.models.properties import PropertyModel
from kit.views.models.revert import RevertRows, RevertsModel
from kit.views.models.sandbox import SandboxModel
from kit.views.models.tour import STEPS, TourModel
from kit.views.print.exercise import print_exercise
from kit.views.print.runs import print_sandbox, print_tour
from kit.views.print.sandbox_stories import (
    IN_TIME,
    LATE,
    QUEUED,
    STORIES,
    TOO_EARLY,
    SandboxStory,
    stories_of,
)
from kit.views.print.tables import print_properties, print_reverts
from kit.views.widgets.base import Shown
from tests.course.commits import diffs

LESSONS = lesson_folder()
ALL = tuple(exercises().values())
each = pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.name)
at = pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda one: one.name)


def pictures(paper: PrintForm) -> int:
    return paper.html.count("<svg xmlns")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


WIDGETS = {
    "player": lambda: app.player("late-release", before="pre-revert", after="revert"),
    "sandbox": app.sandbox,
    "tour": app.tour,
    "connector": app.connector_lab,
    "path": lambda: app.path("1.path.c0q2r0m1d2.linux-5_12.guest-error.nz4Sacaafa"),
    "properties": lambda: app.properties("revert"),
    "revert": app.revert,
    "reverts": app.reverts,
    "exercise": lambda: app.exercise("limbo-in-two"),
    "diagram": app.connector,
    "rows": lambda: app.knowledge("late-release", "revert"),
}


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS.keys())
def test_paper_has_no_button_no_field_and_no_script(make: object) -> None:
    assert callable(make)
    html = make()._repr_print_().html

    assert re.findall(r"<(?:button|input|textarea|select|script|iframe|link)\b", html) == []
    assert re.findall(r"\son\w+=", html) == []


# -- runs ----------------------------------------------------------------------------------------


def test_the_player_lists_every_step_and_draws_the_end_alone() -> None:
    widget = app.player("late-release", before="pre-revert", after="revert")
    paper = widget._repr_print_()
    said = words(paper.html)

    run = widget.model.timeline.runs[0]
    assert [entry for entry in run.trace if sentence(entry) not in said] == []
    assert re.findall(r"kit-title\">([^<]*)<", paper.html) == ["The end: 20 s, after step 13 of 13"]
    assert pictures(paper) == 1


def test_no_picture_on_paper_shows_what_is_later() -> None:
    paper = app.player("late-release", before="pre-revert", after="revert")._repr_print_()

    assert "opacity" not in paper.html
    assert paper.html.count(">LIMBO<") == 2  # at the end alone: in its bar, and beside the row


def test_the_bench_without_clicks_tells_stories() -> None:
    paper = print_sandbox(SandboxModel("pre-revert", "revert"))
    titles = [one.title for one in (LATE, *STORIES)]
    titles[-1] += ", at revert and resend"

    assert re.findall(r"<h4>([A-Z][^<]*)</h4>", paper.html) == titles
    assert pictures(paper) == len(titles)


def test_each_story_of_a_sandbox_says_in_bold_where_its_runs_part() -> None:
    """Where an earlier story parts in the same way, the sentence names that story."""
    paper = print_sandbox(SandboxModel("pre-revert", "revert"))
    verdicts = re.findall(r'<div class="kit-verdict.*?</div>', paper.html, re.DOTALL)
    bold = [words(re.findall(r"<strong>(.*?)</strong>", one)[0]) for one in verdicts]

    played = [SandboxModel(one.before, one.after, one.acts).verdict for one in (LATE, *STORIES)]
    first = [verdict.partition("\n")[0] for verdict in played]
    assert first.index(first[2]) == 0
    assert bold == [
        line if first.index(line) == place else f"At 15 s they part as in “{LATE.title}”."
        for place, line in enumerate(first)
    ]


@at
def test_what_a_scenario_is_about_stands_after_its_steps_and_its_end(scenario: Scenario) -> None:
    """It explains the end, which the reader predicts."""
    before, after = (scenario.compare or (("pre-revert", "revert"),))[0]
    html = app.player(scenario.name, before=before, after=after)._repr_print_().html
    said = words(html)
    first = words(re.split(r"<svg|<table", html)[0])

    for line in (scenario.why, scenario.look):
        assert words(line) not in first
        assert said.rindex(words(line)) > said.rindex("The end: ")
        assert said.count(words(line)) == 1


@pytest.mark.parametrize(
    ("story", "left_out"),
    [
        (
            IN_TIME,
            [
                "wrong: limbo, or a list that differs from the guest's",
                "QEMU holds the device, and no longer waits for the guest",
                "the operator believes that the unplug failed",
                "virsh timed out: the operator does not know, and has to look",
                "QEMU drops a request",
                "QEMU writes to its own log only",
                "the first difference",
            ],
        ),
        (
            LATE,
            [
                "the operator believes that the unplug failed",
                "virsh timed out: the operator does not know, and has to look",
                "QEMU writes to its own log only",
            ],
        ),
    ],
)
def test_the_legend_explains_what_is_drawn(story: SandboxStory, left_out: list[str]) -> None:
    every = re.findall("<span>([^<]*)</span>", legend_html(_Everything()))
    drawn = print_sandbox(SandboxModel("pre-revert", "revert"), (story,)).html
    told = re.findall("<span>([^<]*)</span>", legend_html(drawn))

    assert (len(every), told) == (14, [words for words in every if unescape(words) not in left_out])


class _Everything(str):
    def __contains__(self, _: object) -> bool:
        return True


def test_a_bench_that_names_no_revision_tells_the_ordinary_case() -> None:
    html = app.sandbox()._repr_print_().html

    assert re.findall(r"<h4>([A-Z][^<]*)</h4>", html) == [IN_TIME.title]


@pytest.mark.parametrize(
    ("sides", "story"),
    [(("revert", "resend"), STORIES[-1]), (("resend", "unisolate"), QUEUED)],
    ids=["resend", "unisolate"],
)
def test_a_bench_of_a_later_step_tells_its_own_story_alone(
    sides: tuple[str, str], story: SandboxStory
) -> None:
    assert stories_of(*sides) == (story,)


@pytest.mark.parametrize("sides", [("baseline", "cpu-timeout"), ("baseline", "timer")])
def test_other_benches_tell_what_they_play_otherwise(sides: tuple[str, str]) -> None:
    """With the timer alone nothing differs: the release in time is told."""
    found = [(one.title, (one.before, one.after)) for one in stories_of(*sides)]
    wanted = [IN_TIME.title]
    if sides[1] == "cpu-timeout":
        wanted = [LATE.title, *(one.title for one in STORIES[1:])]

    assert found == [(title, sides) for title in wanted]


def test_the_stories_are_solutions_of_the_first_lesson_s_tasks() -> None:
    """On paper the reader sees what the sandbox asks for."""
    tasks = [(one.acts, one.before, one.after) for one in tasks_named("before-and-after")]
    printed = [(one.clicks, one.before, one.after) for one in (LATE, *STORIES)]

    assert [task for task in tasks if task not in printed] == []


@pytest.mark.parametrize("story", [LATE, *STORIES, QUEUED, TOO_EARLY], ids=lambda one: one.title)
def test_seconds_that_make_room_change_no_outcome(story: SandboxStory) -> None:
    ends = [
        [run.belief() for run in SandboxModel(story.before, story.after, acts).timeline.runs]
        for acts in (story.acts, story.clicks)
    ]

    assert ends[0] == ends[1]


def test_the_bench_with_clicks_shows_them_alone() -> None:
    paper = print_sandbox(SandboxModel("pre-revert", "revert", (Act.DEVICE_DEL, Act.WAIT_5_S)))

    assert "<code>device_del</code>, then <code>+5 s</code>" in paper.html
    assert pictures(paper) == 1


@pytest.mark.parametrize(
    ("step", "story"),
    [("timer", LATE.title), ("revert", TOO_EARLY.title)],
)
def test_the_walk_names_all_steps_and_tells_one_story(step: str, story: str) -> None:
    widget = app.tour(step)
    page = widget._commit_of(widget.model.step)
    paper = print_tour(TourModel(step, scenarios), page, ())

    assert [one for one in STEPS if escape(one.name) not in paper.html] == []
    assert f"<li><strong>{step}: " in paper.html
    assert re.findall(r"<h4>([A-Z][^<]*)</h4>", paper.html) == [
        f"{story}, at {widget.model.previous.name} and {step}"
    ]
    assert 'class="kit-diff"' in paper.html


def test_the_walk_lists_the_trailers_once() -> None:
    """They end the message, which stands there."""
    widget = app.tour("revert")
    page = widget._commit_of(widget.model.step)
    html = print_tour(widget.model, page, ()).html
    assert page.commit is not None

    assert page.commit.trailers
    assert [key for key, _ in page.commit.trailers if f"<dt>{key}</dt>" in html] == []


def test_rows_that_differ_by_their_state_alone_are_one() -> None:
    """At the revert 22 rows go; half of them did nothing."""
    widget = app.tour("revert")
    page = widget._commit_of(widget.model.step)
    html = print_tour(widget.model, page, ()).html
    rows = re.search(r"The rows, those of several states as one.*?</table>", html, re.DOTALL)
    assert rows is not None

    assert "0 rows added, 22 removed." in html
    assert rows[0].count("<tr>") - 1 < 8
    assert "<td>nothing" not in rows[0]


def test_each_hunk_is_a_block_that_no_page_breaks() -> None:
    diff = '<pre class="kit-diff" tabindex="0"><span class="kit-hunk">@ a</span><span>1</span>'
    more = '<span class="kit-hunk">@ b</span><span>2</span></pre>'

    assert hunks_kept(Html(diff + more)) == (
        '<pre class="kit-diff" tabindex="0">'
        '<span class="kit-whole"><span class="kit-hunk">@ a</span><span>1</span></span>'
        '<span class="kit-whole"><span class="kit-hunk">@ b</span><span>2</span></span></pre>'
    )


# -- tables --------------------------------------------------------------------------------------


def test_the_connector_shows_each_move_and_its_whole_table() -> None:
    paper = app.connector_lab("revert")._repr_print_()

    assert pictures(paper) == 6  # empty, and five moves: in by three, out by two
    assert "DEVICE_DELETED" in words(paper.html)
    assert "0 success, to UNUSABLE, remove the device" in words(paper.html)


def test_a_path_beside_another_revision_is_a_table_of_both() -> None:
    token = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
    paper = app.path(token, beside="revert")._repr_print_()

    assert "choice at pre-revert at revert" in words(paper.html)
    assert "They part at choice 2, QEMU's timer fires." in words(paper.html)
    assert pictures(paper) == 1


def test_promises_are_explored_for_paper_and_not_in_the_widget() -> None:
    widget = app.properties("revert")
    html = widget._repr_print_().html

    cells = dict(re.findall(r"<tr><td>([\w-]+)</td><td>.*?</td><td>(\w+)", html))
    assert cells["no-lost-release"] == "holds"
    assert cells["retry-possible"] == "violated"
    assert "within this scope: 2 cores, 2 requests, 1 reset, 1 migration." in html
    assert "?" not in re.findall(r"<td>([^<]*)</td>", html)
    assert "no-lost-release         ?" in widget.model.text


def test_the_path_is_of_a_promise_that_two_neighbours_part_on() -> None:
    model = app.properties("pre-revert", "revert", "resend").model
    assert isinstance(model, PropertyModel)
    said = words(print_properties(model.anew()).html)

    assert "The shortest way to violate no-lost-release , choice by choice:" in said
    assert "choice at pre-revert at revert" in said
    assert said.count("The shortest way") == 1


@pytest.mark.parametrize("names", [("today",), ("resend", "resend")], ids=["one", "the same twice"])
def test_no_path_is_told_where_no_neighbours_part(names: tuple[str, ...]) -> None:
    model = app.properties(*names).model
    assert isinstance(model, PropertyModel)

    assert "The shortest way" not in print_properties(model.anew()).html


def test_each_promise_is_said_once() -> None:
    html = app.properties("revert")._repr_print_().html

    assert [html.count(escape(one.sentence)) for one in PROPERTIES] == [1] * len(PROPERTIES)


def test_reverts_that_cannot_be_read_are_said() -> None:
    model = RevertsModel(RevertRows(), lambda _: iter(()))
    model.hint = "nothing <here>"

    assert "<p>nothing &lt;here&gt;</p>" in print_reverts(model).html


# -- exercises -----------------------------------------------------------------------------------


@each
def test_an_exercise_gives_its_answer_away_nowhere(exercise: object) -> None:
    one = next(known for known in ALL if known is exercise)
    paper = print_exercise(ExerciseModel(one, diffs), None, "")
    said = words(paper.html)
    task = one.task
    secrets = [one.explanation]
    if isinstance(task, Predict):
        secrets += [choice.reply for choice in task.choices]
    elif isinstance(task, Hunks):
        secrets += [item.reply for item in task.items]
    else:
        assert isinstance(task, Number | OrderTask | ScriptTask)
        secrets += [wrong.reply for wrong in task.wrong]

    assert one.question in said
    assert [secret for secret in secrets if secret and secret in said] == []
    assert paper.hints == one.hints


@each
def test_what_can_be_answered_stands_there(exercise: object) -> None:
    one = next(known for known in ALL if known is exercise)
    html = print_exercise(ExerciseModel(one, diffs), None, "").html
    match one.task:
        case Predict(choices=choices):
            wanted = [choice.says for choice in choices]
        case Hunks(items=items):
            wanted = [item.says for item in items]
        case OrderTask(parts=parts):
            wanted = [part.says for part in parts]
        case ScriptTask(menu=menu):
            wanted = list(menu)
        case Number(unit=unit):
            wanted = [unit]

    assert [says for says in wanted if escape(says) not in html] == []


def test_a_script_has_lines_for_each_revision() -> None:
    one = exercises()["out-of-limbo"]
    assert isinstance(one.task, ScriptTask)
    html = print_exercise(ExerciseModel(one, diffs), None, "").html

    assert re.findall(r"<p>at ([\w-]+):</p>", html) == [at.name for at in one.at]
    assert html.count(" at <span") == len(one.at) * one.task.most
    assert "in at most one line:" in html


def test_the_readers_machine_is_not_on_paper() -> None:
    html = app.installation()._repr_print_().html

    assert "<table" not in html
    assert "On a screen, this is a table of what is installed" in html


def test_a_table_of_knowledge_names_its_story_and_all_columns() -> None:
    html = app.knowledge("late-release", "pre-revert")._repr_print_().html

    assert "<caption>The guest releases the core after 16 s (late-release)" in html
    assert "" not in re.findall(r"<th[^>]*>([^<]*)</th>", html)


# -- small things --------------------------------------------------------------------------------


def test_text_is_escaped() -> None:
    shown = (Rows(("<a>",), (("<b>",),)), Note("<c>"))
    html = "".join(one._repr_print_().html for one in shown)

    assert re.findall(r"&lt;(\w)&gt;", html) == ["a", "b", "c"]


def test_a_widget_without_a_form_of_its_own_is_picture_and_text() -> None:
    class Plain(Shown):
        svg = Html("<svg ></svg>")
        text = "a < b"  # type: ignore[assignment]

    html = Plain()._repr_print_().html

    assert "<svg ></svg>" in html
    assert "a &lt; b" in html


def test_tables_scroll_by_keys() -> None:
    html = printed(Html('<table class="kit-rows">1</table><table class="kit-rows">2</table>')).html

    assert (
        html.count('<div class="kit-wide" tabindex="0" role="group" aria-label="table"><table') == 2
    )


def test_a_tag_that_is_text_is_not_opened() -> None:
    assert opened(Html("<details>&lt;details&gt;")) == "<details open>&lt;details&gt;"


# -- the kernel's extension ----------------------------------------------------------------------


def test_the_formatter_gives_html_and_hints() -> None:
    class Card:
        def _repr_print_(self) -> PrintForm:
            return PrintForm(Html("<p>q</p>"), "a title", ("one", "two"))

    assert PrintFormatter()(Card()) == ("<p>q</p>", {"title": "a title", "hints": ["one", "two"]})
    assert PrintFormatter()("text") is None


def test_what_goes_wrong_is_no_empty_page() -> None:
    class Broken:
        def _repr_print_(self) -> PrintForm:
            raise UserError("no history")

    with pytest.raises(UserError, match="no history"):
        PrintFormatter()(Broken())


def test_one_type_is_added_to_what_a_shell_shows() -> None:
    shell = InteractiveShell()
    register(shell, live=False)
    assert shell.display_formatter is not None
    shown, about = shell.display_formatter.format(Figure(Html("<svg ></svg>")))

    assert sorted(shown) == ["image/svg+xml", "text/html", "text/plain", PRINT_MIME]
    assert about[PRINT_MIME] == {"title": "", "hints": []}
