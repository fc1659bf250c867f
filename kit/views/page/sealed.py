"""A reply that only the answer opens: it is encrypted with that answer.

A reader can still try all answers one by one: this hides an answer, and does not protect it.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from itertools import count

__all__ = ["opened_reply", "sealed"]


def sealed(answer: str, reply: str) -> tuple[str, str]:
    """Return under which name a reply is kept, and the reply, sealed with its answer."""
    key = sha256(answer.encode()).digest()
    data = reply.encode()
    return sha256(key + b"name").hexdigest()[:8], b64encode(_mixed(key, data)).decode()


def opened_reply(answer: str, kept: bytes) -> str:
    """Return the reply that was sealed with *answer*; nonsense for another one."""
    return _mixed(sha256(answer.encode()).digest(), kept).decode(errors="replace")


def _mixed(key: bytes, data: bytes) -> bytes:
    stream = bytearray()
    for number in count():
        if len(stream) >= len(data):
            break
        stream += sha256(key + number.to_bytes(4, "big")).digest()
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))
