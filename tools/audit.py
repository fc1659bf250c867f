"""Ask an advisory database about every pin of requirements.lock: ``make audit``.

pip-audit asks PyPI's, on the host that the packages come from.  It says "no known vulnerabilities"
also of what it could not look up, as on a mirror without that database; here the two differ.

Exit status: 0 nothing is known against any pin, 1 something is, 2 pip-audit does not work, 3 the
database could not be reached (0 with ``--offline-ok``, for a machine that reaches packages alone).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.common.child_process import ChildResult, run
from kit.common.user_file import write_atomic
from tools.lock import LOCK, LockError, Pin, read_pins

__all__ = ["Audit", "AuditError", "audit", "judged"]

_AUDIT_S = 900
_NETWORK = re.compile(r"Connection|[Cc]onnect|[Tt]ime(?:d )?-?out|Max retries|HTTP|ServiceError")


class AuditError(Exception):
    """pip-audit does not work; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known: a line a finding; why nothing is known of some; how many pins were asked."""

    findings: tuple[str, ...]
    unknown: str
    pins: int

    @property
    def status(self) -> int:
        """The exit status."""
        return 1 if self.findings else 3 if self.unknown else 0


def audit(pins: Sequence[Pin], *options: str) -> Audit:
    """Return what is known of *pins*, of every platform; *options* are more for pip-audit.

    Raises:
        AuditError: pip-audit fails for another reason than the network.
    """
    found = [_audit_group(group, options) for group in _groups(pins)]
    return Audit(
        tuple(line for each in found for line in each.findings),
        next((each.unknown for each in found if each.unknown), ""),
        len(pins),
    )


def _groups(pins: Sequence[Pin]) -> list[dict[str, Pin]]:
    """Return the pins in groups; a second version of a package is in another group."""
    groups: list[dict[str, Pin]] = []
    for pin in pins:
        group = next((each for each in groups if pin.name not in each), None)
        if group is None:
            groups.append(group := {})
        group[pin.name] = pin
    return groups


def _audit_group(group: Mapping[str, Pin], options: Sequence[str]) -> Audit:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pins.txt"
        lines = [  # without markers: this machine is one of many
            " ".join([f"{name}=={pin.version}", *(f"--hash=sha256:{h}" for h in pin.hashes)])
            for name, pin in group.items()
        ]
        write_atomic(file, "\n".join([*lines, ""]).encode())
        command = [
            *(sys.executable, "-P", "-m", "pip_audit", "--disable-pip", "--require-hashes"),
            *("--format", "json", "--progress-spinner", "off", *options),
            *("--requirement", str(file)),
        ]
        try:
            done = run(command, timeout_s=_AUDIT_S)
        except TimeoutError as error:
            return Audit((), f"pip-audit: {error}", len(group))
    return judged(done, len(group))


def judged(done: ChildResult, pins: int) -> Audit:
    """Return what a run of pip-audit about so many *pins* means.

    Raises:
        AuditError: It failed for another reason than the network.
    """
    written = [line.strip() for line in done.stderr.decode(errors="replace").splitlines()]
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = next(filter(None, reversed(written)), "it does not say why")[:300]
        if not _NETWORK.search(why):
            raise AuditError(f"pip-audit fails: {why}") from None
        return Audit((), why, pins)
    findings = tuple(
        f"{row['name']} {row['version']}: {found['id']}"
        f" ({', '.join(found['aliases']) or 'no other name'}),"
        f" fixed in {', '.join(found['fix_versions']) or 'no version yet'}"
        for row in rows
        for found in row.get("vulns", ())
    )
    skipped = [row for row in rows if "skip_reason" in row]
    if skipped or len(rows) < pins:
        count = pins - len(rows) + len(skipped)
        why = skipped[0]["skip_reason"] if skipped else "pip-audit does not name them"
        return Audit(findings, f"{count} of {pins} pins are unknown there: {why}", pins)
    return Audit(findings, "", pins)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is known, one line each, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make audit", description="Known vulnerabilities.")
    parser.add_argument("--offline-ok", action="store_true", help="no database is not a failure")
    chosen, options = parser.parse_known_args(arguments)
    try:
        found = audit(read_pins(LOCK.read_text(encoding="utf-8")), *options)
    except (AuditError, LockError, OSError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    for line in found.findings:
        print(f"audit: {line}", file=sys.stderr)
    if found.unknown:
        print(f"audit: could not reach the advisory database: {found.unknown}", file=sys.stderr)
    if not found.status:
        print(f"{LOCK.name}: {found.pins} pins, no known vulnerabilities")
    return 0 if found.status == 3 and chosen.offline_ok else found.status


if __name__ == "__main__":
    sys.exit(main())
