"""The tasks of the connector's cockpit."""

from __future__ import annotations

import pytest

from kit.app import connector_lab
from kit.common.errors import UserError
from kit.views.cockpit.connector import ConnectorDesk
from kit.views.models.connector import ConnectorModel, Press
from kit.views.models.connector_tasks import CONNECTOR_TASKS, ConnectorTask

EACH = [
    pytest.param(task, id=f"{name}-{number}")
    for name, tasks in CONNECTOR_TASKS.items()
    for number, task in enumerate(tasks, 1)
]


@pytest.mark.parametrize("task", EACH)
def test_a_task_is_solved_by_the_last_click_of_its_hints_and_by_none_before(
    task: ConnectorTask,
) -> None:
    desk = ConnectorDesk(ConnectorModel(), (task, task))
    desk.do("task", "")  # which begins it at its start
    ticks = []
    for _ in task.presses:
        before = desk.view().task
        assert before is not None
        ticks.append((before.asks, before.done, before.hint))
        desk.do("hint", "")
        hinted = desk.view().task
        assert hinted is not None
        name, _, value = hinted.hint.partition(" ")
        desk.do(name, value)
    end = desk.view().task

    assert ticks == [(task.asks, "", "")] * len(task.presses)
    assert end is not None
    assert (end.done, end.hint) == (task.why, "")


def test_a_click_that_leads_elsewhere_is_hinted_back_and_start_again_keeps_what_is_given() -> None:
    desk = connector_lab(tasks="up-and-down").desk
    desk.do("task", "")
    given = desk.model.presses
    desk.do("press", Press.SYSTEM_RESET.name)
    desk.do("hint", "")
    task = desk.view().task
    desk.do("again", "")

    assert task is not None
    assert (task.number, task.hint) == (2, "again ")
    assert desk.model.presses == given == CONNECTOR_TASKS["up-and-down"][1].given


def test_tasks_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UserError, match=r"^no tasks 'nothing'; expected one of: up-and-down$"):
        connector_lab(tasks="nothing")
