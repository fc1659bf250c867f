"""Which commit comes before which: the marks say what a walk through the parents says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.git.repository.ancestry import Marks


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Draw the parents of each commit, newest first: they come after it in the log."""
    count = draw(st.integers(1, 60))
    return [
        tuple(
            sorted(
                draw(
                    st.sets(st.integers(number + 1, min(number + 6, count)), min_size=1, max_size=3)
                )
                - {count}
            )
        )
        for number in range(count)
    ]


def ancestors(history: list[tuple[int, ...]], number: int) -> set[int]:
    found: set[int] = set()
    todo = list(history[number])
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo += history[each]
    return found


@given(histories(), st.data())
def test_marks_say_what_the_parents_say(
    history: list[tuple[int, ...]], data: st.DataObject
) -> None:
    """Whatever is followed, and in whatever pieces the log is passed on."""
    names = [b"%040d" % number for number in range(len(history))]
    parents = [b" ".join(names[each] for each in of) for of in history]
    numbers = st.sets(st.integers(0, len(history) - 1), max_size=6)
    followed = {
        later: data.draw(numbers) - set(range(later + 1)) for later in sorted(data.draw(numbers))
    }
    marks, done = Marks(), 0
    for later, earlier in followed.items():
        marks.see_all(names[done:later], parents[done:later])
        marks.see(names[later], parents[later].split())
        sought = {names[each].decode() for each in earlier}
        marks.follow(names[later].decode(), parents[later].split(), sought)
        done = later + 1
    marks.see_all(names[done:], parents[done:])

    assert marks.met == {
        (names[later].decode(), names[each].decode())
        for later, earlier in followed.items()
        for each in earlier & ancestors(history, later)
    }
