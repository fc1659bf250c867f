"""Practice without a screen: one question after the other, and what an answer shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from traitlets import HasTraits, Int, Unicode

from kit.common.errors import UserError
from kit.course.ideas import PracticeQuestion
from kit.course.practice import situation
from kit.simulation.run import Run

__all__ = ["PracticeModel"]


class PracticeModel(HasTraits):
    """Some questions. ``number`` counts those before the current one, ``right`` the right answers.

    ``choice`` is the answer to the current question, empty before it. ``not_kept`` says why an
    answer is not saved, if so.
    """

    number = Int(0)
    choice = Unicode()
    right = Int(0)
    not_kept = Unicode()

    def __init__(
        self,
        questions: Sequence[PracticeQuestion],
        play: Callable[[PracticeQuestion], Run],
        believes: Mapping[str, str],
        keep: Callable[[PracticeQuestion, str], None] = lambda *_: None,
    ) -> None:
        """Ask *questions*. *believes* has a sentence on each wrong idea; *keep* saves an answer."""
        super().__init__()
        self.questions, self._play, self._believes = tuple(questions), play, believes
        self._keep = keep

    @property
    def question(self) -> PracticeQuestion | None:
        """The current question; None after the last one."""
        return self.questions[self.number] if self.number < len(self.questions) else None

    @property
    def run(self) -> Run | None:
        """The run that the current question is about."""
        return None if self.question is None else self._play(self.question)

    @property
    def story(self) -> str:
        """What happens in the run: its title, who takes part, and its script."""
        if self.run is None:
            return ""
        scenario = self.run.scenario
        return f"{scenario.title}.\n{situation(self.run)}\n{'; '.join(scenario.texts)}"

    @property
    def reply(self) -> str:
        """What the answer shows; empty before it."""
        one = self.question
        if one is None or not self.choice:
            return ""
        if self.choice == one.right:
            return "Right."
        return f"No: {one.right}.\nYou may believe: {self._believes[one.ideas[self.choice]]}"

    @property
    def standing(self) -> str:
        """How many questions there are, and how many answers were right."""
        if not self.questions:
            return "Nothing is due today."
        if self.question is None:
            return f"{self.right} of {len(self.questions)} right."
        return f"Question {self.number + 1} of {len(self.questions)}."

    def answer(self, choice: str) -> None:
        """Give an answer; the first one counts."""
        one = self.question
        if one is None or self.choice:
            return
        self.right += choice == one.right
        try:
            self._keep(one, choice)
        except UserError as error:
            self.not_kept = str(error)
        self.choice = choice

    def go_on(self) -> None:
        """Go to the next question, once this one is answered."""
        if self.choice:
            with self.hold_trait_notifications():
                self.choice = ""
                self.number += 1
