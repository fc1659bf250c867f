"""Where a picture says that the kit can be had."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, cast

import pytest

from kit.common.package import drawn_by, source_of
from kit.machine.catalogue import find_revision
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario
from kit.views.diagram.svg import lone_svg
from kit.views.reports.mail import mail_lines, markdown_lines
from kit.views.reports.picture_page import page_of, still_page

if TYPE_CHECKING:
    from importlib import metadata

RUN = play(find_scenario("in-time"), find_revision("revert"))


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ([], "Python package unplug-kit 2.0"),
        ([("Project-URL", "Homepage, https://a.example/kit")], "https://a.example/kit"),
        (
            [
                ("Project-URL", "Source, https://a.example/git?a,b"),
                ("Project-URL", "Issues, https://b.example"),
            ],
            "https://a.example/git?a,b",
        ),
    ],
    ids=["no address", "an address", "two addresses"],
)
def test_the_first_address_of_the_package_is_the_source(
    fields: list[tuple[str, str]], source: str
) -> None:
    package = Message()
    for name, value in (("Name", "unplug-kit"), ("Version", "2.0"), *fields):
        package[name] = value

    assert source_of(cast("metadata.PackageMetadata", package)) == source


@pytest.mark.parametrize(
    "written",
    [
        lambda: " ".join(mail_lines(RUN, [])),
        lambda: "\n".join(markdown_lines(RUN, [])),
        lambda: str(lone_svg(RUN)),
        lambda: str(page_of(still_page(RUN))),
    ],
    ids=["mail", "md", "svg and png", "html"],
)
def test_every_picture_that_travels_says_where_the_kit_can_be_had(written: object) -> None:
    assert callable(written)
    assert drawn_by() in written()
