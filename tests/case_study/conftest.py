"""The re-enactment, and servers on this machine to fetch from: as the tests of git have them."""

from __future__ import annotations

from tests.git.conftest import (
    copy,
    daemon,
    machines,
    refusing,
    repository,
    served,
    silent,
    smart_http,
    upstream,
)

__all__ = [
    "copy",
    "daemon",
    "machines",
    "refusing",
    "repository",
    "served",
    "silent",
    "smart_http",
    "upstream",
]
