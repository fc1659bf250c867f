"""A hot-plug port: every change of its registers, its latch, its interrupt line and its devices.

A port is a value.  Functions that remove devices return them beside the port, in QEMU's order.
The quirks are QEMU's: a write of an event bit that was not set clears nothing; the value of an
access is not aligned to its register; any write to the port lowers the interrupt line at its end,
because the code of AER sets it from AER's registers alone.

Source: QEMU hw/pci/pcie.c (pcie_cap_slot_*, hotplug_event_*), hw/pci-bridge/pcie_root_port.c
(rp_write_config, rp_reset_hold), hw/pci/pcie_aer.c (pcie_aer_root_write_config), hw/pci/pci.c
(pci_set_power), from cce8944cc9~1 to 0f689cf5ad.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum

from kit.machine.events import DeviceDeleted
from kit.machine.pcie import registers as regs
from kit.machine.pcie.registers import Indicator, Register
from kit.machine.pcie_revisions import PciePatch

__all__ = ["Port", "Slotted", "Unplugged", "deleted", "do_unplug", "event", "notify", "plug"]
__all__ += ["press", "read", "reset", "update_power", "with_device", "with_latch", "write"]

Patches = AbstractSet[Enum]
P = PciePatch
COMMAND_MASK = 0x507  # what a guest can write of a device's Command register


@dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    """A function behind a port.

    ``devfn`` is slot * 8 + function.  ``hot``: it was plugged while QEMU ran.  ``powered``: it has
    a configuration space, whose Command register is ``command``.  ``pending``: an unplug request is
    pending; ``expires_ms`` is when QEMU accepts another, 0 for never.
    """

    id: str
    driver: str
    devfn: int
    multifunction: bool = False
    hot: bool = True
    powered: bool = True
    command: int = 0
    pending: bool = False
    expires_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port at one moment, with what is plugged behind it.

    ``latched`` is QEMU's note that the interrupt condition was met (hpev_notified), ``intx`` the
    line; ``signalled``: the latch rose in the present step, which with MSI-X is the interrupt.
    ``bus`` is the secondary bus number, 0 until firmware sets it.  ``native``: it handles its
    hot-plug itself; else ACPI does, and presence and link stay as they are.
    """

    name: str
    slot: int
    power_controller: bool = True
    hotplug: bool = True
    native: bool = True
    sltctl: int = 0
    sltsta: int = 0
    link: bool = False
    latched: bool = False
    intx: bool = False
    signalled: bool = False
    bus: int = 0
    devices: tuple[Slotted, ...] = ()

    def at(self, devfn: int) -> Slotted | None:
        """Return the function at *devfn*, if there is one."""
        return next((one for one in self.devices if one.devfn == devfn), None)

    def visible(self, device: Slotted) -> bool:
        """Does its configuration space answer?

        A function that came while QEMU ran is hidden until function 0 is there.
        """
        return device.powered and not (device.hot and self.at(0) is None)

    @property
    def indicator(self) -> Indicator:
        """The power indicator."""
        return regs.indicator(self.sltctl)

    @property
    def capabilities(self) -> int:
        """The value of Slot Capabilities."""
        own = 0x2 if self.power_controller else 0
        return 0x20019 | own | (0x60 if self.hotplug else 0) | self.slot << 19


Unplugged = tuple[Port, tuple[Slotted, ...]]
"""A port, and the devices that left it."""


def deleted(devices: tuple[Slotted, ...]) -> tuple[DeviceDeleted, ...]:
    """Return the events of devices that left."""
    return tuple(DeviceDeleted(path=f"/machine/peripheral/{d.id}", device=d.id) for d in devices)


def with_device(port: Port, device: Slotted) -> Port:
    """Return *port* with *device* in place of one at the same address."""
    others = (one for one in port.devices if one.devfn != device.devfn)
    return replace(port, devices=tuple(sorted((*others, device), key=lambda one: one.devfn)))


def read(port: Port, register: Register) -> int:
    """Return the value of a register, as a guest reads it."""
    match register:
        case Register.FLAGS:
            return 0x142
        case Register.LNKCAP:
            return 0x300604
        case Register.LNKSTA:
            trained = 0x204 if port.at(0) is None else 0x11
            return trained | (regs.LINK_ACTIVE if port.link else 0)
        case Register.SLTCAP:
            return port.capabilities
        case Register.SLTCTL:
            return port.sltctl
        case Register.SLTSTA:
            return port.sltsta


def with_latch(port: Port) -> Port:
    """Return *port* with the latch of its registers (hotplug_event_update_event_status)."""
    wanted = port.sltctl & regs.HPIE and port.sltsta & port.sltctl & regs.SUPPORTED
    return replace(port, latched=bool(wanted))


def notify(port: Port) -> Port:
    """Move the line if the latch changes (hotplug_event_notify)."""
    after = with_latch(port)
    if after.latched == port.latched:
        return after
    return replace(after, intx=after.latched, signalled=after.signalled or after.latched)


