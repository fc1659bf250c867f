"""Questions about a revert, each with its answer found in the history, and wrong options near it.

A question is left out where the history does not decide it, or offers too few wrong options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from kit.common.english import counted
from kit.course.exercise import Choose, ChooseOption, Exercise
from kit.git.values.case import NamedCommit, RevertCase, TaggedVersion, date_s
from kit.git.values.page import LaterCommit
from kit.git.values.verdict import DAY_S, By, RevertTarget, RevertVerdict

__all__ = ["history_questions"]

_MAX_OPTIONS = 4  # options
_MIN_OPTIONS = 3
_MAX_FOLLOW_UPS = 10  # the report names no more of them

_Option = tuple[str, str]
"""What an option says, and the reply to it if it is wrong."""


def history_questions(case: RevertCase) -> tuple[Exercise, ...]:
    """Return the questions that a history answers, in the order of the lesson."""
    return tuple(found for ask in _QUESTIONS if (found := ask(case)) is not None)


def _question(
    name: str,
    title: str,
    question: str,
    *,
    right: str,
    wrong: Iterable[_Option],
    hints: tuple[str, str, str],
    explanation: str,
    ordered: Callable[[str], object] | None = None,
) -> Exercise | None:
    """Return a question, or None if it has too few wrong options that differ.

    *ordered* is the key by which the options stand; by default they stand in alphabetical order.
    """
    options: dict[str, str] = {right: ""}
    for says, reply in wrong:
        if len(options) < _MAX_OPTIONS:
            options.setdefault(says, reply)
    if len(options) < _MIN_OPTIONS:
        return None
    found = [
        ChooseOption(name=f"option-{place}", says=says, reply=options[says])
        for place, says in enumerate(sorted(options, key=ordered), start=1)  # type: ignore[arg-type]  # the key's values compare
    ]
    solution = next(option.name for option in found if option.says == right)
    return Exercise(
        name=name,
        title=title,
        lesson="",
        question=question,
        hints=hints,
        explanation=explanation,
        task=Choose(options=tuple(found), solution=solution),
    )


def _short(sha: str) -> str:
    return sha[:10]


def _shown(one: NamedCommit | LaterCommit) -> str:
    return f"{_short(one.sha)} {one.subject}"


def _day(date: str) -> str:
    return date[:10]


_NAMES: Mapping[By, tuple[str, str]] = {
    By.HASH: ("Its hash", "The message gives its hash."),
    By.TWIN: (
        "The hash of a copy of it",
        "The hash is of another branch; this history has a copy of that commit.",
    ),
    By.CHANGE_ID: ("Its Change-Id", "The message gives its Change-Id, and no hash."),
    By.NUMBER: ("The number of a change", "The message gives a number, and no hash that is here."),
    By.TITLE: ("Its title", "The message gives its title, and neither a hash nor a number."),
    By.CONTENT: (
        "None: only the files tell",
        "The message names nothing that is here, and the files are as they were before it.",
    ),
}
"""What a message may name, the surest first, and what is said of it."""


_COMMON = [_NAMES[by][0] for by in (By.HASH, By.NUMBER, By.TITLE, By.CONTENT)]


def _how_named(case: RevertCase) -> Exercise | None:
    target = _first(case)
    if target is None or target.by is None:
        return None
    right, why = _NAMES[target.by]
    surest = [*_NAMES]
    place = surest.index(target.by)
    wrong = [
        (says, _reply_to_name(by, is_surer=surest.index(by) < place))
        for by, (says, _) in _NAMES.items()
        if by is not target.by
    ]
    wrong.sort(key=lambda pair: pair[0] not in _COMMON)
    return _question(
        "surest-name",
        "The surest name",
        f"What is the surest name that the message of {_short(case.revert.sha)} gives for"
        f" {_short(target.sha or '')}, which it takes back?",
        right=right,
        wrong=wrong,
        hints=(
            "A message can name a commit in several ways, or not at all.",
            "Open the message of the revert, above.",
            "Look for forty digits, for a title in quotes, and for a number with a sign before it.",
        ),
        explanation=why,
        ordered=[says for says, _ in _NAMES.values()].index,
    )


def _reply_to_name(by: By, *, is_surer: bool) -> str:
    if by is By.CONTENT:
        return "The message does name it: read it again."
    if is_surer:
        return "The message has no such name of a commit that is here."
    return "It may have that as well, and it has a surer one."


def _first(case: RevertCase) -> RevertTarget | None:
    """Return the target that was committed first."""
    return next((one for one in case.revert.resolved if one.sha == case.oldest.sha), None)


_VERDICTS = {
    RevertVerdict.EXACT: "It undoes them exactly",
    RevertVerdict.SAME_LINES: "The lines cancel out, but undoing them needs a conflict solved",
    RevertVerdict.PARTIAL: "Some of their lines stay",
    RevertVerdict.EXTRA: "It undoes all of them, and changes more",
    RevertVerdict.DIFFERENT: "Some of their lines stay, and it changes more",
}


def _is_exact(case: RevertCase) -> Exercise | None:
    verdict = case.finding.verdict
    if verdict is None:
        return None
    them = _short(case.oldest.sha) if len(case.targets) == 1 else f"{len(case.targets)} commits"
    lines = counted(case.left, "line")
    reply = "No line is left over." if not case.left else f"{lines} do not cancel out: whose?"
    return _question(
        "is-exact",
        "Is it exact?",
        f"{_short(case.revert.sha)} takes back {them}. Compare the lines. What is true?",
        right=_VERDICTS[verdict],
        wrong=((says, reply) for each, says in _VERDICTS.items() if each is not verdict),
        hints=(
            "A message can claim anything; the lines cannot.",
            "If a revert is exact, each line that came has gone, and each that went is back.",
            "The report above lists the lines that are left over, and whose they are.",
        ),
        explanation=f"{_VERDICTS[verdict]}: {lines} left over.",
        ordered=[*_VERDICTS.values()].index,
    )


def _left_over(case: RevertCase) -> Exercise | None:
    if not case.lines or not case.has_lines or case.finding.verdict is None:
        return None
    lines, left = case.lines, case.left
    wrong = [
        (lines, "So many lines the revert changes. The question is how many do not cancel out."),
        (2 * lines, "That counts the lines of both sides, as if nothing cancelled out."),
        (0, "Then the revert would undo the lines and nothing else. Look at the report."),
        (left + lines, "That adds the lines of the revert to those that are left over."),
        (1, "Count the lines in the report that the two leave over."),
    ]
    return _question(
        "left-over",
        "Lines left over",
        f"Add up which lines the reverted change and {_short(case.revert.sha)} add and remove."
        " How many lines do not cancel out?",
        right=f"{left}",
        wrong=((f"{number}", reply) for number, reply in wrong if number != left),
        hints=(
            "A line that one commit adds and another removes cancels out.",
            "If a revert is exact, nothing is left over.",
            "The report above counts them.",
        ),
        explanation=f"The revert changes {counted(lines, 'line')}. Left over: {left}."
        f"{' It undoes the change and nothing else.' if not left else ''}",
        ordered=int,
    )


def _days(case: RevertCase) -> Exercise | None:
    target = _first(case)
    if target is None or target.days is None or target.author_days is None:
        return None
    made_s, until_s = case.revert.committed_s, date_s(case.read_until)
    wrong = [
        (target.author_days, "That counts from the author's dates, when somebody wrote them."),
        ((until_s - made_s) // DAY_S, "So many days this history goes on after the revert."),
        ((until_s - made_s) // DAY_S + target.days, "That counts until the end of this history."),
        (target.days // 7, "That is the number of weeks."),
        (target.days + 30, "Count again, from one committer's date to the other's."),
        (target.days + 365, "Look at the years again."),
    ]
    return _question(
        "days",
        "How long did it last?",
        f"How many whole days passed from {_short(case.oldest.sha)} to its revert, by the"
        " committer's dates?",
        right=f"{target.days}",
        wrong=((f"{days}", reply) for days, reply in wrong if days >= 0 and days != target.days),
        hints=(
            "A commit has two dates: when somebody wrote it, and when somebody took it in.",
            "The question names the second.",
            f"It was committed on {_day(case.oldest.committed)}.",
        ),
        explanation=f"From {_day(case.oldest.committed)} to {_day(case.revert.committed)}."
        f" By the author's dates it is {target.author_days}.",
        ordered=int,
    )


def _first_with(case: RevertCase) -> Exercise | None:
    versions = case.versions
    if not versions or case.untold or any(one.has_code is None for one in versions):
        return None
    having = [one for one in versions if one.has_code]
    lacking = [one for one in versions if not one.has_code]
    none = "no version"
    right = having[0].tag if having else none
    wrong: list[_Option] = []
    if having:
        wrong.append((none, f"{having[0].tag} has its lines: look at the table."))
        wrong += [(one.tag, "It has the change, and it is not the first.") for one in having[1:2]]
    wrong += [
        (one.tag, f"It comes after the change, and its files do not have the lines:"
         f" tagged on {_day(one.committed)}.")
        for one in lacking[:2]
    ]  # fmt: skip
    return _question(
        "first-with",
        "Who shipped it?",
        "Which was the first version that contained the change?",
        right=right,
        wrong=wrong,
        hints=(
            "A version that comes after a commit need not contain its change.",
            "Ask each version two questions: does it come after, and do its files have the lines?",
            "The table above answers both.",
        ),
        explanation=_shipped_words(having),
    )


def _shipped_words(having: Sequence[TaggedVersion]) -> str:
    if not having:
        return "No version has its lines: the revert came before the next one."
    if len(having) == 1:
        return f"Only {having[0].tag}, tagged on {_day(having[0].committed)}, has its lines."
    return f"{len(having)} versions have its lines, from {having[0].tag} to {having[-1].tag}."


def _contains(case: RevertCase) -> Exercise | None:
    tag = next((one.tag for one in case.versions if one.comes_after and one.has_code is False), "")
    if not tag:
        return None
    target = _short(case.oldest.sha)
    return _question(
        "contains",
        "Ancestry and content",
        f"git tag --contains {target} lists {tag}. Does {tag} contain the change?",
        right="No: it comes after the revert, too, and its files lack the lines",
        wrong=(
            (
                "Yes: a version that comes after a commit contains its change",
                "It comes after the revert as well. What do its files say?",
            ),
            (
                "Yes: a revert changes the branch, and tags stay as they are",
                f"{tag} was made after the revert.",
            ),
            (
                "Nobody can tell without building it",
                "The lines are in a file or they are not: git show TAG:FILE tells.",
            ),
        ),
        hints=(
            "git answers which commits come before a tag, not what its files hold.",
            f"When was {tag} made, and when the revert?",
            "The table above has a column for each of the two questions.",
        ),
        explanation=f"{tag} comes after both commits, and what it contains is what its files say.",
    )


def _between(case: RevertCase) -> Exercise | None:
    if not case.between:
        return None
    right = case.between[0]
    later: list[NamedCommit | LaterCommit] = [*case.unrelated[-1:], *case.after[:1]]
    others: list[tuple[NamedCommit | LaterCommit, str]] = [
        *((one, "before the change") for one in case.before[:2]),
        *((one, "after the revert") for one in later),
    ]
    subjects = {one.subject for one in case.between}
    return _question(
        "between",
        "In between",
        "Which of these commits changed the same files after the change and before its revert, so"
        " that it could stand in the way?",
        right=_shown(right),
        wrong=(
            (_shown(one), f"It was committed on {_day(one.committed)}: {when}.")
            for one, when in others
            if one.subject not in subjects
        ),
        hints=(
            "A revert is easy if nobody has touched the lines since.",
            "git log CHANGE..REVERT -- FILE lists who touched a file in between.",
            f"The change is of {_day(case.youngest.committed)},"
            f" the revert of {_day(case.revert.committed)}.",
        ),
        explanation=f"It was committed on {_day(right.committed)}. The revert"
        f" {'could' if case.finding.answers.get('three_way') else 'could not'} be merged over it"
        " without a conflict.",
    )


_RELATIONS = {
    "re-land": "brings the change back, or reverts the revert",
    "fixes": "says that it fixes the revert or the change",
    "follow-up": "changes the same functions within a year of the revert",
}


def _came_after(case: RevertCase) -> Exercise | None:
    how = next((how for how in _RELATIONS if any(one.how == how for one in case.after)), "")
    own = [one for one in case.after if one.how == how]
    if not own or (how == "follow-up" and len(own) >= _MAX_FOLLOW_UPS):
        return None
    words = _RELATIONS[how]
    wrong = [(_shown(one), "It changes the same files, and no more.") for one in case.unrelated]
    wrong += [(_shown(one), "It came before the change.") for one in case.before[:2]]
    return _question(
        "came-after",
        "What came after",
        f"Which of these later commits {words}?",
        right=_shown(own[0]),
        wrong=wrong,
        hints=(
            "A revert is seldom the end.",
            "Look at the timeline: what stands to the right of the revert?",
            "The table of what came after says why each commit is in it.",
        ),
        explanation=f"Of {_day(own[0].committed)}: it {words}.",
    )


_QUESTIONS: tuple[Callable[[RevertCase], Exercise | None], ...] = (
    _how_named,
    _is_exact,
    _left_over,
    _days,
    _first_with,
    _contains,
    _between,
    _came_after,
)
