"""The properties that unplugging a device should have, each with its source.

The revert's message argues with the first two: once the timeout has dropped the request, a guest
that releases the device gets no DEVICE_DELETED, and libvirt's list of devices is wrong.  The third
is what the timeout was for.

A state in which QEMU has aborted violates one property only: that QEMU does not abort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from kit.actors.messages import Actor
from kit.actors.pseries_programs import GuestKind
from kit.explorer.model import DrcModel, State
from kit.explorer.observer import ObservedFact
from kit.explorer.search import Property, PropertyKind
from kit.machine.events import DeviceDeleted, QmpReturn
from kit.machine.requests import DeviceDel
from kit.trace.kinds import recipient

__all__ = ["PROPERTIES", "UnplugProperty", "judged"]

Judge = Callable[[DrcModel, State], bool]


@dataclass(frozen=True, slots=True)
class UnplugProperty:
    """A named property; ``sentence`` states it for a person, ``source`` who says that it should
    hold.
    """

    name: str
    kind: PropertyKind
    sentence: str
    source: str
    holds: Judge

    def of(self, model: DrcModel) -> Property[State]:
        """Return it as a property of *model*."""
        return Property(self.name, self.kind, partial(self.holds, model))


def judged(kind: GuestKind) -> tuple[UnplugProperty, ...]:
    """Return the properties that a guest is judged by; an arbitrary one may violate the rest.

    >>> [promise.name for promise in judged(GuestKind.ARBITRARY)]
    ['no-abort']
    """
    if kind is GuestKind.ARBITRARY:
        return tuple(prop for prop in PROPERTIES if prop.holds is _no_abort)
    return PROPERTIES


# -- what they say of a state ----------------------------------------------------------------------


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
    for device in model.devices:
        if management.libvirt.has(device.id):
            _, reply, emitted = model.platform.ask(machine, DeviceDel(str(device.id)))
            heard = any(
                isinstance(one, DeviceDeleted) or recipient(one) is Actor.GUEST for one in emitted
            )
            if not (heard and isinstance(reply, QmpReturn)):
                return False
    return True


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


PROPERTIES: tuple[UnplugProperty, ...] = (
    UnplugProperty(
        "no-lost-release",
        PropertyKind.ALWAYS,
        "A device that the guest has released is released by QEMU, with DEVICE_DELETED.",
        "qapi/qdev.json, DEVICE_DELETED; the message of d522cb52e6",
        _no(ObservedFact.LOST_RELEASE),
    ),
    UnplugProperty(
        "no-silent-disagreement",
        PropertyKind.EVENTUALLY,
        "When nothing is under way, guest, QEMU and libvirt agree on what is plugged.",
        "the message of d522cb52e6; libvirt's qemuProcessHandleDeviceDeleted",
        _agreed,
    ),
    UnplugProperty(
        "retry-possible",
        PropertyKind.EVENTUALLY,
        "When nothing is under way, asking for a device again reaches the guest.",
        "qemu-devel YEbp4wKK/QY7uKYw@yekko.fritz.box: what the timeout was for; 2b18fc794f",
        _retry_is_heard,
    ),
    UnplugProperty(
        "refusal-reported",
        PropertyKind.EVENTUALLY,
        "When the guest keeps a device that QEMU asked for, QEMU tells its management.",
        "qapi/qdev.json, DEVICE_UNPLUG_GUEST_ERROR, since 6.2",
        _refusal_is_reported,
    ),
    UnplugProperty(
        "no-surprise-removal",
        PropertyKind.ALWAYS,
        "A device whose unplug is said to have failed does not vanish at a reset.",
        "qapi/qdev.json, device_del: a reset completes the removal",
        _no(ObservedFact.SURPRISE_REMOVAL),
    ),
    UnplugProperty(
        "true-events",
        PropertyKind.ALWAYS,
        "What an event says of a device is so when it is sent.",
        "qemu-devel 877dmkrcpl.fsf@dusky.pond.sub.org: how can a timeout know that it failed?",
        _no(ObservedFact.UNTRUE_EVENT),
    ),
    UnplugProperty(
        "no-stray-event",
        PropertyKind.ALWAYS,
        "The guest is asked only for what QEMU waits for, and nobody is told the same twice.",
        "qemu-devel 20210119105049.66a6a580@bahia.lan, on sending the event again",
        _no(ObservedFact.STRAY_EVENT),
    ),
    UnplugProperty(
        "no-abort",
        PropertyKind.ALWAYS,
        "QEMU does not abort, whatever the guest does.",
        "QEMU docs/devel/secure-coding-practices.rst: a guest is not to be trusted",
        _no_abort,
    ),
    UnplugProperty(
        "unplug-possible",
        PropertyKind.SOMETIMES,
        "A device can be unplugged without a reset, and DEVICE_DELETED says so.",
        "qapi/qdev.json, device_del",
        _unplugged,
    ),
)
"""Every property; those that the revert is about come first."""