def event(port: Port, bits: int) -> Port:
    """Set event bits (pcie_cap_slot_event); if all of them were set, QEMU does nothing else."""
    was = port.sltsta & bits
    port = replace(port, sltsta=port.sltsta | bits)
    return port if was == bits else notify(port)


def press(port: Port) -> Port:
    """Press the attention button."""
    return event(port, regs.ABP)


def update_power(port: Port, patches: Patches) -> Port:
    """Switch the devices on or off as Slot Control says; one that loses power is reset."""
    if P.SLOT_POWER_CONTROL not in patches:
        return port
    on = not (port.power_controller and port.sltctl & regs.PCC)
    return replace(port, devices=tuple(_powered(one, on) for one in port.devices))


def _powered(device: Slotted, on: bool) -> Slotted:
    if device.powered == on:
        return device
    return replace(device, powered=on, command=device.command if on else 0)


def plug(port: Port, device: Slotted, patches: Patches) -> Port:
    """Put a device in (pcie_cap_slot_plug_cb); the port reports it with function 0."""
    port = with_device(port, device)
    if not port.native or (device.hot and port.at(0) is None):
        return port
    port = replace(port, sltsta=port.sltsta | regs.PDS, link=True)
    if device.hot:
        port = event(port, regs.PDC | regs.ABP)
    return update_power(port, patches)


def do_unplug(port: Port) -> Unplugged:
    """Take every device out, with or without a request (pcie_cap_slot_do_unplug).

    It raises no interrupt.
    """
    sltsta = port.sltsta & ~regs.PDS | regs.PDC
    return replace(port, devices=(), sltsta=sltsta, link=False), port.devices


def reset(port: Port, patches: Patches) -> Port:
    """Reset a port and its devices (rp_reset_hold); requests and their expiry stay."""
    control = regs.ATTENTION_OFF | (port.sltctl & regs.PCC)
    if P.INDICATOR_OFF_ON_RESET in patches:
        control |= Indicator.OFF.bits
    if port.power_controller:
        populated = port.at(0) is not None
        control = control & ~regs.PCC if populated else control | regs.PCC
        control |= (Indicator.ON if populated else Indicator.OFF).bits  # OR-ed, not set
    port = replace(
        port,
        sltctl=control,
        sltsta=port.sltsta & ~(regs.EIS | regs.SUPPORTED),
        latched=False,
        intx=False,
        bus=0,
        devices=tuple(replace(one, command=0) for one in port.devices),
    )
    return update_power(port, patches)


def write(port: Port, offset: int, value: int, size: int, patches: Patches) -> Unplugged:
    """Return *port* after a write of *size* bytes at *offset* of the capability, and what left.

    *value* is the number of the access (pcie_cap_slot_write_config gets it unshifted).
    """
    value &= (1 << 8 * size) - 1
    old_control, old_status = port.sltctl, port.sltsta
    port = _stored(port, offset, value, size)
    if _touches(Register.SLTSTA, offset, size):
        if value & ~old_status & regs.EVENTS:
            kept = port.sltsta & ~regs.EVENTS | old_status & regs.EVENTS
            port = replace(port, sltsta=kept)
        port = with_latch(port)
    gone: tuple[Slotted, ...] = ()
    if _touches(Register.SLTCTL, offset, size):
        port, gone = _commanded(port, old_control, value, patches)
    return replace(port, intx=False), gone  # AER sets the line from its own registers


def _stored(port: Port, offset: int, value: int, size: int) -> Port:
    """Store the bytes where a guest can write; clear the event bits that are written as 1."""
    control_mask = regs.CONTROL_MASK & ~(0 if port.power_controller else regs.PCC)
    sltctl, sltsta = port.sltctl, port.sltsta
    for number in range(size):
        byte, at = value >> 8 * number & 0xFF, offset + number
        shift = 8 * (at - Register.SLTCTL.offset)
        if shift in (0, 8):
            mask = control_mask & 0xFF << shift
            sltctl = sltctl & ~mask | byte << shift & mask
        elif shift == 16:
            sltsta &= ~(byte & regs.SUPPORTED)
    return replace(port, sltctl=sltctl, sltsta=sltsta)


def _commanded(port: Port, old_control: int, value: int, patches: Patches) -> Unplugged:
    """Carry out what Slot Control now says; the command is completed at once."""
    if port.sltctl & regs.EIC:
        port = replace(port, sltctl=port.sltctl & ~regs.EIC, sltsta=port.sltsta ^ regs.EIS)
    gone: tuple[Slotted, ...] = ()
    if port.sltsta & regs.PDS and regs.is_dark(value) and not regs.is_dark(old_control):
        port, gone = do_unplug(port)
    return event(notify(update_power(port, patches)), regs.CC), gone


def _touches(register: Register, offset: int, size: int) -> bool:
    """Does an access of *size* bytes at *offset* overlap the register?"""
    return offset < register.offset + register.width and register.offset < offset + size
