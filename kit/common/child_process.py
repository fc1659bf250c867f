"""Start every process of the kit, and end it with everything that it started.

- **What a child inherits.**  A Python child runs in safe-path mode; relative entries leave every
  list of folders in its environment.  So nothing in the current folder becomes a module, a program
  or a library.
- **Where it runs.**  Each child leads a session of its own: it has no terminal to ask on, and one
  group to end.  A worker of a pool leads a group of its own.
- **How it ends.**  ``Child`` ends the whole group when the child exits, and when its reader leaves.
  If this process dies first, even of SIGKILL, a guard does it: a shell that reads a pipe which only
  this process holds open.  On Linux the guard also finds descendants that left the group, by a mark
  in their environment.  Workers watch their parent themselves.

Not covered: a descendant that left the group, outside Linux, or that also cleared its environment;
a guard killed together with the kit; Windows, where only the child itself is ended.

Source: POSIX setsid(2), kill(2); Linux prctl(2), PR_SET_PDEATHSIG; Python -P, PYTHONSAFEPATH.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = [
    "DEVNULL",
    "PIPE",
    "STDOUT",
    "Child",
    "ChildResult",
    "Workers",
    "asked_to_stop",
    "become",
    "clean_environment",
    "clean_own_environment",
    "guarded",
    "own_session",
    "pool",
    "processors",
    "python",
    "run",
    "start",
    "stop_on_signals",
]

DEVNULL = subprocess.DEVNULL
PIPE = subprocess.PIPE
STDOUT = subprocess.STDOUT  # for stderr: both outputs go to one place
START_METHOD = "spawn"  # the same on every system, and copies no lock of a thread

# An empty or relative entry would lead to the current folder, which anybody may have filled.
_LISTS = (
    *("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS"),
)
_FOLDERS = (
    *("GIT_EXEC_PATH", "QEMU_MODULE_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"),
    *("PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONPYCACHEPREFIX"),
    *("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"),
)
_MARK = "UNPLUG_KIT_CHILD_OF"
T = TypeVar("T")
_IS_POSIX = os.name == "posix" and sys.platform != "emscripten"
_END_S = 5.0
_LOOK_S = 0.02


def clean_environment(
    more: Mapping[str, str] | None = None, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment for a child: nothing in it leads to the current folder.

    Args:
        more: Variables to add; they are cleaned as well.
        base: The variables to start from; this process's own by default.
    """
    found = _cleaned({**(os.environ if base is None else base), **(more or {})})
    if _IS_POSIX:
        found[_MARK] = _GUARD.mark()
    return found


def clean_own_environment() -> None:
    """Clean this process's environment, which libraries pass to their children."""
    _set_environment(_cleaned(os.environ))


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    os.environ.update(variables)


@contextmanager
def _clean_for_a_while() -> Iterator[None]:
    """Clean the environment, and restore a notebook's own in the end."""
    before = dict(os.environ)
    clean_own_environment()
    try:
        yield
    finally:
        _set_environment(before)


def _cleaned(variables: Mapping[str, str]) -> dict[str, str]:
    found = dict(variables)
    found.pop(_MARK, None)
    for name in _LISTS:
        if name in found:
            kept = [each for each in found[name].split(os.pathsep) if Path(each).is_absolute()]
            found[name] = os.pathsep.join(kept)
            if not kept:
                del found[name]
    for name in _FOLDERS:
        if not Path(found.get(name, "/")).is_absolute():
            del found[name]
    found["PYTHONSAFEPATH"] = "1"
    if os.name == "nt":
        found["NoDefaultCurrentDirectoryInExePath"] = "1"
    return found


def stop_on_signals() -> None:
    """Handle SIGTERM and SIGHUP like Ctrl-C, so that files and children are cleaned up."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, signal.default_int_handler)


def python(*arguments: str) -> list[str]:
    """Return the command that runs this Python, without the current folder on its import path."""
    return [sys.executable, "-P", *arguments]


def own_session() -> dict[str, Any]:
    """Return the arguments that make a library's Popen start a child in a group of its own."""
    return {"start_new_session": True} if _IS_POSIX else {}


