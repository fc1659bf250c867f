"""A guest kernel behind PCI Express ports: Linux's pciehp, as far as unplugging goes.

An interrupt makes it read Slot Status, clear what it read, and react.  A press of a slot in use
makes the indicator blink; 5 s later the driver releases the device, power goes off, and 1 s after
that the indicator, at which QEMU removes the device.  A second press while it blinks cancels.  A
device that appears in an empty slot is brought up at once, because presence wins over the press.

At boot it looks which slots answer, and takes the press of a device that answered for a request to
unplug.  It clears all events without having read any, which QEMU ignores.

Simplified: it polls for completed commands; one value stands for reading a register and writing it
back; a device that is pinned keeps its driver waiting, and the indicator blinking, until it is
unpinned.  A guest that refuses switches the indicator back on, which Linux does not do by itself.

Source: Linux drivers/pci/hotplug/pciehp_ctrl.c (pciehp_handle_button_press,
pciehp_queue_pushbutton_work, remove_board), pciehp_hpc.c (pcie_init, pcie_enable_notification).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from kit.actors.kernel import Kernel, hang, no_rtas, pin, without
from kit.actors.messages import (
    Actor,
    Command,
    Decide,
    Dlpar,
    Hang,
    Input,
    Pin,
    Restarted,
    RtasByHand,
    Send,
    Sleep,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_programs import GuestKind
from kit.machine.clock import NS_PER_S
from kit.machine.events import Done, HotplugAction
from kit.machine.pcie import registers as regs
from kit.machine.pcie.messages import (
    DeviceConfig,
    HotplugInterrupt,
    ModifyRegister,
    PcieRequest,
    ReadRegister,
    RegisterValue,
    SetBus,
    WriteRegister,
)
from kit.machine.pcie.registers import Indicator, Register
from kit.machine.pseries.connector import DrcType, drc_index

__all__ = ["BLINK_S", "POWER_OFF_S", "GuestSlot", "PcieGuest", "SlotState", "receive", "slot_index"]

BLINK_S = 5
POWER_OFF_S = 1
_LISTEN = 0x1021  # the button and the port may interrupt; the third bit QEMU does not store
_ALL_EVENTS = 0x11F
_ONES = 0xFFFFFFFF
_WRITES = (SetBus, WriteRegister)  # what QEMU answers with `Done`


def slot_index(number: int) -> int:
    """Return the index by which this guest knows slot *number*, as pseries knows its PCI slots."""
    return drc_index(DrcType.PCI, number << 3)


class SlotState(Enum):
    """What pciehp notes of a slot; the value is its word for it."""

    OFF = "off"
    ON = "on"
    BLINKING_ON = "blinks, to be switched on"
    BLINKING_OFF = "blinks, to be switched off"
    POWERING_OFF = "is switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSlot:
    """A slot: its port and number, its state, and whether a press waits until it is off."""

    port: str
    number: int
    state: SlotState = SlotState.OFF
    pressed: bool = False

    @property
    def index(self) -> int:
        """The index of its device."""
        return slot_index(self.number)


@dataclass(frozen=True, slots=True)
class Alarm:
    """When a slot goes on, in ns of the guest's clock, and the slot's index."""

    at_ns: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PcieGuest(Kernel):
    """A guest whose devices are behind ports; a device has the `slot_index` of its slot.

    ``leaving`` are slots whose 5 s are over and whose driver still holds the device; ``working`` is
    the one whose driver releases it now.  ``alarms`` are ordered by time.  ``sent`` are accesses
    without an answer, ``answered`` the slots that answered at boot.
    """

    kind: GuestKind = GuestKind.LINUX_5_12
    slots: tuple[GuestSlot, ...] = ()
    leaving: tuple[int, ...] = ()
    working: int | None = None
    alarms: tuple[Alarm, ...] = ()
    sent: tuple[PcieRequest, ...] = ()
    answered: tuple[int, ...] = ()

    def slot(self, index: int) -> GuestSlot | None:
        """Return the slot of an index."""
        return next((slot for slot in self.slots if slot.index == index), None)

    def asked_for(self, index: int) -> bool:
        """Does it work on a request to release the device?"""
        slot = self.slot(index)
        return slot is not None and slot.state in (SlotState.BLINKING_OFF, SlotState.POWERING_OFF)

    @property
    def at_rest(self) -> bool:
        """Is it up, with no slot between two states and no answer to wait for?"""
        between = any(slot.state not in (SlotState.ON, SlotState.OFF) for slot in self.slots)
        return self.up and not between and not self.sent


Handled = tuple[PcieGuest, tuple[Command, ...]]


def receive(guest: PcieGuest, received: Input, now_ns: int) -> Handled:
    """Return *guest* after a message at *now_ns* of its clock, and its commands."""
    handler = _HANDLERS.get(type(received))
    if handler is None:
        return guest, ()
    after, commands = handler(guest, received, now_ns)
    if after.alarms and after.alarms != guest.alarms and after.working is None:
        commands += (Sleep(max(0, after.alarms[0].at_ns - now_ns)),)
    return after, commands


def _access(guest: PcieGuest, *accesses: PcieRequest) -> Handled:
    sends = tuple(Send(Actor.QEMU, one) for one in accesses)
    return replace(guest, sent=(*guest.sent, *accesses)), sends


def _light(slot: GuestSlot, light: Indicator, power: int | None = None) -> ModifyRegister:
    """Set the power indicator, and power (0 or PCC) where it is given; no attention."""
    on = light.bits | regs.ATTENTION_OFF | (power or 0)
    clear = regs.PIC | regs.ATTENTION_OFF | (regs.PCC if power is not None else 0)
    return ModifyRegister(slot.port, Register.SLTCTL, on, clear)


def _power(slot: GuestSlot, power: int) -> ModifyRegister:
    return ModifyRegister(slot.port, Register.SLTCTL, power, regs.PCC)


def _with_slot(guest: PcieGuest, slot: GuestSlot) -> PcieGuest:
    slots = tuple(slot if one.number == slot.number else one for one in guest.slots)
    return replace(guest, slots=slots)


def _set(guest: PcieGuest, slot: GuestSlot, state: SlotState) -> PcieGuest:
    """Return *guest* with the slot in another state, and without an alarm for it."""
    alarms = tuple(alarm for alarm in guest.alarms if alarm.index != slot.index)
    guest = replace(guest, alarms=alarms, leaving=without(guest.leaving, slot.index))
    return _with_slot(guest, replace(slot, state=state))


def _in(guest: PcieGuest, seconds: int, slot: GuestSlot, now_ns: int) -> PcieGuest:
    alarms = (*guest.alarms, Alarm(now_ns + seconds * NS_PER_S, slot.index))
    return replace(guest, alarms=tuple(sorted(alarms, key=lambda alarm: alarm.at_ns)))


def _log(slot: GuestSlot, text: str) -> WriteLog:
    return WriteLog(f"pciehp: Slot({slot.number}): {text}")


def _restarted(guest: PcieGuest, _: Restarted, _now_ns: int) -> Handled:
    """Begin in the firmware: the kernel's state is gone."""
    slots = tuple(GuestSlot(port=slot.port, number=slot.number) for slot in guest.slots)
    fresh = PcieGuest(kind=guest.kind, conduct=guest.conduct, slots=slots, pinned=guest.pinned)
    return replace(fresh, busy=True), (Work(guest.conduct.firmware_ns),)


