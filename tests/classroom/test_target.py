"""Kinds of laptop: tags for pip, markers for what is needed there."""

from __future__ import annotations

import itertools
import sys

import pytest
from packaging.markers import Marker

from kit.classroom.target import Laptop, marker_of, targets
from kit.common.errors import UserError

HERE = "{}.{}".format(*sys.version_info[:2])


def one(tag: str, python: str = "3.12") -> Laptop:
    return targets([tag], [python])[0]


def test_without_names_it_is_this_computer_and_the_first_release_of_its_python() -> None:
    """A package may want 3.11.5, and a laptop have 3.11.2."""
    (here,) = targets([], [])

    assert (here.sys_platform, here.python) == (sys.platform, HERE)
    assert here.pip_options == ("--python-version", HERE)


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("win_amd64", "Windows AMD64, Python 3.12"),
        ("win_arm64", "Windows ARM64, Python 3.12"),
        ("macosx_11_0_arm64", "macOS arm64, Python 3.12"),
        ("macosx_10_9_x86_64", "macOS x86_64, Python 3.12"),
        ("manylinux2014_aarch64", "Linux aarch64, Python 3.12"),
        ("musllinux_1_2_x86_64", "Linux x86_64, Python 3.12"),
    ],
)
def test_a_tag_names_a_kind_of_laptop(tag: str, says: str) -> None:
    assert str(one(tag)) == says


def test_each_platform_comes_with_each_python_once() -> None:
    found = targets(["win_amd64", "macosx_11_0_arm64"], ["3.11", "3.12", "3.11"])

    assert [(target.sys_platform, target.python) for target in found] == [
        ("win32", "3.11"),
        ("win32", "3.12"),
        ("darwin", "3.11"),
        ("darwin", "3.12"),
    ]


def test_pip_is_told_the_older_tags_too() -> None:
    """PEP 600: what runs on glibc 2.17 runs on 2.18; pip does not know it of named tags."""
    options = one("manylinux_2_18_x86_64").pip_options
    tags = [after for each, after in itertools.pairwise(options) if each == "--platform"]

    assert options[:4] == ("--python-version", "3.12", "--implementation", "cp")
    assert tags[:3] == [
        "manylinux_2_18_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
    ]
    assert tags[-2:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64"]
    assert one("manylinux2014_x86_64").pip_options[4:] == options[6:]


@pytest.mark.parametrize(
    ("marker", "where"),
    [
        ('sys_platform == "win32"', ["win_amd64"]),
        ('os_name != "nt"', ["macosx_11_0_arm64", "manylinux_2_28_x86_64"]),
        ('platform_system == "Darwin"', ["macosx_11_0_arm64"]),
        ('platform_machine == "x86_64"', ["manylinux_2_28_x86_64"]),
        ('python_version < "3.12"', []),
        ('extra == "plots"', ["win_amd64", "macosx_11_0_arm64", "manylinux_2_28_x86_64"]),
        ('extra == "other"', []),
    ],
)
def test_a_marker_is_evaluated_for_the_target_and_not_for_this_machine(
    marker: str, where: list[str]
) -> None:
    tags = ("win_amd64", "macosx_11_0_arm64", "manylinux_2_28_x86_64")

    assert [tag for tag in tags if one(tag).holds(Marker(marker), ["plots"])] == where


@pytest.mark.parametrize("bound", ['> "3.12.4"', '<= "3.12.4"'])
def test_what_depends_on_the_patch_release_is_taken_along(bound: str) -> None:
    assert one("win_amd64").holds(Marker(f"python_full_version {bound}"), [])


@pytest.mark.parametrize(
    ("tags", "pythons", "says"),
    [
        (["windows"], [], "'windows' is not a platform tag; for instance win_amd64, "),
        (["win_amd64; rm"], [], "'win_amd64; rm' is not a platform tag; "),
        (["macosx_11_0_universal2"], [], "'macosx_11_0_universal2' is not a platform tag; "),
        ([], ["3.10"], "'3.10' is not a Python that the kit supports; name one as 3.12, from 3.11"),
        ([], ["three"], "'three' is not a Python that the kit supports; "),
        (
            ["manylinux2014_x86_64", "manylinux_2_28_x86_64"],
            [],
            "manylinux_2_28_x86_64 and manylinux2014_x86_64 are the same; name one",
        ),
    ],
)
def test_what_is_no_laptop_is_said_in_a_line(
    tags: list[str], pythons: list[str], says: str
) -> None:
    with pytest.raises(UserError) as caught:
        targets(tags, pythons)

    assert str(caught.value).startswith(says)


def test_the_marker_of_some_targets_holds_there_alone() -> None:
    every = {
        target.key: target
        for target in targets(["win_amd64", "macosx_11_0_arm64"], ["3.12", "3.13"])
    }
    some = [target for target in every.values() if target.python == "3.12"]
    marker = Marker(marker_of(some, every))

    assert [target for target in every.values() if target.holds(marker, [])] == some
    assert marker_of(every.values(), every) == ""
