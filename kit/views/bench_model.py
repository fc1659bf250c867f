"""The bench without a screen: two revisions, the acts so far, and what follows from them."""

from __future__ import annotations

from traitlets import HasTraits, Tuple, Unicode

from kit.machine.revision import CATALOGUE, RELEASES, Revision, find_revision
from kit.runs.bench import Act, timeout_of
from kit.runs.sentences import seconds
from kit.runs.story import Pair, play_pair, where_they_part

__all__ = ["CHOICES", "BenchModel"]

CHOICES: tuple[Revision, ...] = CATALOGUE + RELEASES
"""The revisions one can step through, oldest first."""


class BenchModel(HasTraits):
    """What the bench shows and what its buttons do.

    ``before`` and ``after`` name revisions, ``acts`` are the clicks so far, the same for both
    machines; ``hint`` says why a click did nothing, else it is empty.  Undo drops the last click.
    """

    before = Unicode()
    after = Unicode()
    acts = Tuple()
    hint = Unicode()

    def __init__(
        self, before: str = "pre-revert", after: str = "revert", acts: tuple[Act, ...] = ()
    ) -> None:
        """Set the bench up.

        Raises:
            UnknownRevisionError: A name is not one of the catalogue's.
        """
        super().__init__(
            before=find_revision(before).label, after=find_revision(after).label, acts=acts
        )

    @property
    def pair(self) -> Pair:
        """Both runs as they stand."""
        return play_pair(find_revision(self.before), find_revision(self.after), self.acts)

    @property
    def verdict(self) -> str:
        """Where the runs first differ, in words."""
        return where_they_part(self.pair)

    @property
    def text(self) -> str:
        """The whole bench as plain text: both logs are in the pictures, this is the gist."""
        pair = self.pair
        acts = ", ".join(act.value for act in self.acts) or "nothing yet"
        return (
            f"before: {pair.before_revision.name}, after: {pair.after_revision.name}\n"
            f"done: {acts}; now {seconds(pair.before.machine.now_ns)}\n{self.verdict}"
        )

    def do(self, act: Act) -> None:
        """Play one more act on both machines, unless it would do nothing."""
        self.hint = self._why_not(act)
        if not self.hint:
            self.acts = (*self.acts, act)

    def undo(self) -> None:
        """Take the last act back."""
        self.hint = "" if self.acts else "There is nothing to undo."
        self.acts = self.acts[:-1]

    def reset(self) -> None:
        """Start again at 0 s with a guest that uses core 1."""
        self.hint = "" if self.acts else "The bench is at its start."
        self.acts = ()

    def move(self, side: str, steps: int) -> None:
        """Choose another revision for a side ("before" or "after"): later for positive *steps*."""
        labels = [revision.label for revision in CHOICES]
        place = labels.index(getattr(self, side)) + steps
        if 0 <= place < len(labels):
            self.hint = ""
            self.set_trait(side, labels[place])
        else:
            end = "first" if steps < 0 else "last"
            self.hint = f"{find_revision(getattr(self, side)).name} is the {end} revision there is."

    def _why_not(self, act: Act) -> str:
        if act not in (Act.WAIT_TO_15_S, Act.GUEST_RELEASES_LATE):
            return ""
        run = self.pair.before
        target = timeout_of(run)
        if target is None:
            return "Press device_del first: the 15 s count from there."
        if act is Act.WAIT_TO_15_S and run.machine.now_ns >= target:
            return f"It is {seconds(run.machine.now_ns)} already: 15 s after device_del are over."
        return ""