def _scan(guest: PcieGuest) -> Handled:
    """Number the buses, and look which slots answer."""
    accesses: list[PcieRequest] = []
    for slot in guest.slots:
        accesses += [SetBus(slot.port, slot.number), DeviceConfig(slot.number, 0, 0, 4)]
    return _access(guest, *accesses)


def _probe(guest: PcieGuest) -> Handled:
    """Take over every slot: clear its events, listen, and switch it off if it is empty."""
    guest = replace(guest, up=True, busy=False, used=tuple(sorted(guest.answered)), answered=())
    commands: tuple[Command, ...] = ()
    for slot in guest.slots:
        found = slot.index in guest.used
        guest = _set(guest, slot, SlotState.ON if found else SlotState.OFF)
        dark = 0 if found else regs.PCC | Indicator.OFF.bits
        guest, more = _access(
            guest,
            WriteRegister(slot.port, Register.SLTSTA, _ALL_EVENTS),
            ModifyRegister(slot.port, Register.SLTCTL, _LISTEN | dark, 0),
        )
        commands += more
    return guest, commands


def _interrupt(guest: PcieGuest, interrupt: HotplugInterrupt, _now_ns: int) -> Handled:
    """Read the reason; the firmware takes no interrupt, and an arbitrary guest does not react."""
    if not guest.up or guest.kind is GuestKind.ARBITRARY:
        return guest, ()
    return _access(guest, ReadRegister(interrupt.port, Register.SLTSTA))


