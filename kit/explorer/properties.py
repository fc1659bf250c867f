"""The properties that unplugging a device should have, each with its source.

The revert's message argues with the first two: once the timeout has dropped the request, a guest
that releases the device gets no DEVICE_DELETED, and libvirt's list of devices is wrong.  The third
is what the timeout was for.

A state in which QEMU has aborted violates one property only: that QEMU does not abort.

Each property has a premise: what must happen before the property says anything.  A search whose
paths never meet the premise has not exercised the property.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kit.actors.pseries_programs import GuestKind
from kit.explorer.actions import ActionKind, EnabledAction
from kit.explorer.model import DrcModel, State
from kit.explorer.observer import ObservedFact, Trial
from kit.explorer.search import Property, PropertyKind

__all__ = ["PROPERTIES", "UnplugProperty", "judged"]

Judge = Callable[[DrcModel, State], bool]
Premise = Callable[[DrcModel, State, EnabledAction], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplugProperty:
    """A named property: a sentence that states it, and the source by which it should hold.

    ``premise`` says in words what exercises it, ``is_met`` decides it for an action in a state.
    """

    name: str
    kind: PropertyKind
    sentence: str
    premise: str
    source: str
    holds: Judge
    is_met: Premise

    def of(self, model: DrcModel) -> Property[State]:
        """Return it as a property of *model*."""
        return Property(
            self.name, self.kind, partial(self.holds, model), partial(self.is_met, model)
        )


def judged(kind: GuestKind) -> tuple[UnplugProperty, ...]:
    """Return the properties that a guest is judged by; an arbitrary one may violate the rest.

    >>> [prop.name for prop in judged(GuestKind.ARBITRARY)]
    ['no-abort']
    """
    if kind is GuestKind.ARBITRARY:
        return tuple(prop for prop in PROPERTIES if prop.holds is _no_abort)
    return PROPERTIES


def _agreed(model: DrcModel, state: State) -> bool:
    """Do guest, QEMU and libvirt agree on every device?"""
    machine, side, management, _ = model.situation(state)
    held = {plugged.device.id for plugged in machine.plugged}
    for device in model.devices:
        used = [index in side.guest.used for index in model.platform.connectors(machine, device)]
        qemu, libvirt = device.id in held, management.libvirt.has(device.id)
        if not (qemu == libvirt == any(used) == all(used)):
            return False
    return True


def _retry_is_heard(model: DrcModel, state: State) -> bool:
    """Does a request for any plugged device reach the guest, or remove the device at once?"""
    machine, _, management, _ = model.situation(state)
    return all(
        model.is_heard(machine, device)
        for device in model.announced
        if management.libvirt.has(device.id)
    )


def _refusal_is_reported(model: DrcModel, state: State) -> bool:
    """Has QEMU reported every refusal?"""
    return not model.environment(state).owed


def _no(remark: ObservedFact) -> Judge:
    return lambda model, state: remark not in model.environment(state).remarks


def _no_abort(model: DrcModel, state: State) -> bool:
    """Does QEMU run?"""
    return model.machine(state).aborted is None


def _unplugged(model: DrcModel, state: State) -> bool:
    """Has a device gone in this turn, without a reset?"""
    return ObservedFact.UNPLUGGED in model.environment(state).remarks


def _any_of(*trials: Trial) -> Premise:
    return lambda model, state, action: not model.observed(state, action).trials.isdisjoint(trials)


def _refusal(model: DrcModel, state: State, action: EnabledAction) -> bool:
    """Does the guest refuse a device that QEMU waits for?"""
    return bool(model.observed(state, action).refused)


def _request_fails(model: DrcModel, state: State, action: EnabledAction) -> bool:
    """Does the guest refuse a device, or does QEMU's timer drop the request for it?"""
    return action.kind is ActionKind.TIMER or _refusal(model, state, action)


def _reset_after_failure(model: DrcModel, state: State, action: EnabledAction) -> bool:
    """Does the guest restart while the operator takes an unplug for failed?"""
    failed = model.situation(state).management.operator.failed
    return bool(failed) and model.observed(state, action).began_again


