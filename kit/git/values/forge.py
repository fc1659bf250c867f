"""Where a forge shows a commit: told from the address of a remote, or from one that is named.

An address comes from a clone's settings and may hold anything, a password as well: only a host and
a plain path of it are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Forge", "forge_at", "forge_of_remote"]

_HOST = r"[A-Za-z0-9][A-Za-z0-9.-]{0,200}"
_PATH = r"[\w~][\w.~+-]{0,100}(?:/[\w.~+-]{1,100}){0,10}"
_URL = re.compile(
    rf"(?:https?|ssh|git)://(?:[^/@\s]{{0,300}}@)?({_HOST})(?::\d{{1,5}})?/({_PATH})/?"
)
_LIKE_SCP = re.compile(rf"(?:[\w.-]{{1,64}}@)?({_HOST}):/?({_PATH})/?")
_NAMED = re.compile(rf"https?://{_HOST}(?::\d{{1,5}})?/{_PATH}/?")
_TEMPLATE = re.compile(
    rf"https?://{_HOST}(?::\d{{1,5}})?/[\w.~+/?&=%;-]{{0,300}}\{{sha\}}[\w.~/-]{{0,100}}"
)
_COMMIT = {  # by what a host is called; the others are not known to have such pages
    "github": "{base}/commit/{sha}",
    "gitlab": "{base}/-/commit/{sha}",
    "salsa.debian": "{base}/-/commit/{sha}",
    "codeberg": "{base}/commit/{sha}",
    "gitea": "{base}/commit/{sha}",
    "forgejo": "{base}/commit/{sha}",
    "bitbucket": "{base}/commits/{sha}",
    "googlesource": "{base}/+/{sha}",
    "sr.ht": "{base}/commit/{sha}",
    "kernel.org": "{base}.git/commit/?id={sha}",
}


@dataclass(frozen=True, slots=True)
class Forge:
    """Pages of commits; ``template`` has ``{sha}`` where the hash stands."""

    template: str

    def commit(self, sha: str) -> str:
        """Return the address of a commit."""
        return self.template.replace("{sha}", sha)


def forge_of_remote(address: str) -> Forge | None:
    """Return the forge that a remote's address is on, or None if none is known there.

    >>> forge_of_remote("git@github.com:owner/name.git").commit("0123abc")
    'https://github.com/owner/name/commit/0123abc'
    >>> forge_of_remote("https://user:secret@gitlab.example.org/a/b/c").template
    'https://gitlab.example.org/a/b/c/-/commit/{sha}'
    """
    match = _URL.fullmatch(address) or _LIKE_SCP.fullmatch(address)
    if match is None:
        return None
    host, path = match[1].lower(), match[2].removesuffix(".git")
    for word, form in _COMMIT.items():
        if word in host:
            return Forge(form.replace("{base}", f"https://{host}/{path}"))
    return None


def forge_at(address: str) -> Forge | None:
    """Return the forge at an address that a person names, or None if it is none.

    >>> forge_at("https://git.example.org/x/c/?id={sha}").commit("0123abc")
    'https://git.example.org/x/c/?id=0123abc'
    """
    if _TEMPLATE.fullmatch(address):
        return Forge(address)
    if not _NAMED.fullmatch(address):
        return None
    base = address.rstrip("/").removesuffix(".git")
    return forge_of_remote(base) or Forge(f"{base}/commit/{{sha}}")
