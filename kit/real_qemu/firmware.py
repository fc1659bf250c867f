"""A few instructions of firmware for a pseries machine under TCG: a CAS on request.

There QEMU plays no CAS, and qtest has no command for a hypervisor call.  So the machine gets this
image instead of its firmware: it waits for a word in memory, makes the call H_CAS, stores the
result, and waits again.

Source: Power ISA 3.0 (the encodings); LoPAR B.6.2.3 (option vectors); QEMU hw/ppc/spapr_hcall.c
(h_client_architecture_support), include/hw/ppc/spapr_ovec.h.
"""

from __future__ import annotations

__all__ = ["ANSWER", "ASKED", "DONE", "VECTOR_5", "image", "vector_5"]

_ENTRY = 0x100
_TABLE = 0x1000
_MAILBOX = 0x2000
ANSWER, DONE, ASKED = _MAILBOX, _MAILBOX + 8, _MAILBOX + 16
"""Guest addresses: what H_CAS returned (64 bits), that it did, and what it waits for (32 bits)."""

_H_CAS = 0xF002
_BUFFER_HI, _SIZE_HI = 0x40, 0x20  # a device tree at 4 MiB, of 2 MiB
_VECTORS_BEFORE = bytes([4, 2, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 25])  # five vectors; then number 5
_ANY_CPU = bytes(8) + bytes(4) + b"\xff" * 4
VECTOR_5 = _TABLE + len(_ANY_CPU) + len(_VECTORS_BEFORE)
"""Guest address of option vector 5."""


def vector_5(*, hp_evt: bool) -> bytes:
    """Return option vector 5 as Linux sets it, with or without the hotplug event source."""
    vector = bytearray(26)
    # byte, counted from 1: dynamic memory, affinity, events, compact memory, radix and its GTSE
    for byte, bits in ((2, 0x20), (5, 0xA0), (6, 0x05), (22, 0x80), (24, 0x40), (26, 0x40)):
        vector[byte - 1] = bits
    if not hp_evt:
        vector[5] &= ~0x04
    return bytes(vector)


def image() -> bytes:
    """Return the image, to be loaded at address 0."""
    code = b"".join(word.to_bytes(4, "big") for word in _program())
    found = bytearray(_MAILBOX + 0x1000)
    found[_ENTRY : _ENTRY + len(code)] = code
    table = _ANY_CPU + _VECTORS_BEFORE + vector_5(hp_evt=True)
    found[_TABLE : _TABLE + len(table)] = table
    return bytes(found)


def _program() -> list[int]:
    wait = [
        _d(14, 8, 0, _MAILBOX),  # li r8, mailbox
        _d(32, 9, 8, ASKED - _MAILBOX),  # lwz r9, asked
        _d(11, 0, 9, 0),  # cmpwi r9, 0
        _d(16, 12, 2, -8 & 0xFFFC),  # beq to the load
    ]
    call = [
        _d(14, 9, 0, 0),  # li r9, 0
        _d(36, 9, 8, ASKED - _MAILBOX),  # stw r9, asked
        _d(14, 3, 0, 0),  # li r3, 0
        _d(24, 3, 3, _H_CAS),  # ori r3, r3, H_CAS
        _d(14, 4, 0, _TABLE),  # li r4, table
        _d(15, 5, 0, _BUFFER_HI),  # lis r5, buffer
        _d(15, 6, 0, _SIZE_HI),  # lis r6, size
        0x44000022,  # sc 1
        _d(14, 8, 0, _MAILBOX),  # li r8, mailbox
        _d(62, 3, 8, 0),  # std r3, answer
        _d(14, 9, 0, 1),  # li r9, 1
        _d(36, 9, 8, DONE - _MAILBOX),  # stw r9, done
    ]
    back = -4 * (len(wait) + len(call))
    return [*wait, *call, 18 << 26 | back & 0x3FFFFFC]  # b to the start


def _d(opcode: int, target: int, base: int, immediate: int) -> int:
    """Encode an instruction of the D form."""
    return opcode << 26 | target << 21 | base << 16 | immediate & 0xFFFF
