"""What is sent to QEMU and comes back, on every machine: a machine adds its own types here.

Whoever handles one of them asks its type; what recordings write of a reply that only one machine
has is that reply's ``recorded``.
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
