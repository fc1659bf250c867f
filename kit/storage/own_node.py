"""Run a machine that is a Python file: ``python -m kit.storage.own_node FILE``.

The file defines one class with ``describe`` and ``step``, or several, one of them called Machine.
What it prints goes to stderr: stdout has the answers, a line each.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isabstract, isclass
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["main", "module_of", "object_in"]


def object_in(path: Path) -> Any:  # noqa: ANN401 - whatever somebody wrote
    """Return a machine made of the class that a file defines.

    Raises:
        LookupError: It defines no such class, or several.
    """
    module = module_of(path, "own_machine")
    found = {
        name: one
        for name, one in vars(module).items()
        if isclass(one) and one.__module__ == module.__name__ and _is_machine(one)
    }
    if not found:
        raise LookupError("it defines no class with the methods describe and step")
    if len(found) > 1 and "Machine" not in found:
        raise LookupError(f"it defines {', '.join(found)}; call the one that is meant Machine")
    return found.get("Machine", next(iter(found.values())))()


def module_of(path: Path, name: str) -> ModuleType:
    """Return a file as a module of that name, executed."""
    spec = spec_from_file_location(name, path.absolute())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks there for its module
    spec.loader.exec_module(module)
    return module


def _is_machine(one: type) -> bool:
    has = all(callable(getattr(one, name, None)) for name in ("describe", "step"))
    return has and not isabstract(one)


def main() -> None:
    """Answer line by line until the input ends."""
    path = Path(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    machine: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            machine = machine or object_in(path)
            found = json.dumps(_asked(machine, request))
        except Exception as error:  # noqa: BLE001 - somebody's code raises what it likes
            found = json.dumps({"error": _words(error, path)})
        answers.write(f"{found}\n")
        answers.flush()


def _asked(machine: Any, request: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON data
    if request["do"] == "describe":
        return machine.describe()
    return machine.step(request["state"], request["action"])


def _words(error: Exception, path: Path) -> str:
    """Return what an error says, and which line of the file raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines = [error.lineno]
    place = f"line {lines[-1]}: " if lines else ""
    return f"{place}{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
