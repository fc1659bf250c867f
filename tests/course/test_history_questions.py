"""Questions about a revert: plain git, and nothing of the kit's, gives the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from kit.course.exercise import Choose, ChooseOption, Exercise
from kit.course.exercises import check, solution
from kit.course.history_questions import history_questions
from kit.git.reverts.case import read_case
from kit.git.values.case import RevertCase
from tests.git.shapes import SHAPES, shape
from tests.git.workshop import DAY_S, Workshop

ASKED = {
    "candidate": ["surest-name", "is-exact", "left-over", "days", "first-with", "contains",
                  "came-after"],
    "most": ["surest-name", "is-exact", "left-over", "days", "between"],
    "merge": ["surest-name", "is-exact", "left-over", "days"],
    "shipped": ["surest-name", "is-exact", "left-over", "days", "first-with", "contains"],
    "partial": ["surest-name", "is-exact", "left-over", "days", "first-with", "contains"],
    "several": ["surest-name", "is-exact", "left-over", "days"],
    "root": ["surest-name", "is-exact", "left-over", "days"],
    "binary": ["surest-name", "is-exact", "days"],
}  # fmt: skip


Asked = Callable[[str], tuple[Workshop, RevertCase, dict[str, Exercise]]]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Return a history, its revert and the questions on it; each is made once."""

    @cache
    def made(name: str) -> tuple[Workshop, RevertCase, dict[str, Exercise]]:
        shop, sha = shape(name, tmp_path_factory.mktemp(name) / "r")
        case = read_case(shop.clone, sha)
        return shop, case, {one.name: one for one in history_questions(case)}

    return made


def right(one: Exercise) -> ChooseOption:
    assert isinstance(one.task, Choose)
    return next(option for option in one.task.options if option.name == one.task.solution)


@pytest.mark.parametrize("name", SHAPES)
def test_a_history_is_asked_what_it_can_answer(name: str, asked: Asked) -> None:
    assert [*asked(name)[2]] == ASKED[name]


@pytest.mark.parametrize("name", SHAPES)
def test_one_option_is_right_and_each_wrong_one_has_its_reply(name: str, asked: Asked) -> None:
    for one in asked(name)[2].values():
        assert isinstance(one.task, Choose)
        verdicts = [check(one, option.name) for option in one.task.options]
        says = [option.says for option in one.task.options]

        assert sum(verdict.right for verdict in verdicts) == 1, one.name
        assert check(one, solution(one)).says == "Right."
        assert 3 <= len(set(says)) == len(says) <= 4
        assert all(len(verdict.says) > len("No. ") for verdict in verdicts if not verdict.right)
        assert all(hint.strip() for hint in one.hints)


@pytest.mark.parametrize("name", SHAPES)
def test_the_days_are_those_between_the_committers_dates(name: str, asked: Asked) -> None:
    shop, case, found = asked(name)
    first = shop.git("log", "-1", "--format=%ct", case.oldest.sha)
    last = shop.git("log", "-1", "--format=%ct", case.revert.sha)

    assert right(found["days"]).says == f"{(int(last) - int(first)) // DAY_S}"


def changed_lines(shop: Workshop, sha: str) -> Counter[str]:
    """Return how often a commit adds or removes each line, by git against its first parent."""
    parents = shop.git("log", "-1", "--format=%P", sha).split()
    empty = shop.git("hash-object", "-t", "tree", "/dev/null")
    patch = shop.git("diff", "--no-renames", parents[0] if parents else empty, sha)
    net: Counter[str] = Counter()
    path = ""
    for line in patch.splitlines():
        if line.startswith("diff --git "):
            path = line.rpartition(" b/")[2]
        elif line.startswith(("+", "-")) and not line.startswith(("+++ ", "--- ")):
            net[f"{path}:{line[1:]}"] += 1 if line[0] == "+" else -1
    return net


@pytest.mark.parametrize("name", [name for name in SHAPES if "left-over" in ASKED[name]])
def test_the_lines_left_over_are_those_that_do_not_cancel_out(name: str, asked: Asked) -> None:
    shop, case, found = asked(name)
    net: Counter[str] = Counter()
    for sha in (*(one.sha for one in case.targets), case.revert.sha):
        net.update(changed_lines(shop, sha))

    assert right(found["left-over"]).says == f"{sum(map(abs, net.values()))}"


@pytest.mark.parametrize("name", [name for name in SHAPES if "first-with" in ASKED[name]])
def test_the_first_version_with_the_change_has_its_files(name: str, asked: Asked) -> None:
    """A version has it if its files are, where the change was, as the change left them."""
    shop, case, found = asked(name)
    target = case.oldest.sha
    added = [line for line, count in changed_lines(shop, target).items() if count > 0]
    lost = [line for line, count in changed_lines(shop, case.revert.sha).items() if count < 0]
    tags = shop.git("tag", "--sort=creatordate", "--contains", target).splitlines()

    def has(tag: str) -> bool:
        files = shop.git("ls-tree", "-r", "--name-only", tag).splitlines()
        lines = {
            f"{f}:{line}" for f in files for line in shop.git("show", f"{tag}:{f}").split("\n")
        }
        return {*added} & {*lost} <= lines

    having = [tag for tag in tags if has(tag)]

    assert right(found["first-with"]).says == (having[0] if having else "no version")


@pytest.mark.parametrize("name", [name for name in SHAPES if "contains" in ASKED[name]])
def test_the_version_in_question_comes_after_both_commits(name: str, asked: Asked) -> None:
    shop, case, found = asked(name)
    tag = next(word for word in found["contains"].question.split() if word.startswith("v"))
    listed = shop.git("tag", "--contains", case.revert.sha).splitlines()

    assert tag.rstrip(".") in listed
    assert right(found["contains"]).says.startswith("No:")


def test_the_commit_in_between_is_of_the_range_that_git_lists(asked: Asked) -> None:
    shop, case, found = asked("most")
    span = f"{case.oldest.sha}..{case.revert.sha}~1"
    listed = shop.git("log", "--format=%h %s", "--abbrev=10", span, "--", *case.files).splitlines()

    assert isinstance(found["between"].task, Choose)
    assert [o.says for o in found["between"].task.options if o.says in listed] == [
        right(found["between"]).says
    ]


def test_what_came_after_is_the_commit_that_brings_the_change_back(asked: Asked) -> None:
    shop, case, found = asked("candidate")
    later = shop.git("log", "--format=%h %s", "--abbrev=10", f"{case.revert.sha}..HEAD")
    again = [line for line in later.splitlines() if line.endswith(" f: be quick")]

    assert [right(found["came-after"]).says] == again


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("candidate", "Its hash"),
        ("most", "The number of a change"),
        ("shipped", "The number of a change"),
    ],
)
def test_the_surest_name_is_what_the_message_has(name: str, says: str, asked: Asked) -> None:
    shop, case, found = asked(name)
    message = shop.git("log", "-1", "--format=%B", case.revert.sha)

    assert (case.oldest.sha in message) == (says == "Its hash")
    assert ("#" in message) == (says != "Its hash")
    assert right(found["surest-name"]).says == says
