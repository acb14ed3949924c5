"""Detects help texts that only repeat what the field's label and its step already say."""

import re

FILLER = {
    "a", "add", "added", "an", "and", "any", "apply", "applied", "are", "as", "at", "be", "been",
    "belong", "belongs", "by", "can", "each", "enter", "entered", "for", "from", "full", "given",
    "goes", "has", "have", "in", "is", "it", "its", "number", "of", "on", "one", "or", "our", "set",
    "stored", "text", "that", "the", "their", "them", "there", "these", "they", "this", "those", "time",
    "to", "use", "used", "value", "was", "were", "which", "with", "you", "your",
}  # fmt: skip
"""The words that are not compared, because they mean little by themselves."""
WORD = re.compile(r"[a-z]+")
ENDINGS = ("ing", "ed", "es", "s", "d")
SHORTEST = 3
"""The minimum number of letters that must remain when the ending of a word is removed."""


def repeats(text: str, label: str, step: str = "") -> bool:
    """Return True if each word of a help text also occurs in the field's label or in `step`.

    `step` contains the step's own texts. Words that mean little by themselves, such as `the` and `of`, are
    ignored, and so are endings: `The return that the receipts belong to.` says no more than the label
    `Return` in a step that finds the receipts of a return. The result is False for an empty text.
    """
    said = _stems(text)
    return bool(said) and said <= _stems(label) | _stems(step)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in WORD.findall(text.lower()) if word not in FILLER}


def _stem(word: str) -> str:
    ending = next((one for one in ENDINGS if word.endswith(one) and len(word) - len(one) >= SHORTEST), "")
    return word.removesuffix(ending).rstrip("e")