def _value(guest: PcieGuest, reply: RegisterValue, now_ns: int) -> Handled:
    if not guest.sent or isinstance(guest.sent[0], _WRITES):
        return guest, ()  # the answer to an access before a reset
    access, *others = guest.sent
    guest = replace(guest, sent=tuple(others))
    match access:
        case ReadRegister(port=port):
            slot = next(one for one in guest.slots if one.port == port)
            return _events(guest, slot, reply.value, now_ns)
        case DeviceConfig(bus=bus):
            slot = next(one for one in guest.slots if one.number == bus)
            there = reply.value != _ONES
            return _brought_up(guest, slot, there) if guest.up else _answered(guest, slot, there)
    return guest, ()


def _answered(guest: PcieGuest, slot: GuestSlot, there: bool) -> Handled:
    """Note a slot that answered at boot; after the last one the kernel is up."""
    if there:
        guest = replace(guest, answered=(*guest.answered, slot.index))
    return (guest, ()) if guest.sent else _probe(guest)


def _done(guest: PcieGuest, _: Done, _now_ns: int) -> Handled:
    if not guest.sent or not isinstance(guest.sent[0], _WRITES):
        return guest, ()
    return replace(guest, sent=guest.sent[1:]), ()


def _events(guest: PcieGuest, slot: GuestSlot, status: int, now_ns: int) -> Handled:
    """Clear the events that were read; react to the press, then to the presence."""
    events = status & regs.SUPPORTED
    if not events:
        return guest, ()
    guest, commands = _access(guest, WriteRegister(slot.port, Register.SLTSTA, events))
    appeared = bool(events & regs.PDC and status & regs.PDS)
    if appeared and slot.state in (SlotState.OFF, SlotState.BLINKING_ON):
        guest, more = _bring_up(guest, slot)
    elif events & regs.ABP:
        guest, more = _pressed(guest, slot, now_ns)
    else:
        more = ()
    return guest, (*commands, *more)


def _pressed(guest: PcieGuest, slot: GuestSlot, now_ns: int) -> Handled:
    match slot.state:
        case SlotState.ON | SlotState.OFF:
            off = slot.state is SlotState.ON
            blinking = SlotState.BLINKING_OFF if off else SlotState.BLINKING_ON
            guest = _in(_set(guest, slot, blinking), BLINK_S, slot, now_ns)
            guest, commands = _access(guest, _light(slot, Indicator.BLINK))
            words = f"Button press: will power {'off' if off else 'on'} in {BLINK_S} sec"
            return guest, (_log(slot, words), *commands)
        case SlotState.BLINKING_ON | SlotState.BLINKING_OFF:
            stays = SlotState.ON if slot.state is SlotState.BLINKING_OFF else SlotState.OFF
            light = Indicator.ON if stays is SlotState.ON else Indicator.OFF
            guest, commands = _access(_set(guest, slot, stays), _light(slot, light))
            return guest, (_log(slot, "Action canceled due to button press"), *commands)
        case SlotState.POWERING_OFF:
            return _with_slot(guest, replace(slot, pressed=True)), ()


def _woken(guest: PcieGuest, _: WorkDone, now_ns: int) -> Handled:
    """Continue: with the boot, with the driver that was at work, or with the first alarm."""
    if not guest.up:
        return _scan(guest)
    if guest.working is not None:
        slot = guest.slot(guest.working)
        assert slot is not None
        guest = replace(guest, working=None, busy=False)
        return _switch_off(guest, slot, now_ns)
    if not guest.alarms:
        return guest, ()
    first, *others = guest.alarms
    guest = replace(guest, alarms=tuple(others))
    slot = guest.slot(first.index)
    assert slot is not None
    if slot.state is SlotState.POWERING_OFF:
        return _go_dark(guest, slot, now_ns)
    if slot.state is SlotState.BLINKING_ON:
        return _bring_up(guest, slot)
    guest = _set(guest, slot, SlotState.POWERING_OFF)
    return _release(replace(guest, leaving=(*guest.leaving, slot.index)), slot, now_ns)


