"""What of the course is solved, and where to go on; what of a lesson is solved, at its end."""

from __future__ import annotations

from dataclasses import dataclass

from kit.views.escape import Html
from kit.views.html.figure import style_html
from kit.views.html.print_form import PrintForm, aside, printed

__all__ = ["CourseMap", "LessonEnd", "LessonStanding"]


@dataclass(frozen=True, slots=True)
class LessonStanding:
    """A lesson, its notebook, and how many of its exercises are solved, or were tried at all."""

    number: int
    title: str
    notebook: str
    solved: int
    of: int
    tried: bool

    @property
    def done(self) -> bool:
        """Is every exercise solved?"""
        return self.solved == self.of


@dataclass(frozen=True, slots=True)
class CourseMap:
    """The lessons in their order."""

    lessons: tuple[LessonStanding, ...]

    @property
    def next(self) -> LessonStanding | None:
        """The lesson to go on with: the last one begun, else the first one open."""
        left = [one for one in self.lessons if not one.done]
        begun = [one for one in left if one.tried]
        return begun[-1] if begun else next(iter(left), None)

    @property
    def words(self) -> str:
        """How much is solved, and where to go on."""
        solved, of = sum(one.solved for one in self.lessons), sum(one.of for one in self.lessons)
        there = f"You have solved {solved} of {of} exercises."
        if self.next is None:
            return f"{there} That is all of them."
        verb = "Continue with" if any(one.tried for one in self.lessons) else "Start with"
        return f"{there} {verb} lesson {self.next.number}: {self.next.title}."

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        chips = Html(
            '<li><a class="kit-chip{}" href="{}" title="{}">{} {}<small> {}/{}</small></a></li>'
        ).each(
            (
                " kit-done" if one.done else "",
                *(one.notebook, one.title, "✓" if one.done else "○"),
                *(one.number, one.solved, one.of),
            )
            for one in self.lessons
        )
        go = Html()
        if self.next is not None:
            go = Html('<p><a class="kit-go" href="{}">Lesson {}: {}</a></p>').format(
                self.next.notebook, self.next.number, self.next.title
            )
        return {
            "text/html": Html(
                '{}<div class="kit"><p>{}</p>{}'
                '<ul class="kit-chips" aria-label="lessons">{}</ul></div>'
            ).format(style_html(), self.words, go, chips),
            "text/plain": self.words,
        }

    def _repr_print_(self) -> PrintForm:
        return printed(aside("On a screen, this shows which exercises you have solved."))

    def __repr__(self) -> str:
        """Return it in words."""
        return self.words


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
        items = Html('<li><span class="kit-chip{}">{} {}</span></li>').each(
            (" kit-done" if done else "", "✓" if done else "○", title)
            for title, done in self.exercises
        )
        return Html(
            '<p role="status">{}</p><ul class="kit-chips" aria-label="exercises">{}</ul>'
        ).format(self.words, items)
