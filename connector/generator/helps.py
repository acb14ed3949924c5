"""Judges help texts: a text that only repeats what its label and its step already say is of no use."""

import re

FILLER = {
    "a", "add", "added", "an", "and", "any", "apply", "applied", "are", "as", "at", "be", "been",
    "belong", "belongs", "by", "can", "each", "enter", "entered", "for", "from", "full", "given",
    "goes", "has", "have", "in", "is", "it", "its", "number", "of", "on", "one", "or", "our", "set",
    "stored", "text", "that", "the", "their", "them", "there", "these", "they", "this", "those", "time",
    "to", "use", "used", "value", "was", "were", "which", "with", "you", "your",
}  # fmt: skip
"""Words that say little by themselves."""
WORD = re.compile(r"[a-z]+")
ENDINGS = ("ing", "ed", "es", "s", "d")
SHORTEST = 3
"""How many letters of a word remain at least when its ending is removed."""


def repeats(text: str, label: str, step: str = "") -> bool:
    """Check whether a help text has no word that its label, or the texts of its step, do not have.

    Words that mean little by themselves, such as `the` and `of`, do not count, and neither do endings:
    `The return that the receipts belong to.` says no more than the label `Return` in a step that finds the
    receipts of a return. An empty text repeats nothing.
    """
    said = _stems(text)
    return bool(said) and said <= _stems(label) | _stems(step)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in WORD.findall(text.lower()) if word not in FILLER}


def _stem(word: str) -> str:
    ending = next((one for one in ENDINGS if word.endswith(one) and len(word) - len(one) >= SHORTEST), "")
    return word.removesuffix(ending).rstrip("e")
