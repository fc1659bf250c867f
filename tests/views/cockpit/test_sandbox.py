"""The sandbox's cockpit: its buttons, its verdict, its code, and its tasks."""

from __future__ import annotations

import re
from itertools import product

import pytest

from kit.app import sandbox
from kit.common.errors import UserError
from kit.course.sandbox_tasks import TASKS, SandboxTask, ending_of
from kit.git.values.page import CommitPage
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.sandbox import Act, action_of
from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.models.sandbox import SandboxModel
from tests.clicks import sandbox_pair

EACH_TASK = [
    pytest.param(task, id=f"{name}-{number}")
    for name, tasks in TASKS.items()
    for number, task in enumerate(tasks, 1)
]


def page(revision: Revision) -> CommitPage:
    return CommitPage(f"the diff of {revision.name}")


def desk_of(*acts: Act, tasks: tuple[SandboxTask, ...] = ()) -> SandboxDesk:
    return SandboxDesk(SandboxModel(acts=acts), page, tasks=tasks)


def test_there_is_a_button_for_every_act_and_each_is_bound() -> None:
    """Lessons name them, and stories on paper are told in them."""
    buttons = [b for group in desk_of().view().actions for b in group.buttons if b.do == "act"]
    found = {}
    for button in buttons:
        desk = desk_of(Act.DEVICE_DEL)
        desk.do(button.do, button.value)
        found[button.words] = desk.model.acts

    assert found == {act.value: (Act.DEVICE_DEL, act) for act in Act}


def test_the_first_thing_to_press_looks_primary_until_it_is_pressed() -> None:
    def primary(*acts: Act) -> list[str]:
        groups = desk_of(*acts).view().actions
        return [b.words for group in groups for b in group.buttons if b.kind == "kit-primary"]

    assert (primary(), primary(Act.DEVICE_DEL)) == (["device_del"], [])


def test_undo_and_reset_are_bound() -> None:
    desk = desk_of(Act.DEVICE_DEL, Act.WAIT_1_S)
    desk.do("undo", "")
    undone = desk.model.acts
    desk.do("again", "")

    assert (undone, desk.model.acts) == ((Act.DEVICE_DEL,), ())


def test_the_end_says_what_has_become_of_both_machines() -> None:
    view = desk_of(Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE).view()

    assert [words for _, words in view.places[-1].said][1:] == [
        "pre-revert: the guest has released the core, QEMU still holds it and sent no"
        " DEVICE_DELETED: limbo.",
        "revert: QEMU removed the core and sent DEVICE_DELETED.",
    ]


def test_a_click_that_does_nothing_says_why() -> None:
    desk = desk_of()
    desk.do("act", Act.WAIT_TO_15_S.name)

    assert desk.view().note == "Press device_del first: the 15 s count from there."


def test_a_click_in_the_past_forks() -> None:
    desk = desk_of(Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
    desk.go(1, 0)
    desk.do("act", Act.WAIT_5_S.name)

    assert desk.model.acts == (Act.DEVICE_DEL, Act.WAIT_5_S)


def test_the_code_follows_the_side_that_was_chosen() -> None:
    desk = desk_of()
    first = desk.code().html
    desk.do("diff", "before")
    desk.do("earlier", "before")

    assert ("the diff of revert" in first, "the diff of eb7f80fd26" in desk.code().html) == (
        True,
        True,
    )
    assert [b.pressed for b in desk.code().buttons] == [True, False]


def test_no_address_outside_is_named() -> None:
    written = str(sandbox().desk.view().json())

    assert {*re.findall(r"https?://[^\"' )\\]+", written)} == {"http://www.w3.org/2000/svg"}


# -- tasks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", EACH_TASK)
def test_a_task_is_solved_by_its_solution_and_by_no_part_of_it(task: SandboxTask) -> None:
    revisions = find_revision(task.before), find_revision(task.after)
    solved = [
        task.solved(sandbox_pair(*revisions, *task.acts[:count]))
        for count in range(len(task.acts) + 1)
    ]

    assert solved == [False] * len(task.acts) + [True]


@pytest.mark.parametrize("task", EACH_TASK)
def test_a_task_is_solved_without_the_waits_of_its_solution(task: SandboxTask) -> None:
    """The end counts at once, also at 0 s."""
    shortest = tuple(act for act in task.acts if action_of(act))
    pair = sandbox_pair(find_revision(task.before), find_revision(task.after), *shortest)

    assert task.solved(pair)


@pytest.mark.parametrize("task", EACH_TASK)
def test_a_task_is_not_solved_by_the_same_end_without_its_actions(task: SandboxTask) -> None:
    """Of all ways of up to three clicks only those count that do what the task asks for."""
    revisions = find_revision(task.before), find_revision(task.after)
    wanted = [action_of(act) for act in task.acts if action_of(act)]
    missing = [
        acts
        for count in (1, 2, 3)
        for acts in product(Act, repeat=count)
        if not set(wanted) <= {action_of(act) for act in acts}
        and task.solved(sandbox_pair(*revisions, *acts))
    ]

    assert missing == []


@pytest.mark.parametrize(
    ("number", "acts"),
    [
        (1, (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.DEVICE_DEL)),
        (2, (Act.DEVICE_DEL, Act.DEVICE_DEL, Act.GUEST_RELEASES)),
        (2, (Act.DEVICE_DEL, Act.GUEST_RELEASES, Act.DEVICE_DEL)),
        (3, (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.SYSTEM_RESET)),
    ],
)
def test_a_task_about_limbo_is_not_solved_without_it(number: int, acts: tuple[Act, ...]) -> None:
    """Nor is the task of a release in time solved after limbo."""
    task = TASKS["before-and-after"][number]
    pair = sandbox_pair(find_revision(task.before), find_revision(task.after), *acts)

    assert (ending_of(pair.before), ending_of(pair.after)) == task.ends
    assert not task.solved(pair)


@pytest.mark.parametrize("name", TASKS)
def test_hints_lead_through_every_task(name: str) -> None:
    tasks = TASKS[name]
    desk = desk_of(tasks=tasks)
    for number, task in enumerate(tasks, 1):
        for _ in task.acts:
            desk.do("hint", "")
            shown = desk.view().task
            assert shown is not None
            assert (shown.number, shown.asks, shown.done) == (number, task.asks, "")
            desk.do(*shown.hint.split(" "))
        shown = desk.view().task
        assert shown is not None
        assert (shown.done, shown.hint) == (task.why, "")
        desk.do("task", "")
        assert desk.model.acts == ()


def test_off_the_way_the_hint_is_to_start_again() -> None:
    desk = desk_of(tasks=TASKS["before-and-after"])
    desk.do("act", Act.SYSTEM_RESET.name)
    desk.do("hint", "")
    shown = desk.view().task

    assert shown is not None
    assert shown.hint == "again "


def test_the_next_task_has_its_revisions() -> None:
    desk = desk_of(tasks=TASKS["before-and-after"])
    for _ in range(4):
        desk.do("task", "")

    assert [head.name for head in desk.view().heads] == ["revert", "resend"]


def test_tasks_of_an_unknown_name_are_refused() -> None:
    with pytest.raises(UserError, match="no tasks 'x'; expected one of: before-and-after"):
        sandbox(tasks="x")
