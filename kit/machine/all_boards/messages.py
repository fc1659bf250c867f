"""What goes to QEMU and what comes back, on any machine; a new machine adds its types here.

A reply that only one machine has returns its form in recordings as ``recorded``.
"""

from __future__ import annotations

from kit.machine.events import Emitted, Outcome, Reply
from kit.machine.pcie.messages import PcieEmitted, PcieOutcome, PcieReply, PcieRequest
from kit.machine.q35.messages import AcpiEmitted, AcpiOutcome, AcpiReply, AcpiRequest
from kit.machine.requests import Request

__all__ = ["AnyEmitted", "AnyOutcome", "AnyReply", "AnyRequest"]

AnyRequest = Request | AcpiRequest | PcieRequest
AnyReply = Reply | AcpiReply | PcieReply
AnyEmitted = Emitted | AcpiEmitted | PcieEmitted
AnyOutcome = Outcome | AcpiOutcome | PcieOutcome
