"""Sentences that speak of a revert and are none: what could be reverted, or what others did.

A pattern looks at most at a few hundred characters.
"""

from __future__ import annotations

import re

__all__ = ["is_denied", "is_supposed", "is_told_of"]

_BEFORE_VERB = 60  # characters in which a denial may stand
_IN_A_SENTENCE = 100  # characters in which an "if" may begin it
_WHO = r"(?:we|you|i|they|he|she|it|one|people|users?|some(?:one|body)|any(?:one|body))"
_PATCH = r"(?:commit|patch|change|revision|pr|mr|cl|pull\s+request|merge\s+request)"
_FILLER = (
    r"(?:a|the|we|to|just|simply|actually|instead|possibly|then|also|easily|later|even|always"
    r"|probably|either|perhaps|maybe)"
)
# What stands right before the verb.
_BEFORE = (
    # what might be, or is not
    r"(?:\b(?:avoid|not|never|without|cannot|can|could|may|might|would|will|shall|if)"
    rf"|n't|['’]ll|['’]d|\bshould\s+(?:we|i|you))\s+(?:{_FILLER}\s+){{0,2}}$",
    r"\b(?:going|plan|planning|want|wants|trying|try|tried|intend|intends"
    r"|prepare[sd]?|preparing|preparation)\s+(?:to|for)\s+(?:the\s+)?$",
    r"\b(?:maybe|perhaps|please|consider(?:ed|ing)?|about)\s+(?:(?:a|the|simply|just)\s+)?$",
    r"\b(?:solution|way|how)\s+to\s+$",
    r"\b(?:would|could|might)\s+(?:\w+\s+)?be\s+to\s+$",
    r"\b(?:rather\s+than|instead\s+of)\s+(?:(?:to|the|a|simply|just|fully)\s+)?$",
    rf"\b(?:if|when|whenever|once|until|unless|before|after|as\s+soon\s+as|in\s+case)"
    rf"\s+(?:{_WHO}\s+)?$",
    # what another commit does, did or will do
    r"\b(?:next|following|previous|preceding|prior|subsequent|earlier|later|another|other"
    rf"|follow-?up|upcoming|future)\s+(?:{_PATCH}(?:e?s)?|ones?|series)\s+$",
    rf"\b{_PATCH}[ \t]+[#!]?\d{{1,9}}(?:/\d{{1,3}})?[ \t]+$|(?<![\w#!])[#!]\d{{1,9}}[ \t]+$",
    r"(?<![^\s(*-])[0-9a-f]{7,64}[ \t]*(?:\([^()\n]{1,60}\)[ \t]*)?(?:[-:–][ \t]*)?\Z",
    r"\b(?:since|after|before|with|despite|like|unlike|until|during|pending)\s+the\s+$",
    r"\b(?:due\s+to|because\s+of|thanks\s+to|owing\s+to|caused\s+by)\s+(?:(?:the|a)\s+)?$",
    r"\bas\s+(?:a\s+)?part\s+of\s+(?:the\s+)?$",
    r"\b(?:was|were|been|itself)\s+(?:(?:itself\s+)?(?:a|the)\s+(?:partial\s+|full\s+|plain\s+)?)?$",
    r"\b(?:verif|test|check|confirm|reproduc|prov)\w*\s+(?:[\w']+\s+){0,3}by\s+(?:\w+ly\s+)?$",
    # what is read, quoted or typed
    r"\bsee\s+(?:also\s+)?(?:the\s+)?$|\bgit\s+$|`\s*$|(?<!\S)[\"“'‘`]this\s+$",
)
_DENIED = re.compile("|".join(_BEFORE), re.IGNORECASE)
# "If it fails, please revert X"
_IF_SO = re.compile(r"(?<![^.;:(\n])\s{0,3}(?:if|should)\b[^.;:]{1,90},\Z", re.IGNORECASE)
_SO = re.compile(r",\s{1,3}(?:(?:then|please|just|simply)\s{1,3})?\Z")
# "Reverting X will cause trouble": what would be, and not what is done
_SUPPOSED = re.compile(
    r"[\s,]{0,3}(?:will|would|could|may|might|can|cannot|breaks?|causes?|makes?|helps?|fixes"
    r"|solves|resolves|does|did|is|was|seems?|appears?|results?|resulted|caused|broke|led|made"
    r"|introduced|turned)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"[^.\n]{0,60}?\bin the (?:previous|next|following|preceding|last) (?:commit|patch|change)",
    re.IGNORECASE,
)


def is_denied(text: str, verb_start: int) -> bool:
    """Does what stands before a verb say that nothing is reverted here?

    >>> is_denied("we can either revert it or not", 14)
    True
    """
    if _DENIED.search(text, max(0, verb_start - _BEFORE_VERB), verb_start):
        return True
    so = _SO.search(text, max(0, verb_start - 16), verb_start)
    start = max(0, verb_start - _IN_A_SENTENCE)
    return so is not None and _IF_SO.search(text, start, so.start() + 1) is not None


def is_told_of(text: str, verb: str, end: int) -> bool:
    """Does a sentence speak of a revert that is elsewhere, or that might be?

    *end* is where the names of what is reverted end, and what is said of them in brackets.
    """
    if is_supposed(text, verb, end):
        return True
    return verb.lower() == "revert" and _ELSEWHERE.match(text, end, end + 120) is not None


def is_supposed(text: str, verb: str, end: int) -> bool:
    """Does a sentence tell what undoing something would do?

    >>> is_supposed("Reverting #31 will cause a flood", "Reverting", 13)
    True
    """
    return verb.lower().endswith("ing") and _SUPPOSED.match(text, end, end + 30) is not None
