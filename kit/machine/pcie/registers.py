"""The slot registers of a PCI Express port: where they are, and what their bits mean.

Offsets count from the PCI Express capability of the port, at 0x54 of QEMU's ``pcie-root-port``.

Source: PCI Express Base Specification 7.5.3; QEMU include/hw/pci/pcie_regs.h, hw/pci/pcie.c
(pcie_cap_slot_init).
"""

from __future__ import annotations

from enum import Enum

__all__ = ["ABP", "ATTENTION_OFF", "CAPABILITY", "CC", "CONTROL_MASK", "EIC", "EIS", "EVENTS"]
__all__ += ["HPIE", "LINK_ACTIVE", "PCC", "PDC", "PDS", "PIC", "SUPPORTED", "Indicator"]
__all__ += ["Register", "indicator", "is_dark"]

CAPABILITY = 0x54  # where the capability begins, in a pcie-root-port


class Register(Enum):
    """A register by its name: the offset from the capability, and its width in bytes."""

    FLAGS = (0x02, 2)
    LNKCAP = (0x0C, 4)
    LNKSTA = (0x12, 2)
    SLTCAP = (0x14, 4)
    SLTCTL = (0x18, 2)
    SLTSTA = (0x1A, 2)

    @property
    def offset(self) -> int:
        """Bytes from the start of the capability."""
        return self.value[0]

    @property
    def width(self) -> int:
        """Its width in bytes."""
        return self.value[1]


# Slot Control
HPIE = 0x20  # the port may interrupt for hot-plug
ATTENTION_OFF = 0xC0
PIC = 0x300  # the power indicator
PCC = 0x400  # power controller: 1 switches the slot off
EIC = 0x800  # toggles the interlock; always reads 0
CONTROL_MASK = 0xFF9  # what a guest can write, with a power controller

# Slot Status
ABP = 0x01  # the attention button was pressed
PDC = 0x08  # presence changed
CC = 0x10  # a command is completed
PDS = 0x40  # a device is present
EIS = 0x80  # the interlock is closed
SUPPORTED = ABP | PDC | CC  # the events that this port reports; writing 1 clears them
EVENTS = 0x1F  # all events that the specification has

LINK_ACTIVE = 0x2000  # Link Status


class Indicator(Enum):
    """The power indicator of a slot."""

    RESERVED = 0
    ON = 1
    BLINK = 2
    OFF = 3

    @property
    def bits(self) -> int:
        """Its bits in Slot Control."""
        return self.value << 8


def indicator(control: int) -> Indicator:
    """Return the power indicator that a value of Slot Control sets.

    >>> indicator(0x1C0).name, indicator(0x2F1).name
    ('ON', 'BLINK')
    """
    return Indicator((control & PIC) >> 8)


def is_dark(control: int) -> bool:
    """Does a value of Slot Control say that power and power indicator are off?"""
    return bool(control & PCC) and control & PIC == PIC
