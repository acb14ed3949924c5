"""Names as people read them, and the nearest right name for a wrong one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

ACRONYMS = {"id": "ID", "url": "URL", "rma": "RMA", "sku": "SKU", "api": "API", "crm": "CRM", "erp": "ERP"}
SMALL = {"a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to"}
JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
"""Where a word ends inside a camelCase name."""


def title(name: str) -> str:
    """`rma_number` -> "RMA Number", `label_sent` -> "Label Sent", `orderId` -> "Order ID"."""
    words = JOINT.sub("_", name).replace("-", "_").replace(".", "_").strip("_").split("_")
    return " ".join(
        ACRONYMS.get(word.lower()) or (word if index and word in SMALL else word[:1].upper() + word[1:])
        for index, word in enumerate(words)
        if word
    )


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return the end of an error sentence, `; did you mean list_returns?`, or nothing when none is near."""
    names = list(known)
    near = get_close_matches(wrong.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if not near:
        return ""
    return f"; did you mean {next(name for name in names if name.lower() == near[0])}?"


def listed(names: Iterable[str]) -> str:
    """Return `a, b or c`."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else "nothing"


def camel(name: str) -> str:
    """`get_rma` -> `getRma`, for platforms whose names have no underscores."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
