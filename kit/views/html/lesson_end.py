"""The end of a lesson: which of its exercises are solved."""

from __future__ import annotations

from dataclasses import dataclass

from kit.views.escape import Html

__all__ = ["LessonEnd"]


@dataclass(frozen=True, slots=True)
class LessonEnd:
    """A lesson's exercises by title, each with whether it is solved."""

    number: int
    exercises: tuple[tuple[str, bool], ...]

    @property
    def words(self) -> str:
        """How many are solved."""
        solved, of = sum(done for _, done in self.exercises), len(self.exercises)
        if solved == of:
            return f"You have solved all {of} exercises of lesson {self.number}."
        return f"You have solved {solved} of {of} exercises of lesson {self.number}."

    @property
    def text(self) -> str:
        """The same, and each exercise with its mark."""
        lines = [f"{'✓' if done else '○'} {title}" for title, done in self.exercises]
        return "\n".join([self.words, *lines])

    @property
    def html(self) -> Html:
        """The same as HTML."""
        items = Html().join(
            Html('<li><span class="kit-chip{}">{} {}</span></li>').format(
                " kit-done" if done else "", "✓" if done else "○", title
            )
            for title, done in self.exercises
        )
        return Html(
            '<p role="status">{}</p><ul class="kit-chips" aria-label="exercises">{}</ul>'
        ).format(self.words, items)