PROPERTIES: tuple[UnplugProperty, ...] = (
    UnplugProperty(
        name="no-lost-release",
        kind=PropertyKind.ALWAYS,
        sentence="QEMU removes a device that the guest has released, and sends DEVICE_DELETED.",
        premise="The guest releases a device that it used.",
        source="qapi/qdev.json, DEVICE_DELETED; the message of d522cb52e6",
        holds=_no(ObservedFact.LOST_RELEASE),
        is_met=_any_of(Trial.RELEASED),
    ),
    UnplugProperty(
        name="no-silent-disagreement",
        kind=PropertyKind.EVENTUALLY,
        sentence="When all work is done, guest, QEMU and libvirt agree on what is plugged.",
        premise="The guest releases a device, or QEMU removes one.",
        source="the message of d522cb52e6; libvirt's qemuProcessHandleDeviceDeleted",
        holds=_agreed,
        is_met=_any_of(Trial.RELEASED, Trial.DELETED),
    ),
    UnplugProperty(
        name="retry-possible",
        kind=PropertyKind.EVENTUALLY,
        sentence="When all work is done, a second request for a device reaches the guest.",
        premise="The guest refuses a device that QEMU waits for, or QEMU's timer fires.",
        source="qemu-devel YEbp4wKK/QY7uKYw@yekko.fritz.box: what the timeout was for; 2b18fc794f",
        holds=_retry_is_heard,
        is_met=_request_fails,
    ),
    UnplugProperty(
        name="refusal-reported",
        kind=PropertyKind.EVENTUALLY,
        sentence="When the guest refuses a pending request, QEMU reports it.",
        premise="The guest refuses a device that QEMU waits for.",
        source="qapi/qdev.json, DEVICE_UNPLUG_GUEST_ERROR, since 6.2",
        holds=_refusal_is_reported,
        is_met=_refusal,
    ),
    UnplugProperty(
        name="no-surprise-removal",
        kind=PropertyKind.ALWAYS,
        sentence="A device whose unplug failed or timed out does not vanish at a reset.",
        premise="The guest restarts while the operator takes an unplug for failed.",
        source="qapi/qdev.json, device_del: a reset completes the removal",
        holds=_no(ObservedFact.SURPRISE_REMOVAL),
        is_met=_reset_after_failure,
    ),
    UnplugProperty(
        name="true-events",
        kind=PropertyKind.ALWAYS,
        sentence="An event about a device is true when QEMU sends it.",
        premise="QEMU sends an event about the end of an unplug.",
        source="qemu-devel 87blbt60hc.fsf@dusky.pond.sub.org: how can a timeout know?",
        holds=_no(ObservedFact.UNTRUE_EVENT),
        is_met=_any_of(Trial.SAID),
    ),
    UnplugProperty(
        name="no-stray-event",
        kind=PropertyKind.ALWAYS,
        sentence="QEMU sends the guest only pending requests, and reports a refusal once.",
        premise="QEMU asks the guest for a device, or sends an event about it.",
        source="qemu-devel 20210119105049.66a6a580@bahia.lan, on sending the event again",
        holds=_no(ObservedFact.STRAY_EVENT),
        is_met=_any_of(Trial.ASKED, Trial.SAID),
    ),
    UnplugProperty(
        name="no-abort",
        kind=PropertyKind.ALWAYS,
        sentence="QEMU does not abort, whatever the guest does.",
        premise="The guest calls QEMU about a device whose unplug is pending.",
        source="QEMU docs/devel/secure-coding-practices.rst: a guest is not to be trusted",
        holds=_no_abort,
        is_met=_any_of(Trial.CALLED),
    ),
    UnplugProperty(
        name="unplug-possible",
        kind=PropertyKind.SOMETIMES,
        sentence="A device can be unplugged without a reset, with DEVICE_DELETED.",
        premise="QEMU asks the guest for a device.",
        source="qapi/qdev.json, device_del",
        holds=_unplugged,
        is_met=_any_of(Trial.ASKED),
    ),
)
"""Every property; those that the revert is about come first."""
