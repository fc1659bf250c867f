"""Runs in print: player, sandbox and tour as lists of steps with few pictures.

There is one picture, of the end: what is drawn where two runs part is the beginning of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kit.case_study.behaviours import Behaviour
from kit.git.values.page import CommitPage
from kit.simulation.knowledge import knowledge
from kit.simulation.timeline import Timeline
from kit.trace.sentences import seconds
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import sides_line, status
from kit.views.html.diff import commit_html, message_html
from kit.views.html.figure import run_pictured
from kit.views.html.print_form import (
    PrintForm,
    aside,
    diffs_once,
    hunks_kept,
    once,
    opened,
    printed,
)
from kit.views.html.run import beliefs_html, steps_html
from kit.views.html.tour import changes_brief_html, head_html
from kit.views.models.player import PlayerModel
from kit.views.models.sandbox import SandboxModel
from kit.views.models.tour import TourModel
from kit.views.print.sandbox_stories import SandboxStory, parts, stories_of, story_of_step

__all__ = ["print_player", "print_sandbox", "print_tour"]

_SERIES = re.compile(r"<details open><summary>posted together.*?</details>", re.DOTALL)
_IN_THE_SANDBOX = (
    "On paper, a list of clicks replaces the sandbox. Cover the text below it, and predict."
)
_ON_THE_PLAYER = "On paper, uncover the table row by row. What does each party believe?"
_ON_THE_TOUR = "On paper, a list names all steps. This lesson's step follows in full."


def print_player(model: PlayerModel) -> PrintForm:
    """Return a run or a pair: every step, the end, the beliefs, and last what it is about.

    The story explains the end, and a reader predicts it first.
    """
    story = model.scenario
    about = Html('<p>{}</p><p class="kit-soft">Look at this: {}</p>').format(story.why, story.look)
    return printed(
        Html('<h3 class="kit-step">{}</h3>').format(story.title),
        aside(_ON_THE_PLAYER),
        sides_line((name, run.revision) for name, run in model.sides),
        *_in_steps(model.timeline),
        *(Html("<p>{}</p>").format(note) for run in model.timeline.runs for note in run.notes),
        once("What it is about", about),
    )


def _in_steps(timeline: Timeline) -> list[Html]:
    """Return every step as text, then the picture of the end and the beliefs."""
    heads = [run.revision.name for run in timeline.runs]
    last = timeline.last()
    known = [knowledge(run, seq) for run, seq in zip(last.runs, last.seqs, strict=True)]
    step = f", after step {last.place + 1} of {len(last.stops)}" if last.place >= 0 else ""
    drawn = run_pictured(
        picture_svg(last, future=False), title=f"The end: {seconds(last.at_ns)}{step}"
    )
    return [steps_html(timeline, heads), drawn, beliefs_html(heads, known)]


def print_sandbox(
    model: SandboxModel, stories: tuple[SandboxStory, ...] | None = None
) -> PrintForm:
    """Return two machines: the clicks so far or, without clicks, the most telling stories."""
    before, after = (run.revision.name for run in model.timeline.runs)
    if model.acts:
        stories = (SandboxStory("What was clicked", model.acts, before, after),)
    elif stories is None:
        stories = stories_of(before, after)
    said: dict[str, str] = {}
    return printed(
        sides_line((name, run.revision) for name, run in model.sides),
        aside(_IN_THE_SANDBOX),
        *(_story(one, said, (before, after)) for one in stories),
    )


def _story(one: SandboxStory, said: dict[str, str], usual: tuple[str, str] = ("", "")) -> Html:
    """Return one story at two revisions: the clicks, the picture of its end, the outcome.

    *said* has each first difference that was told, with its story, and grows: a later story with
    the same one names that story.
    """
    model = SandboxModel(one.before, one.after, one.acts)
    here = model.timeline.last()
    clicks = Html(", then ").join(Html("<code>{}</code>").format(click.value) for click in one.acts)
    where = "" if (one.before, one.after) == usual else f", at {one.before} and {one.after}"
    parted, *ends = model.verdict.split("\n")
    told = said.setdefault(parted, one.title)
    if ends and told != one.title:
        when, _, _ = parted.partition(", ")
        parted = f"{when} they part as in “{told}”."
    shown = Html("<p>{}</p>{}{}").format(
        clicks,
        run_pictured(picture_svg(here, future=False)),
        status("\n".join([parted, *ends]), " kit-parted" if parts(one) else ""),
    )
    return Html('<div class="kit-keep kit-story"><h4>{}</h4>{}</div>').format(
        one.title + where, once("The clicks and the picture", shown)
    )


def print_tour(model: TourModel, page: CommitPage, behaviours: Sequence[Behaviour]) -> PrintForm:
    """Return a step of the series: message, changes, diff, and the story that shows it."""
    message = Html() if page.commit is None else message_html(page.commit, page.series, brief=True)
    has_story = model.has_table and model.previous != model.step
    return printed(
        aside(_ON_THE_TOUR),
        _list_of_steps(model),
        head_html(model),
        changes_brief_html(model, tuple(behaviours)),
        _series_once(opened(message)),
        diffs_once(hunks_kept(commit_html(page))),
        *([_story(story_of_step(model.previous.name, model.step.name), {})] if has_story else []),
    )


def _series_once(message: Html) -> Html:
    what = "What was posted together"
    return Html(_SERIES.sub(lambda found: once(what, Html(found[0])), message))


def _list_of_steps(model: TourModel) -> Html:
    """Return every step with what its machine does, because some have only a hash as name."""
    items = []
    for step in model.steps:
        words = f"{step.name}: {step.summary}"
        items.append(
            Html("<li>{}</li>").format(
                Html("<strong>{}</strong>").format(words) if step == model.step else words
            )
        )
    listed = Html('<p>The steps:</p><ol class="kit-series">{}</ol>').format(Html().join(items))
    return once("The list of all steps" if model.has_table else "The steps of the ports", listed)
