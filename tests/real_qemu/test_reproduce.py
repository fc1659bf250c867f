"""The scripts of `kit reproduce`: on a real QEMU, and their text."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.explorer.paths import open_path
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.real_qemu.identify import identify
from kit.real_qemu.launch import Binary
from kit.real_qemu.reproduce import python_script, reproducer_of_path, reproducer_of_run
from kit.real_qemu.reproduce_qtest import qtest_source
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario, scenarios
from tests.conftest import Program
from tests.effort import LONG

MAX_LINES = 120
BOOTS = "in-firmware"  # its guest's CAS ends the request
CRASHES = "late-reset"  # 7.2, stopped under TCG, at a reset after the removal of a core
QUICK = ("dimm-migrate-abort", "pci-function", "retry-each-second", "two-requests")
PATHS = (
    "1.path.c0q2r0m1d2.linux-5_12.guest-error.nz4Sacaafa",  # a migration, then an abort
)
PLAYED = [
    name
    for name, story in scenarios().items()
    if Board.PSERIES in story.setup.boards and name not in (BOOTS, CRASHES)
]


def script(name: str, revision: str) -> str:
    made = reproducer_of_run(play(find_scenario(name), find_revision(revision)))
    return python_script(made, f"{name}.py")


def ran(text: str, binary: Binary, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a stranger does: by a Python that does not find the kit."""
    file = folder / "reproducer.py"
    file.write_text(text)
    return subprocess.run(
        [sys.executable, "-I", "-S", file, binary.path],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=120,
    )


@pytest.mark.parametrize("name", PLAYED if LONG else QUICK)
def test_a_real_qemu_answers_as_the_script_expects(
    name: str, ppc64: Binary, tmp_path: Path
) -> None:
    done = ran(script(name, identify(ppc64).nearest.label), ppc64, tmp_path)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("token", PATHS)
def test_a_path_of_the_explorer_is_a_script_too(token: str, ppc64: Binary, tmp_path: Path) -> None:
    done = ran(python_script(reproducer_of_path(open_path(token)), "path.py"), ppc64, tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "came:             QEMU aborts in spapr_memory_unplug_rollback: ds",
    )


def test_another_answer_ends_the_script_with_both_and_status_1(
    ppc64: Binary, tmp_path: Path
) -> None:
    """DEVICE_UNPLUG_GUEST_ERROR came with 4b08cd567b; the build before it does not send it."""
    done = ran(script("rejected-at-once", "unisolate"), ppc64, tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-2:]) == (
        1,
        [
            "expected at last: 0",
            "came:             0; DEVICE_UNPLUG_GUEST_ERROR core1",
        ],
    )


def test_the_end_of_qemu_is_an_answer(ppc64: Binary, tmp_path: Path) -> None:
    done = ran(script(CRASHES, "v6.2.0"), ppc64, tmp_path)

    last = f"came:             QEMU ends ({-signal.SIGSEGV})"
    assert (done.returncode, done.stdout.splitlines()[-1].rstrip()) == (1, last)


@pytest.mark.parametrize("revision", ["v6.2.0", "today"])
@pytest.mark.parametrize("name", [*PLAYED, CRASHES])
def test_a_script_is_short_and_is_python(name: str, revision: str) -> None:
    text = script(name, revision)

    compile(text, name, "exec")
    assert len(text.splitlines()) <= MAX_LINES
    assert "@" not in text.replace("@hp_evt", "")


def test_time_passes_only_where_a_timer_of_qemus_runs() -> None:
    with_timer, without = script("late-release", "pre-revert"), script("late-release", "today")

    assert ("clock_step" in with_timer, '"qtest"][' in with_timer) == (True, True)
    assert ("clock_step" in without, '"tcg"][' in without) == (False, True)