class Child:
    """A running process and its group; a context manager that ends them when the block is left."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Own a process that leads a group of its own."""
        self._process = process
        self._is_over = False
        self.pid = process.pid
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr
        _GUARD.keep(self.pid)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        try:
            return self.wait(0)
        except TimeoutError:
            return None

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the exit, end the rest of the group, and return the status.

        Raises:
            TimeoutError: It still runs after *timeout_s* seconds.
        """
        if not self._is_over:
            if self._process.returncode is None and not self._exits(timeout_s):
                raise TimeoutError(f"no end within {timeout_s:g} s")
            # not yet reaped, where the system allows it, so that the number is still the group's
            _signal_group(self.pid, _KILL)
            self._process.wait()
            _GUARD.forget(self.pid)
            self._is_over = True
        return self._process.returncode

    def end(self, patience_s: float = _END_S) -> int:
        """End the group and return the status; SIGTERM first, so that it removes its lock files."""
        if not self._is_over and patience_s > 0:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                return self.wait(patience_s)
        if not self._is_over:
            self._signal(_KILL)
        return self.wait()

    def _signal(self, number: int) -> None:
        if _IS_POSIX:
            _signal_group(self.pid, number)
        else:
            self._process.kill()

    def _exits(self, timeout_s: float | None) -> bool:
        """Wait for the exit without reaping the process, where the system allows that."""
        if not hasattr(os, "waitid"):  # Windows; macOS before Python 3.13
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
            return self._process.returncode is not None
        until = None if timeout_s is None else time.monotonic() + timeout_s
        flags = os.WEXITED | os.WNOWAIT | (0 if until is None else os.WNOHANG)
        pause_s = 0.0005
        while os.waitid(os.P_PID, self.pid, flags) is None:
            if until is not None and time.monotonic() >= until:
                return False
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, _LOOK_S)
        return True


_STOPS = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
_KILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)


def _signal_group(group: int, number: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):  # no such group any more
            os.killpg(group, number)


def start(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start a program that is found on PATH or named by an absolute path.

    The arguments are those of `subprocess.Popen`, with a cleaned *environment*.

    Raises:
        FileNotFoundError: There is no such program.
        OSError: It cannot be started.
    """
    variables = clean_environment(base=environment)
    process = subprocess.Popen(
        [_found(command[0], variables), *command[1:]],
        cwd=cwd,
        env=variables,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds if _IS_POSIX else (),
        **own_session(),
    )
    return Child(process)


def _found(program: str, variables: Mapping[str, str]) -> str:
    """Return the path of a program; unlike Windows, never one in the current folder."""
    if Path(program).is_absolute():
        return program
    found = shutil.which(program, path=variables.get("PATH", os.defpath))
    if found is None or not Path(found).is_absolute():
        raise FileNotFoundError(2, "no such program", program)
    return found


@dataclass(frozen=True, slots=True)
class ChildResult:
    """The exit status of a process, and its output."""

    status: int
    stdout: bytes
    stderr: bytes


