"""The card of an exercise: it binds the model, and gives nothing away before it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import ipywidgets as widgets
import pytest

from kit.common.errors import UserError
from kit.course.exercise import Exercise, ExerciseKind, Hunks, Number, Predict, ScriptTask
from kit.course.progress import ExerciseStanding, Progress
from kit.git.values.page import ResponsibleLines
from kit.simulation.actions import first_words
from kit.storage.exercises import exercises, find_exercise
from kit.views.escape import Html
from kit.views.models.exercise import ExerciseModel, Keeping
from kit.views.widgets.exercise import ExerciseWidget
from tests.course.commits import diffs
from tests.views.widgets.widgets import KEYBOARD, button, click, inside, place_of, shown

ALL = tuple(exercises().values())
each = pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.name)


class Notes:
    """Progress in memory."""

    def __init__(self, name: str) -> None:
        self.progress, self._name = Progress({}), name

    def answered(self, at: str | None, right: bool) -> ExerciseStanding:
        self.progress = self.progress.answered(self._name, at, right=right)
        return self.standing()

    def was_shown(self) -> ExerciseStanding:
        self.progress = self.progress.was_shown(self._name)
        return self.standing()

    def standing(self) -> ExerciseStanding:
        return self.progress.standing(self._name)


def model_of(name: str) -> ExerciseModel:
    notes = Notes(name)
    keeping = Keeping(notes.standing, notes.answered, notes.was_shown)
    return ExerciseModel(find_exercise(name), diffs, keeping)


@pytest.fixture
def cards() -> Iterator[dict[str, ExerciseWidget]]:
    """Cards that were made, closed at the end."""
    made: dict[str, ExerciseWidget] = {}
    yield made
    for card in made.values():
        card.close_all()


@pytest.fixture
def card(cards: dict[str, ExerciseWidget], request: pytest.FixtureRequest) -> ExerciseWidget:
    name: str = request.param
    cards[name] = ExerciseWidget(
        model_of(name), lambda item: ResponsibleLines(item.file, item.commit, None, None)
    )
    return cards[name]


def on(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("card", [name], indirect=True)


# -- every card ----------------------------------------------------------------------------------


@each
def test_nothing_of_the_answer_shows_before_it_is_asked_for(exercise: Exercise) -> None:
    page = shown(ExerciseWidget(ExerciseModel(exercise, diffs)))

    assert exercise.explanation not in page
    assert "<svg" not in page
    assert "The answer:" not in page


@each
def test_the_answer_is_shown_when_it_is_asked_for(exercise: Exercise) -> None:
    card = ExerciseWidget(ExerciseModel(exercise, diffs))
    click(card, "show the answer")
    said = card._more.value

    assert "The answer:" in said
    assert "It cannot be found out" not in said
    assert ("<svg" in said) is (
        exercise.kind not in (ExerciseKind.HUNKS, ExerciseKind.SCRIPT) and bool(exercise.at)
    )


@each
def test_only_controls_that_the_keyboard_can_use_in_jupyterlab(exercise: Exercise) -> None:
    controls = list(inside(ExerciseWidget(ExerciseModel(exercise, diffs))))
    kinds = {type(widget).__name__ for widget in controls} - {"ExerciseWidget"}
    boxes = [w for w in controls if isinstance(w, widgets.Button | widgets.Text)]

    assert kinds <= KEYBOARD | {"Text"}
    assert [w for w in boxes if w.disabled or not w.description] == []


@each
def test_the_solution_can_be_given_with_the_cards_own_buttons(exercise: Exercise) -> None:
    model = ExerciseModel(exercise, diffs)
    card = ExerciseWidget(model)
    match exercise.task:
        case Predict(solution=solution, choices=choices):
            says = {choice.name: choice.says for choice in choices}
            click(card, f"○ {says[solution[exercise.at[0].label]]}")
        case Number(solution=numbers):
            answer = next(iter(numbers.values()))
            next(w for w in inside(card) if isinstance(w, widgets.Text)).value = str(answer)
        case ScriptTask(solution=lines):
            give_script(card, lines)
        case Hunks(solution=names, items=items):
            click(card, *(f"☐ {item.says}" for item in items if item.name in names))
        case task:
            says = {part.name: part.says for part in task.parts}
            click(card, *(f"– {says[name]}" for name in task.solution))
    click(card, "check")

    assert model.verdict is not None
    assert model.verdict.right, model.verdict.says
    explained = Html("<p><strong>Why:</strong> {}</p>").format(exercise.explanation)
    assert (explained in card._more.value) is (not model.left)


def give_script(card: ExerciseWidget, lines: tuple[str, ...]) -> None:
    """Press what makes a script: waits, largest first, then the action."""
    from kit.simulation.scenario import read_time

    model = card.model
    waits = {
        w.description: w
        for w in inside(card)
        if isinstance(w, widgets.Button) and w.description.startswith("+")
    }
    sizes = sorted(((read_time(words[1:]), w) for words, w in waits.items()), key=lambda p: -p[0])
    for line in lines:
        time, _, action = line.partition(": ")
        for ns, wait in sizes:
            while model.passed_ns + ns <= read_time(time):
                wait.click()
        assert model.passed_ns == read_time(time), "the waits do not reach this time"
        click(card, action)


# -- one of each kind ----------------------------------------------------------------------------


LIMBO = "○ The guest has released it, QEMU holds it, and no event follows"


@on("late-what-becomes")
def test_a_prediction_is_made_then_revealed(card: ExerciseWidget) -> None:
    click(card, "○ QEMU still waits for the guest", "check")
    wrong = card._status.value, card._more.value
    click(card, LIMBO, "check")

    assert "Not at pre-revert." in wrong[0]
    assert wrong[1] == ""
    assert "Right, at pre-revert." in card._status.value
    assert "And at revert?" in card._status.value
    assert "<svg" in card._more.value
    assert "✓ solved at pre-revert, 2 answers" in card._head.value


@on("late-what-becomes")
def test_the_explanation_waits_for_the_answer_at_every_revision(card: ExerciseWidget) -> None:
    click(card, LIMBO, "check")
    one = card._more.value
    click(card, "○ revert", "○ QEMU has removed it and sent DEVICE_DELETED", "check")

    assert ("Why:" in one, "Why:" in card._more.value) == (False, True)
    assert "✓ solved, 2 answers" in card._head.value


@on("late-what-becomes")
def test_another_revision_is_another_question(card: ExerciseWidget) -> None:
    click(
        card,
        LIMBO,
        "check",
        "○ revert",
    )
    before = card._more.value
    click(card, LIMBO, "check")

    assert before == ""
    assert "Not at revert." in card._status.value
    assert button(card, "● revert")


@on("late-what-becomes")
def test_to_press_check_twice_is_one_answer(card: ExerciseWidget) -> None:
    click(card, "○ QEMU still waits for the guest", "check", "check")

    assert card.model.standing.tries == 1


@on("limbo-in-two")
def test_a_script_shows_what_is_done_and_takes_it_back(card: ExerciseWidget) -> None:
    click(card, "device_del core1", "+5 s", "guest releases", "+1 s")
    done = card._done.value
    click(card, "undo", "undo")

    assert "<li>0 s: device_del core1</li><li>5 s: guest releases</li>" in done
    assert "It is 6 s." in done
    assert card.model.done == ("0 s: device_del core1",)
    assert "It is 5 s." in card._done.value


@on("limbo-in-two")
def test_a_script_that_fails_shows_its_run_and_not_the_explanation(card: ExerciseWidget) -> None:
    click(card, "device_del core1", "+5 s", "guest releases", "check")

    assert "QEMU has removed it: the request was pending" in card._status.value
    assert "guest releases." not in card._status.value
    assert "Do it, at pre-revert." in card._head.value
    assert "<svg" in card._more.value
    assert "Why:" not in card._more.value


@on("limbo-in-two")
def test_time_that_passes_after_the_last_action_counts(card: ExerciseWidget) -> None:
    click(card, "device_del core1", "+15 s", "+5 s", "check")

    assert "QEMU has dropped the request, and the guest still has the core." in card._status.value


@on("limbo-in-two")
def test_begin_again_takes_all_back(card: ExerciseWidget) -> None:
    click(card, "device_del core1", "+5 s", "check", "show the answer", "start again")

    assert (card.model.steps, card.model.passed_ns, card.model.verdict) == ((), 0, None)
    assert card._more.value == ""


@on("limbo-in-two")
def test_a_script_has_an_end(card: ExerciseWidget) -> None:
    click(card, *["guest releases"] * 21)

    assert len(card.model.steps) == 20
    assert "That is enough: 20 actions." in card._status.value


@on("release-order")
def test_an_order_is_numbered_and_its_last_call_taken_back(card: ExerciseWidget) -> None:
    says = {part.name: part.says for part in card.model.exercise.task.parts}
    sensor = says["sensor"]
    click(card, f"– {sensor}", f"– {says['ISOLATE']}", "undo")

    assert button(card, f"1. {sensor}")
    assert card.model.chosen == ("sensor",)
    click(card, "undo", "undo")
    assert "There is nothing to take back." in card._status.value


@on("what-can-be-left-out")
def test_lines_are_judged_where_they_stand(card: ExerciseWidget) -> None:
    click(card, "☐ the 15 s of CPUs")
    on_it = button(card, "☑ the 15 s of CPUs").description
    click(card, "check")

    assert on_it
    assert "one that you chose does not belong" in card._status.value
    assert "util/qemu-timer.c" in shown(card)


@on("half-a-second")
def test_a_number_that_is_none_gets_a_sentence(card: ExerciseWidget) -> None:
    next(w for w in inside(card) if isinstance(w, widgets.Text)).value = "<b>soon"
    click(card, "check")

    assert "&#x27;&lt;b&gt;soon&#x27; is not a number" in card._status.value


# -- progress ------------------------------------------------------------------------------------


@on("half-a-second")
def test_to_see_the_answer_is_noted_unless_it_was_solved(card: ExerciseWidget) -> None:
    click(card, "show the answer")
    looked = card.model.standing
    card.model.clear()
    card.model.type("14")
    click(card, "check", "show the answer")

    assert looked == ExerciseStanding(shown=True)
    assert card.model.standing == ExerciseStanding(tries=1, solved_at=("pre-revert",), shown=True)


def test_where_progress_cannot_be_kept_the_card_says_so_and_goes_on() -> None:
    def refuse(*_: object) -> ExerciseStanding:
        raise UserError("progress.json: progress is not kept: the disk is full")

    model = ExerciseModel(find_exercise("half-a-second"), None, Keeping(refuse, refuse, refuse))
    card = ExerciseWidget(model)
    model.type("14")
    model.check()

    assert "Right, at pre-revert: 14 s." in card._status.value
    assert "the disk is full" in card._status.value


# -- without a browser ---------------------------------------------------------------------------


@on("limbo-in-two")
def test_without_widgets_it_is_the_question_and_no_picture(card: ExerciseWidget) -> None:
    bundle = card._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle

    assert "image/svg+xml" not in data
    assert data["text/plain"].startswith(
        "Exercise, lesson 01: Into limbo in two\nDo it (pre-revert)."
    )


def test_text_of_a_persons_own_exercise_is_escaped() -> None:
    from dataclasses import replace

    hostile = replace(
        find_exercise("half-a-second"), title="<b>", question="<i>", hints=("<u>",) * 3
    )
    page = shown(ExerciseWidget(ExerciseModel(hostile)))

    assert not any(tag in page for tag in ("<b>", "<i>", "<u>"))


@each
def test_an_empty_check_is_no_answer(exercise: Exercise) -> None:
    """It is not recorded, and the sentence has the words that stand on the card."""
    model = model_of(exercise.name)
    model.check()

    assert (model.verdict, model.standing.tries) == (None, 0)
    assert model.hint == f"There is no answer yet. {model.asked}, then press check."


def test_the_answer_takes_the_place_of_what_stood_there() -> None:
    model = model_of("late-what-becomes")
    model.choose("kept")
    model.check()
    wrong = model.verdict is not None and not model.verdict.right
    model.show()

    assert (wrong, model.verdict, model.hint) == (True, None, "The answer stands below.")


def test_a_number_may_have_its_unit() -> None:
    name = next(one.name for one in ALL if one.kind is ExerciseKind.NUMBER)
    model = model_of(name)
    task = model.exercise.task
    assert isinstance(task, Number)
    model.type(f"38 {task.unit}")

    assert model.answer == "38"


# -- in another kernel -----------------------------------------------------------------------------


def answered(exercise: Exercise) -> ExerciseModel:
    """A wrong answer, or some of one, that was checked where the exercise is asked last."""
    model = model_of(exercise.name)
    if exercise.at:
        model.use(exercise.at[-1].name)
    match exercise.task:
        case Number(wrong=wrong):
            model.type(str(wrong[0].answer[0]))
        case ScriptTask(menu=menu, waits_ns=waits):
            model.act(menu[0])
            model.pass_time(waits[0])
        case _:
            model.choose(min(exercise.offered)[0])
    model.check()
    return model


@each
def test_an_answer_comes_back_and_is_not_one_more_try(exercise: Exercise) -> None:
    before, after = answered(exercise), model_of(exercise.name)
    after.come_back(json.loads(json.dumps(before.place)))

    assert (after.place, after.verdict) == (before.place, before.verdict)
    assert after.standing.tries == 0


@on("limbo-after-all")
def test_a_place_with_the_first_words_of_an_action_is_the_same_place(card: ExerciseWidget) -> None:
    menu = card.model.exercise.task.menu if isinstance(card.model.exercise.task, ScriptTask) else ()
    for action in menu:
        card.model.act(action)
    now, before = card.model.place, model_of("limbo-after-all")
    before.come_back({**now, "steps": [[0, first_words(action)] for action in menu]})

    assert before.place == now


@pytest.mark.parametrize(
    "change", [{"chosen": ["none"]}, {"at": "none"}, {"steps": [[0, "none"]]}, {"steps": 3}]
)
@pytest.mark.parametrize("card", ["late-what-becomes"], indirect=True)
def test_a_place_of_another_exercise_changes_nothing(
    card: ExerciseWidget, change: dict[str, object]
) -> None:
    before = card.model.place
    place_of(card).answer({"place": {**answered(card.model.exercise).place, **change}})

    assert card.model.place == before
