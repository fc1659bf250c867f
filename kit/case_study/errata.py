"""What a commit's own message says and later turned out not to be so.

Source: Linux's pull requests for 5.13 (87im44a087.fsf@mpe.ellerman.id.au) and 5.14
(87o8bk7qk1.fsf@mpe.ellerman.id.au); QEMU's 18416c62e3.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["erratum"]

_UNISOLATES = (
    "The message is one version early: Linux unisolates a CPU's connector from 5.13 on, an LMB's"
    " from 5.14 on."
)
_ERRATA: Mapping[str, str] = {
    "4b08cd567b": _UNISOLATES,
    "d522cb52e6": "That no other machine has a timeout was true for seven months: since 6.2"
    " (18416c62e3) a PCIe unplug request expires after 5 s, after which device_del may be repeated;"
    " a release after that still removes the device.",
}


def erratum(sha: str) -> str:
    """Return what is not so in the message of a commit of QEMU; empty if nothing is known.

    >>> erratum("51254ffb320183a4636635840c23ee0e3a1efffa")
    ''
    """
    return next((words for start, words in _ERRATA.items() if sha.startswith(start)), "")