def run(
    command: Sequence[str],
    *,
    timeout_s: float,
    text: bytes = b"",
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> ChildResult:
    """Run a program to its end; *text* is its standard input.

    Raises:
        TimeoutError: It took longer than *timeout_s* seconds, and was ended.
        FileNotFoundError: There is no such program.
    """
    stdin = subprocess.PIPE if text else subprocess.DEVNULL
    with start(command, cwd=cwd, environment=environment, stdin=stdin) as child:
        try:
            stdout, stderr = child._process.communicate(text or None, timeout_s)
        except subprocess.TimeoutExpired:
            child.end(0)
            raise TimeoutError(f"no end within {timeout_s:g} s") from None
        return ChildResult(child.wait(), stdout, stderr)


def become(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> NoReturn:
    """Replace this program by another, so that a signal to this process reaches that program."""
    variables = _cleaned(environment)
    if _IS_POSIX:
        os.chdir(cwd)
        os.execve(command[0], list(command), variables)
    sys.exit(subprocess.run(command, cwd=cwd, env=variables, check=False).returncode)


class Workers(Executor):
    """An executor of processes that Ctrl-C does not reach; `ask_to_stop` stops them."""

    def __init__(self, executor: Executor, writer: Connection) -> None:
        """Submit tasks to *executor*; *writer* reaches all of its processes."""
        self._executor, self._writer = executor, writer

    def submit(self, task: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:  # noqa: ANN401 - as Executor has it
        """Submit a task; signals wait until a worker that starts now is set up."""
        if not hasattr(signal, "pthread_sigmask"):
            return self._executor.submit(task, *args, **named)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            return self._executor.submit(task, *args, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def ask_to_stop(self) -> None:
        """Make `asked_to_stop` true in every worker."""
        self._writer.send_bytes(b"stop")  # no worker reads it, so all of them see it


def processors() -> int:
    """Return how many processors this process may use, which a container may limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def pool(processes: int) -> Iterator[Workers]:
    """Yield an executor of worker processes; an exception or the end of the block ends them all.

    Raises:
        ChildProcessError: Another program killed one of them.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    is_main = threading.current_thread() is threading.main_thread()
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context(START_METHOD)
    reader, writer = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_enter_worker, initargs=(reader, is_main)
    )
    try:
        with _clean_for_a_while():  # workers inherit it
            yield Workers(executor, writer)
    except BaseException as error:
        for worker in set(multiprocessing.active_children()) - others:
            worker.kill()
        if isinstance(error, BrokenProcessPool):
            why = "it was killed; is the memory full?"
            raise ChildProcessError(errno.ECHILD, why, "a worker process") from None
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        reader.close()
        writer.close()


_asked = threading.Event()


def asked_to_stop() -> bool:
    """Is this a worker that should return what it has found so far?"""
    return _asked.is_set()


def _enter_worker(reader: Connection, is_main: bool) -> None:
    """Make this worker end with its parent, and let only its parent stop it."""
    from multiprocessing import connection, parent_process

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _IS_POSIX:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)  # `Workers.submit` blocked them
    parent = parent_process()
    assert parent is not None
    if is_main:  # the kernel watches the thread that started this process
        _end_with_parent()

    def watch() -> None:
        if parent.sentinel not in connection.wait([parent.sentinel, reader]):
            _asked.set()
            connection.wait([parent.sentinel])
        _signal_group(os.getpid(), _KILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _end_with_parent() -> None:
    """Make Linux end this process with its parent, even inside a library that never returns."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


# It reads "+ GROUP", "- GROUP" and "quit".  At the end of the pipe it ends the groups that are
# left.  Without "quit" the kit was killed, and marked processes outside those groups end, too.
_GUARD_SHELL = """
trap '' HUP INT QUIT TERM
groups=' ' quit=
while read -r sign group; do
    case $group in 0* | 1 | *[!0-9]*) continue ;; esac
    case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in
        *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;;
        esac ;;
    quit) quit=1 ;;
    esac
done
marked() {
    [ -n "$quit" ] || for each in $(grep -lsF "$0=$1" /proc/[0-9]*/environ); do
        each=${each#/proc/}
        echo "${each%/environ}"
    done
}
end() {
    for group in $groups; do kill -s "$1" -- "-$group"; done
    for each in $marks; do kill -s "$1" "$each"; done
}
marks=$(marked "$1")
[ "$groups$marks" = ' ' ] && exit
end TERM
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    alive=
    for group in $groups; do kill -s 0 -- "-$group" && alive=1; done
    for each in $marks; do kill -s 0 "$each" && alive=1; done
    [ -n "$alive" ] || exit
    sleep 0.1
done
marks=$(marked "$1")
end KILL
"""


class _Guard:
    """The shell that outlives this process; it starts with the first child."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._groups: dict[int, None] = {}
        self._mark = ""
        atexit.register(self.quit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def mark(self) -> str:
        """Return the mark in a child's environment; the shell must run before the child does."""
        with self._lock:
            if self._shell is None:
                self._start()
            return self._mark

    def keep(self, group: int) -> None:
        """End *group* with this process; 0 is not a group."""
        if _IS_POSIX and group:
            with self._lock:
                self._groups[group] = None
                self._write(f"+ {group}")

    def forget(self, group: int) -> None:
        """Forget a group that has ended, because its number may be reused."""
        if _IS_POSIX:
            with self._lock:
                self._groups.pop(group, None)
                self._write(f"- {group}")

    def quit(self) -> None:
        """End the groups that are left, and the shell."""
        with self._lock:
            shell, self._shell = self._shell, None
            if shell is None or shell.stdin is None:
                return
            with contextlib.suppress(OSError):
                shell.stdin.write(b"quit 2\n")
            with contextlib.suppress(OSError):
                shell.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                shell.wait(_END_S)

    def _write(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None:
            with contextlib.suppress(OSError):  # the shell was killed: start another
                self._shell.stdin.write(f"{line}\n".encode())
                return
        self._start()

    def _start(self) -> None:
        self._mark = self._mark or os.urandom(16).hex()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD_SHELL, _MARK, self._mark],
            bufsize=0,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._shell.stdin is not None
        self._shell.stdin.write("".join(f"+ {each}\n" for each in self._groups).encode())

    def _after_fork(self) -> None:
        """Forget the parent's shell, which sees only the parent end."""
        self._lock = threading.RLock()
        if self._shell is not None and self._shell.stdin is not None:
            self._shell.stdin.close()
            self._shell.returncode = 0  # not this process's child
        self._shell, self._mark = None, ""
        self._groups.clear()


_GUARD = _Guard()


@contextmanager
def guarded(group: int) -> Iterator[None]:
    """End with this process a group that a library started, if the library has not ended it."""
    _GUARD.keep(group)
    try:
        yield
    finally:
        _GUARD.forget(group)
