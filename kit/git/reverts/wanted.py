"""Which reverts of a repository somebody wants, and the options of git log that give them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reverts to read.

    ``revisions`` are commits and ranges as git has them; by default all that HEAD leads to.
    ``paths`` are git's pathspecs, from the top of the repository.  ``author`` is a part of the
    author's name or address.  ``content``: the changes of every commit are read, which takes a
    few times as long as the messages.
    """

    revisions: tuple[str, ...] = ()
    all_refs: bool = False  # also what any branch or tag leads to
    since: str | None = None
    until: str | None = None
    paths: tuple[str, ...] = ()
    author: str | None = None
    content: bool = False  # also those that say nothing of it

    def options(self, tip: tuple[str, ...]) -> tuple[str, ...]:
        """Return the arguments of git log; *tip* is where it starts by default."""
        chosen = {"since": self.since, "until": self.until, "author": self.author}
        given = [f"--{name}={value}" for name, value in chosen.items() if value is not None]
        start = ["--all"] if self.all_refs else []
        if self.revisions:
            start += ["--end-of-options", *self.revisions]
        # -F: a part of the author's name or address, and no pattern
        return ("-F", *given, *(start or tip), "--", *self.paths)

    @property
    def is_choice(self) -> bool:
        """Does the log leave commits out between others?"""
        return bool(self.paths) or any(
            each is not None for each in (self.since, self.until, self.author)
        )

    @property
    def is_cut(self) -> bool:
        """Does the log end before the first commit?"""
        return any(".." in each or each[:1] == "^" for each in self.revisions)
