"""Runs on paper: the player, the bench and the walk, as pictures at each moment and lists of steps.

A picture is drawn at the end of each instant at which somebody's picture of a device changes, and
at the end of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from string import ascii_uppercase

from kit.machine.revision import Revision
from kit.runs.behaviour import Behaviour
from kit.runs.bench import Act
from kit.runs.run import Pair
from kit.runs.sentences import seconds
from kit.runs.timeline import Timeline
from kit.views.bench_model import BenchModel
from kit.views.diff_html import CommitPage, commit_html, message_html
from kit.views.escaped import escape
from kit.views.figure import pictured
from kit.views.html import beliefs_html, steps_html
from kit.views.paper import Paper, aside, on_paper, opened
from kit.views.parts import revision_head, status
from kit.views.picture_svg import picture_svg
from kit.views.player_model import PlayerModel
from kit.views.timeline_model import Knowledge, TimelineModel, knowledge
from kit.views.walk_html import changes_html, head_html
from kit.views.walk_model import MAIN_STEPS, STEPS, WalkModel

__all__ = ["bench_paper", "moments", "player_paper", "walk_paper"]

LATE = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
STORIES: tuple[tuple[str, tuple[Act, ...]], ...] = (
    ("The guest releases in time", (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)),
    ("The guest releases late", LATE),
    ("The operator asks again after 15 s", (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.DEVICE_DEL)),
    (
        "The guest refuses, and is asked again",
        (Act.DEVICE_DEL, Act.GUEST_REFUSES, Act.DEVICE_DEL, Act.GUEST_RELEASES),
    ),
)
_ON_THE_BENCH = (
    "On a screen this is a bench: two machines on which every click acts alike. On paper these"
    " stories stand in its place. Cover the picture, and say what each machine does next."
)
_ON_THE_PLAYER = (
    "On a screen one goes through this run step by step. On paper, read a row of the table, say who"
    " believes what now, and look at the picture that the row names."
)
_ON_THE_WALK = (
    "On a screen one goes from step to step. On paper, the list names them all; this lesson's step"
    " follows in full, and after it a picture for each of the others that the lessons are about."
)


# -- a run, or a pair --------------------------------------------------------------------------


def player_paper(model: PlayerModel) -> Paper:
    """A run or a pair: its story, every step, a picture at each moment, who believes what."""
    story = model.scenario
    return on_paper(
        f'<h3 class="kit-step">{escape(story.title)}</h3><p>{escape(story.why)}</p>'
        f'<p class="kit-soft">Look at this: {escape(story.look)}</p>',
        aside(_ON_THE_PLAYER),
        *(revision_head(name, run.revision) for name, run in model.sides),
        _in_steps(model.timeline),
        *(f"<p>{escape(note)}</p>" for run in model.timeline.runs for note in run.notes),
        _command(model),
    )


def _command(model: TimelineModel) -> str:
    return (
        '<p class="kit-soft">The same in a terminal:'
        f" <code>kit open {escape(model.token)}</code></p>"
    )


def _in_steps(timeline: Timeline) -> str:
    """Every step as text, then the pictures."""
    places = moments(timeline)
    letters = dict(zip(places, ascii_uppercase, strict=False))
    heads = [run.revision.name for run in timeline.runs]
    pictures = [
        _moment(timeline.go(place), f"Picture {letter}") for place, letter in letters.items()
    ]
    last = timeline.last()
    return (
        steps_html(timeline, heads, letters)
        + "".join(pictures[:-1])
        + pictured(picture_svg(last), *_caption(last, f"Picture {letters[places[-1]]}"))
        + beliefs_html(heads, _known(last))
    )


def moments(timeline: Timeline) -> tuple[int, ...]:
    """Return the places that are worth a picture, at most one an instant; the last is the end.

    A picture is worth it where somebody's picture of a device has changed since the one before.
    """
    found: list[int] = []
    stops = timeline.stops
    known = _known(timeline.first())
    for place, stop in enumerate(stops):
        is_last_of_its_time = place + 1 == len(stops) or stops[place + 1].at_ns != stop.at_ns
        if is_last_of_its_time and (now := _known(timeline.go(place))) != known:
            found, known = [*found, place], now
    end = len(stops) - 1
    kept = [place for place in found if place != end]
    return (*kept[: len(ascii_uppercase) - 1], end)


def _moment(here: Timeline, name: str) -> str:
    return pictured(picture_svg(here), *_caption(here, name))


def _caption(here: Timeline, name: str) -> list[str]:
    if here.place < 0:
        return [f"{name}: {seconds(here.at_ns)}, nothing has happened"]
    return [
        f"{name}: {seconds(here.at_ns)}, after step {here.place + 1}",
        *(
            f"{run.revision.name}{f', {one.device}' if len(known) > 1 else ''}: {one.verdict}"
            for run, known in zip(here.runs, _known(here), strict=True)
            for one in known
        ),
    ]


def _known(here: Timeline) -> tuple[tuple[Knowledge, ...], ...]:
    return tuple(knowledge(run, seq) for run, seq in zip(here.runs, here.seqs, strict=True))


# -- the bench ---------------------------------------------------------------------------------


def bench_paper(model: BenchModel) -> Paper:
    """Two machines: what was clicked on them, or, where nothing was, the stories that show most."""
    stories = (("What was clicked", model.acts),) if model.acts else STORIES
    return on_paper(
        *(revision_head(name, run.revision) for name, run in model.sides),
        aside(_ON_THE_BENCH),
        *(
            _story(BenchModel(model.before, model.after, acts), name, listed=True)
            for name, acts in stories
        ),
    )


def _story(model: BenchModel, name: str, *, listed: bool) -> str:
    """One story at two revisions: the clicks, the picture of its end, the steps if *listed*."""
    here = model.timeline.last()
    heads = [run.revision.name for run in here.runs]
    parted = _parts(model.pair)
    clicks = ", then ".join(f"<code>{escape(one.value)}</code>" for one in model.acts)
    steps = steps_html(here, heads, {})
    # what both do alike need not be printed
    if not (listed and parted):
        steps = f"<details><summary>every step</summary>{steps}</details>"
    drawn = pictured(picture_svg(here))
    return (
        f'<div class="kit-keep"><h4>{escape(name)}</h4><p>{clicks}</p>{drawn}</div>'
        f"{status(model.verdict, ' kit-parted' if parted else '')}"
        f"{beliefs_html(heads, _known(here)) if parted else ''}{steps}{_command(model)}"
    )


def _parts(pair: Pair) -> bool:
    return pair.first_difference != (None, None)


# -- the walk ----------------------------------------------------------------------------------


def walk_paper(model: WalkModel, page: CommitPage, behaviours: Sequence[Behaviour]) -> Paper:
    """A step of the series in full, the others as a list, and the main ones as pictures."""
    message = "" if page.commit is None else message_html(page.commit, page.series)
    return on_paper(
        aside(_ON_THE_WALK),
        _list_of_steps(model),
        head_html(model),
        opened(changes_html(model, tuple(behaviours))),
        opened(message),
        commit_html(page),
        "<h4>The step before it and the step, on the bench</h4>",
        *_stories_of(model.previous, model.step),
        *_others(model),
    )


def _list_of_steps(model: WalkModel) -> str:
    items = "".join(
        f"<li>{'<strong>' if step == model.step else ''}{escape(step.name)}"
        f"{'</strong> (this lesson)' if step == model.step else ''}"
        f"{'' if step.alias is None else f' <code>{escape(step.label)}</code>'}:"
        f" {escape(step.summary)}</li>"
        for step in STEPS
    )
    return f"<h4>The steps</h4><ol>{items}</ol>"


def _stories_of(before: Revision, after: Revision) -> list[str]:
    """The stories that the two play differently; the late release where there is none."""
    played = [(BenchModel(before.label, after.label, acts), name) for name, acts in STORIES]
    parted = [(model, name) for model, name in played if _parts(model.pair)]
    late = [(model, name) for model, name in played if model.acts == LATE]
    return [_story(model, name, listed=False) for model, name in parted or late]


def _others(model: WalkModel) -> list[str]:
    """The late release before and after each other main step."""
    found = []
    for before, after in pairwise(STEPS):
        if after.alias in MAIN_STEPS and after != model.step:
            bench = BenchModel(before.label, after.label, LATE)
            head = f"The late release before and after {after.name}"
            drawn = picture_svg(bench.timeline.last())
            found.append(f"<h4>{escape(head)}</h4>{pictured(drawn, *bench.verdict.splitlines())}")
    return found