@pytest.mark.parametrize(
    ("name", "revision", "why"),
    [
        (BOOTS, "today", "a guest that boots ends the request"),
        ("acpi-refuses", "q35", "q35 is another machine"),
    ],
)
def test_what_a_script_cannot_show_is_refused(name: str, revision: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        script(name, revision)


# -- the command -----------------------------------------------------------------------------------


def test_the_command_writes_the_newest_qemus_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two-requests.py"

    assert main(["reproduce", "two-requests", "-o", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    assert path.read_text() == script("two-requests", "today")


def test_the_command_takes_a_token_of_a_run_and_the_second_of_a_pair(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = []
    for token in (
        "1.run.late-release.revert.kqKc",
        "1.pair.late-release.pre-revert.revert.kqKc",
    ):
        assert main(["reproduce", token]) == 0
        found.append(capsys.readouterr().out)

    assert (
        found[0]
        == found[1]
        == script("late-release", "revert").replace("late-release.py", "reproducer.py")
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["1.run.late-release.revert.kqKc", "--at", "today"], "--at goes with a scenario"),
        (["late-release", "--scenario", "x.toml"], "--scenario goes with a token"),
        (["1.run.late-release"], "is cut short"),
        (["no-such"], "no scenario 'no-such'"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why in line


# -- as a test of QEMU's ---------------------------------------------------------------------------

LIBQTEST = """
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
typedef struct QTestState QTestState;
typedef struct QDict QDict;
typedef struct QList QList;
typedef struct QObject QObject;
QTestState *qtest_init(const char *extra_args);
void qtest_quit(QTestState *s);
QDict *qtest_qmp(QTestState *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void qtest_qmp_eventwait(QTestState *s, const char *event);
uint64_t qtest_rtas_call(QTestState *s, const char *name, uint32_t nargs, uint64_t args,
                         uint32_t nret, uint64_t ret);
void qtest_writel(QTestState *s, uint64_t addr, uint32_t value);
uint32_t qtest_readl(QTestState *s, uint64_t addr);
int64_t qtest_clock_step(QTestState *s, int64_t step);
void qtest_add_func(const char *str, void (*fn)(void));
QDict *qdict_get_qdict(const QDict *qdict, const char *key);
QList *qdict_get_qlist(const QDict *qdict, const char *key);
const char *qdict_get_str(const QDict *qdict, const char *key);
int qdict_haskey(const QDict *qdict, const char *key);
QObject *qlist_peek(QList *qlist);
#define qobject_to(type, obj) ((type *)(obj))
void qobject_unref_any(void *obj);
#define qobject_unref(obj) qobject_unref_any(obj)
char *g_strdup(const char *str);
void g_test_init(int *argc, char ***argv, ...);
int g_test_run(void);
void failed(bool);
#define g_assert_cmpint(a, op, b) failed((a) op (b))
#define g_assert_cmpstr(a, op, b) failed((a) op (b))
#define g_assert_true(a) failed(a)
#define g_assert_nonnull(a) failed((a) != NULL)
#define g_autofree
"""
"""The names of libqtest.h and GLib that a test uses, as QEMU 7.2 and 11 declare them."""

MIGRATING = ("dimm-migrate-abort", "migrate-pending")


@pytest.fixture(scope="module")
def headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headers")
    (folder / "libqtest.h").write_text(LIBQTEST)
    for name in ("qemu/osdep.h", "qobject/qdict.h", "qobject/qlist.h"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    return folder


@pytest.mark.parametrize("revision", ["today", "pre-revert"])
@pytest.mark.parametrize(
    "name", [one for one in (PLAYED if LONG else QUICK) if one not in MIGRATING]
)
def test_a_qtest_is_c_against_the_public_names_of_libqtest(
    name: str, revision: str, headers: Path, program: Program
) -> None:
    source = qtest_source(
        reproducer_of_run(play(find_scenario(name), find_revision(revision))), name
    )
    flags = ["-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-format-extra-args"]
    flags.append("-Wno-address")  # comparing with a text is what the stand-in for cmpstr does
    done = subprocess.run(
        [program("gcc"), *flags, f"-I{headers}", "-x", "c", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_qtest_expects_status_error_and_event() -> None:
    made = reproducer_of_run(play(find_scenario("pci-function"), find_revision("today")))
    source = qtest_source(made, "pci-function")

    del_twice = "PCI device unplug already in progress for device net3"
    isolate = 'g_assert_cmpint(rtas(qts, "set-indicator", 1, 3, 9001, 0x40000018, 0), ==, 0);'
    assert f"{{'id': 'net3'}}}}\"), \"{del_twice}\");" in source
    assert f'{isolate}\n    qtest_qmp_eventwait(qts, "DEVICE_DELETED");' in source
    assert 'qtest_add_func("/spapr-unplug/pci_function", test_pci_function);' in source


def test_a_qtest_has_no_migration() -> None:
    made = reproducer_of_run(play(find_scenario("migrate-pending"), find_revision("today")))

    with pytest.raises(UserError, match="has no migration"):
        qtest_source(made, "migrate-pending")


def test_the_command_writes_a_qtest(capsys: pytest.CaptureFixture[str]) -> None:
    made = reproducer_of_run(play(find_scenario("dimm-abort"), find_revision("today")))

    assert main(["reproduce", "dimm-abort", "--format", "qtest"]) == 0
    assert capsys.readouterr().out == qtest_source(made, "reproducer")