def _release(guest: PcieGuest, slot: GuestSlot, now_ns: int) -> Handled:
    """Let the driver release the device: at once, after its work, or when it is unpinned."""
    if slot.index in guest.pinned:
        return guest, (_log(slot, "waits for the driver, which is busy"),)
    if guest.conduct.asks:
        return replace(guest, deciding=True), ()
    if guest.conduct.offline_ns:
        guest = replace(guest, working=slot.index, busy=True)
        return guest, (Work(guest.conduct.offline_ns),)
    return _switch_off(guest, slot, now_ns)


def _switch_off(guest: PcieGuest, slot: GuestSlot, now_ns: int) -> Handled:
    guest = _in(_set(guest, slot, SlotState.POWERING_OFF), POWER_OFF_S, slot, now_ns)
    return _access(guest, _power(slot, regs.PCC))


def _go_dark(guest: PcieGuest, slot: GuestSlot, now_ns: int) -> Handled:
    """Switch the indicator off, at which QEMU removes the device; handle a press that waited."""
    off = replace(slot, state=SlotState.OFF, pressed=False)
    guest = _set(replace(guest, used=without(guest.used, slot.index)), off, SlotState.OFF)
    clear = WriteRegister(slot.port, Register.SLTSTA, regs.PDC)
    guest, commands = _access(guest, _light(slot, Indicator.OFF), clear)
    if slot.pressed:
        guest, more = _pressed(guest, off, now_ns)
        return guest, (*commands, *more)
    return guest, commands


def _bring_up(guest: PcieGuest, slot: GuestSlot) -> Handled:
    """Switch the slot on, and look whether a device answers."""
    guest = _set(guest, slot, SlotState.BLINKING_ON)
    look = DeviceConfig(slot.number, 0, 0, 4)
    return _access(guest, _power(slot, 0), _light(slot, Indicator.BLINK), look)


def _brought_up(guest: PcieGuest, slot: GuestSlot, there: bool) -> Handled:
    if not there:
        guest = _set(guest, slot, SlotState.OFF)
        guest, commands = _access(guest, _light(slot, Indicator.OFF, regs.PCC))
        return guest, (_log(slot, "No device found"), *commands)
    guest = _set(guest, slot, SlotState.ON)
    guest = replace(guest, used=tuple(sorted({*guest.used, slot.index})))
    return _access(guest, _light(slot, Indicator.ON))


def _decide(guest: PcieGuest, order: Decide, now_ns: int) -> Handled:
    if not guest.deciding or not guest.leaving:
        return guest, ()
    slot = guest.slot(guest.leaving[0])
    assert slot is not None
    guest = replace(guest, deciding=len(guest.leaving) > 1)
    if order.give:
        return _switch_off(guest, slot, now_ns)
    guest, commands = _access(_set(guest, slot, SlotState.ON), _light(slot, Indicator.ON))
    return guest, (_log(slot, "the device stays"), *commands)


def _pin(guest: PcieGuest, order: Pin, now_ns: int) -> Handled:
    guest, _ = pin(guest, order)
    slot = guest.slot(order.index)
    if order.pinned or slot is None or order.index not in guest.leaving:
        return guest, ()
    return _release(guest, slot, now_ns)


def _sysfs(guest: PcieGuest, order: Dlpar, now_ns: int) -> Handled:
    """Write to the slot's ``power`` file: no button, no 5 s."""
    slot = guest.slot(order.index)
    if slot is None:
        return guest, (WriteLog("/sys/bus/pci/slots: no such slot"),)
    if order.action is HotplugAction.ADD:
        off = slot.state in (SlotState.OFF, SlotState.BLINKING_ON)
        return _bring_up(guest, slot) if off else (guest, (_log(slot, "Already enabled"),))
    if slot.state in (SlotState.ON, SlotState.BLINKING_OFF):
        return _switch_off(guest, slot, now_ns)
    return guest, (_log(slot, "Already disabled"),)


_HANDLERS: Mapping[type[Any], Callable[[PcieGuest, Any, int], Handled]] = {
    Restarted: _restarted,
    HotplugInterrupt: _interrupt,
    RegisterValue: _value,
    Done: _done,
    WorkDone: _woken,
    Decide: _decide,
    Pin: _pin,
    Dlpar: _sysfs,
    RtasByHand: lambda guest, order, _: no_rtas(guest, order),
    Hang: lambda guest, order, _: hang(guest, order),
}
