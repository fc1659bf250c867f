"""A reproducer as a C test in the manner of QEMU's own qtests.

It uses the public names of QEMU's tests/qtest/libqtest.h.  A test has no migration.

Source: QEMU tests/qtest/libqtest.h (the names), cpu-plug-test.c beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kit.common.errors import UserError
from kit.real_qemu.reproduce import Reproducer, ScriptStep

__all__ = ["qtest_source"]

_ABORTS = "QEMU aborts"

_SOURCE = r"""/*
 * @TITLE@
 *
 * Expected are the answers of QEMU @REVISION@.
 * In the unplug kit: kit open @TOKEN@
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqtest.h"
#if __has_include("qobject/qdict.h")
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#else
#include "qapi/qmp/qdict.h"
#include "qapi/qmp/qlist.h"
#endif

enum { ARGS = 0x100000, RETS = 0x110000, WORK = 0x120000, LOG = 0x130000 };

/* Make a guest's call and return its status; further results stay at RETS. */
static int32_t rtas(QTestState *qts, const char *name, int nret, int nargs, ...)
{
    va_list words;

    va_start(words, nargs);
    for (int i = 0; i < nargs; i++) {
        qtest_writel(qts, ARGS + 4 * i, va_arg(words, uint32_t));
    }
    va_end(words);
    g_assert_cmpint(qtest_rtas_call(qts, name, nargs, ARGS, nret, RETS), ==, 0);
    return qtest_readl(qts, RETS);
}

/* Expect a QMP command's success, or the error's text. */
static void check(QDict *answer, const char *error)
{
    if (error) {
        QDict *found = qdict_get_qdict(answer, "error");
        g_assert_nonnull(found);
        g_assert_cmpstr(qdict_get_str(found, "desc"), ==, error);
    } else {
        g_assert_true(qdict_haskey(answer, "return"));
    }
    qobject_unref(answer);
}

/* The type of core that this build plugs. */
static char *core_type(QTestState *qts)
{
    QDict *answer = qtest_qmp(qts, "{'execute': 'query-hotpluggable-cpus'}");
    QList *slots = qdict_get_qlist(answer, "return");
    QDict *first = qobject_to(QDict, qlist_peek(slots));
    char *name = g_strdup(qdict_get_str(first, "type"));

    qobject_unref(answer);
    return name;
}

static void test_@NAME@(void)
{
    QTestState *qts = qtest_init("-machine pseries -accel @ACCEL@ -S"
                                 " -smp 1,maxcpus=4,threads=1"
                                 " -m 256,slots=4,maxmem=2G"
                                 " -global e1000.romfile= -nodefaults");
    g_autofree char *core = core_type(qts);

    g_assert_nonnull(core);
@STEPS@
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/spapr-unplug/@NAME@", test_@NAME@);
    return g_test_run();
}
"""


def qtest_source(made: Reproducer, name: str) -> str:
    """Return the source of the test called *name*; UserError if it has a migration."""
    if any(one.call.startswith("migrate ") for one in made.steps):
        raise UserError("a qtest of one process has no migration: leave --format out")
    body = [line for one in made.steps for line in _lines(one)]
    words = {
        "TITLE": _comment(made.title),
        "TOKEN": made.token,
        "REVISION": made.revision.label,
        "NAME": re.sub(r"\W", "_", name),
        "ACCEL": "qtest" if made.timed else "tcg",
        "STEPS": "\n".join(f"    {line}" if line else "" for line in body),
    }
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], _SOURCE)


def _lines(one: ScriptStep) -> Iterator[str]:
    yield ""
    yield f"/* {_comment(one.when)}: {_comment(one.sentence)} */"
    answer, *events = one.answer.split("; ")
    name, _, rest = one.call.partition(" ")
    if answer.startswith(_ABORTS):
        yield f"/* {_comment(one.answer)}: until that is mended, the test ends here. */"
        answer = "0"
    if name == "qom-list":
        yield from _look(answer)
    elif name == "clock_step":
        yield f"qtest_clock_step(qts, {rest}LL);"
    elif name == "ibm,configure-connector":
        yield from _configure(rest.split(), answer)
    elif rest[:1].isdigit():
        yield from _rtas(name, rest.split(), answer)
    else:
        yield from _qmp(name, json.loads(rest or "{}"), None if answer in ("OK", "0") else answer)
    for event in events:
        yield f'qtest_qmp_eventwait(qts, "{event.partition(" ")[0]}");'


def _rtas(name: str, words: list[str], answer: str) -> Iterator[str]:
    status, *more = answer.split()
    if name == "check-exception":
        words = ["0x500", "0", words[0], "0", "LOG", "2048"]
        more = []
    nret = 2 if name == "get-sensor-state" else 1
    given = ", ".join(words)
    yield f'g_assert_cmpint(rtas(qts, "{name}", {nret}, {len(words)}, {given}), ==, {status});'
    for state in more:
        yield f"g_assert_cmpint(qtest_readl(qts, RETS + 4), ==, {state});"


def _configure(words: list[str], answer: str) -> Iterator[str]:
    """Make the call as often as the expected run made it."""
    status, _, count, *_ = [*answer.split(), "after", "1"]
    yield f"qtest_writel(qts, WORK, {words[0]});"
    if int(count) > 1:
        yield f"for (int i = 1; i < {count}; i++) {{"
        yield '    g_assert_cmpint(rtas(qts, "ibm,configure-connector", 1, 2, WORK, 0), >, 0);'
        yield "}"
    yield f'g_assert_cmpint(rtas(qts, "ibm,configure-connector", 1, 2, WORK, 0), ==, {status});'


def _qmp(name: str, arguments: dict[str, object], error: str | None) -> Iterator[str]:
    command = json.dumps({"execute": name, "arguments": arguments}).replace("%", "%%")
    has_core = '"CORE"' in command
    text = command.replace('"CORE"', "%s").replace("\\", "\\\\").replace('"', "'")
    expected = "NULL" if error is None else json.dumps(error)
    yield f'check(qtest_qmp(qts, "{text}"{", core" if has_core else ""}), {expected});'
    if name == "system_reset":
        yield 'qtest_qmp_eventwait(qts, "RESET");'


def _look(left: str) -> Iterator[str]:
    """Expect each remaining device to have its place in QEMU's tree."""
    for device in left.split():
        yield from _qmp("qom-list", {"path": f"/machine/peripheral/{device}"}, None)
    if not left:
        yield "/* none */"


def _comment(text: str) -> str:
    return " ".join(text.replace("*/", "* /").split())
