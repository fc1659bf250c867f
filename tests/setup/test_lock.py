"""requirements.lock pins all that a user may install; make audit says what is known of it."""

from __future__ import annotations

import json
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kit.common.child_process import ChildResult
from tools import audit as audit_module
from tools.audit import Audit, AuditError, audit, judged
from tools.lock import EXTRAS, LOCK, ROOT, LockError, Pin, read_pins

PINS = read_pins(LOCK.read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = [
    Requirement(each)
    for each in (
        *PROJECT["project"]["dependencies"],
        *(one for extra in EXTRAS for one in PROJECT["project"]["optional-dependencies"][extra]),
        *PROJECT["build-system"]["requires"],
    )
]
LAPTOPS = [
    {
        "sys_platform": system,
        "os_name": os_name,
        "platform_system": name,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for system, os_name, name, machine in (
        ("linux", "posix", "Linux", "x86_64"),
        ("darwin", "posix", "Darwin", "arm64"),
        ("win32", "nt", "Windows", "AMD64"),
    )
    for python in ("3.11", "3.12", "3.13", "3.14")
]


def laptop_name(laptop: dict[str, str]) -> str:
    return f"{laptop['sys_platform']} {laptop['python_version']}"


# -- the lock --------------------------------------------------------------------------------------


@pytest.mark.parametrize("laptop", LAPTOPS, ids=laptop_name)
def test_each_dependency_has_one_pin_in_its_range(laptop: dict[str, str]) -> None:
    here = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(laptop)]
    names = [pin.name for pin in here]
    outside = [
        (str(wanted), [pin.version for pin in here if pin.name == canonicalize_name(wanted.name)])
        for wanted in WANTED
        if not any(
            pin.name == canonicalize_name(wanted.name) and pin.version in wanted.specifier
            for pin in here
        )
    ]

    assert outside == []
    assert sorted(names) == sorted(set(names))


def test_each_pin_has_the_hashes_of_its_files() -> None:
    assert [pin.name for pin in PINS if not pin.hashes] == []


def test_what_make_lab_installs_is_what_is_pinned() -> None:
    """`make lab` names one extra; the lock has it."""
    makefile = (ROOT / "Makefile").read_text()

    assert "'.[analysis]' 'the kit'" in makefile
    assert "analysis" in EXTRAS


@pytest.mark.parametrize(
    "line",
    [
        "rich>=14 --hash=sha256:" + "0" * 64,
        "rich==15.0 --hash=sha256:123",
        "rich==15.0 --hash=md5:" + "0" * 64,
        "-e .",
        "rich @ https://evil.invalid/rich.whl",
        "--index-url https://evil.invalid",
    ],
)
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(LockError, match=r"requirements\.lock: not a pin with its hashes: "):
        read_pins(line)


# -- the audit -------------------------------------------------------------------------------------

ONE = Pin("rich", "15.0", None, ("0" * 64,))
OTHER = Pin("rich", "14.0", None, ("1" * 64,))
OTHERS_OWN = Pin("pywinpty", "3.0", read_pins(  # not of this machine, and asked about all the same
    f"a==1 ; sys_platform == 'amiga' --hash=sha256:{'0' * 64}")[0].marker, ("2" * 64,))  # fmt: skip


@contextmanager
def database(vulnerable: str, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Answer as OSV does; *vulnerable* is the version about which something is known."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(f"{query['package']['name']} {query['version']}")
            known = {
                "id": "OSV-1",
                "aliases": ["CVE-1"],
                "summary": "bad",
                "details": "bad",
                "affected": [
                    {
                        "package": {"name": query["package"]["name"], "ecosystem": "PyPI"},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "16"}]}],
                    }
                ],
            }
            found = {"vulns": [known]} if query["version"] == vulnerable else {}
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_finding_is_told_by_name_and_status() -> None:
    with database(vulnerable="14.0") as (url, asked):
        found = audit([ONE, OTHER, OTHERS_OWN], "-s", "osv", "--osv-url", url)

    assert found == Audit(("rich 14.0: CVE-1 (OSV-1), fixed in 16",), "", 3)
    assert found.status == 1
    assert sorted(asked) == ["pywinpty 3.0", "rich 14.0", "rich 15.0"]


def test_nothing_known_of_any_pin_is_fine() -> None:
    with database(vulnerable="") as (url, _):
        found = audit([ONE], "-s", "osv", "--osv-url", url)

    assert (found, found.status) == (Audit((), "", 1), 0)


@pytest.mark.parametrize("status", [404, 500])
def test_a_database_that_does_not_answer_is_told_apart(status: int) -> None:
    with database(vulnerable="", status=status) as (url, _):
        found = audit([ONE], "-s", "osv", "--osv-url", url)

    assert (found.findings, bool(found.unknown), found.status) == ((), True, 3)


def test_a_database_that_is_not_there_is_told_apart() -> None:
    with database(vulnerable="") as (url, _):
        pass
    found = audit([ONE], "-s", "osv", "--osv-url", url)

    assert (found.findings, found.status) == ((), 3)
    assert "refused" in found.unknown


def test_a_mirror_without_the_database_is_not_taken_for_a_clean_answer() -> None:
    """pip-audit itself says "No known vulnerabilities found", and exits with 0."""
    row = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited"}
    found = judged(ChildResult(0, json.dumps({"dependencies": [row]}).encode(), b"No known"), 1)

    assert (found.status, found.unknown) == (
        3,
        "1 of 1 pins are unknown there: Dependency not found on PyPI and could not be audited",
    )


def test_a_pin_that_is_left_out_is_not_taken_for_a_clean_answer() -> None:
    assert judged(ChildResult(0, b'{"dependencies": []}', b""), 1).status == 3


def test_another_failure_is_no_lack_of_network() -> None:
    with pytest.raises(AuditError, match="pip-audit fails: No module named pip_audit"):
        judged(ChildResult(1, b"", b"No module named pip_audit\n"), 1)


@pytest.mark.parametrize(
    ("found", "options", "status"),
    [
        (Audit((), "", 3), [], 0),
        (Audit(("rich 14.0: OSV-1",), "", 3), ["--offline-ok"], 1),
        (Audit(("rich 14.0: OSV-1",), "some", 3), ["--offline-ok"], 1),
        (Audit((), "no route", 3), [], 3),
        (Audit((), "no route", 3), ["--offline-ok"], 0),
    ],
)
def test_only_a_lack_of_network_may_be_borne(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: Audit,
    options: list[str],
    status: int,
) -> None:
    monkeypatch.setattr(audit_module, "audit", lambda *_: found)

    assert audit_module.main(options) == status
    said = capsys.readouterr().err.splitlines()
    assert said == [
        *(f"audit: {line}" for line in found.findings),
        *([f"audit: could not reach the advisory database: {found.unknown}"] * bool(found.unknown)),
    ]


def test_ci_asks() -> None:
    """The project's own CI reaches packages alone; the others must reach the database."""
    asked = {
        name: [line.strip() for line in (ROOT / name).read_text().splitlines() if "audit" in line]
        for name in (".ci/run", ".gitlab-ci.yml", ".github/workflows/audit.yml")
    }

    assert [line for line in asked[".ci/run"] if line.startswith("make")] == [
        "make audit OFFLINE_OK=1"
    ]
    assert "- make audit" in asked[".gitlab-ci.yml"]
    assert "- run: make audit" in asked[".github/workflows/audit.yml"]
