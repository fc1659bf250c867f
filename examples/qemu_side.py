"""An exercise: write QEMU's side of an unplug. It is wrong as it stands, and 40 lines are enough.

    kit explore --machine examples/qemu_side.py --at yours

Each line of the table is a call. Where your machine answers it as QEMU did in April 2021, in every
order of events, the property holds. Else the explorer prints the shortest way to a difference. See
both side by side:

    kit compare "device_del, isolate, unusable" --machine examples/qemu_side.py \
        --before QEMU --after yours

docs/your-own-machine.md has the calls and their answers.
"""

from kit import QemuSide


class Machine(QemuSide):
    """One connector, with a CPU that the guest uses."""

    start = {"connector": "CONFIGURED"}  # remember here what you need

    def answer(self, state, call):
        """Return the next state, the answer, and the events that QEMU sends."""
        match call:
            case "device_del":
                return state, "ok", ["remove"]
            case "sense":
                return state, 1, []
            case "isolate":
                return {**state, "connector": "AVAILABLE"}, 0, []
            case "unusable":
                return {**state, "connector": "UNUSABLE"}, 0, []
        return state, 0, []
