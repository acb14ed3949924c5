"""Builds component IDs, file names and labels that follow Make's naming rules."""

import re

from connector.definition.instant import LABEL, is_instant
from connector.definition.model import Action, Integration, PostedTrigger, Search, Trigger
from connector.definition.naming import ACRONYMS, plural

# Proper nouns that keep their capital letters in labels.
PROPER = {"Shopify", "Make", "Zapier", "OAuth"}
MODULE_ID = re.compile(r"[a-zA-Z][0-9a-zA-Z]{2,47}")


def camel(key: str) -> str:
    """Convert a catalog key to a component ID: `new_return` becomes `newReturn`."""
    first, *others = key.split("_")
    return first + "".join(one[:1].upper() + one[1:] for one in others)


def kebab(name: str) -> str:
    """Convert a component ID to the name of its folder and files: `newReturn` becomes `new-return`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def sentence(words: str, proper: frozenset[str] = frozenset()) -> str:
    """Convert a label to sentence case: `Order Name` becomes `Order name`.

    Acronyms and proper nouns keep their capital letters, as in `Store ID`. `proper` contains the vendor's
    proper nouns.
    """
    first, *others = words.split(" ") if words else [""]
    names = PROPER | proper
    return " ".join([first[:1].upper() + first[1:], *(_lower_unless(one, names) for one in others)])


def _lower_unless(word: str, names: frozenset[str] | set[str]) -> str:
    bare = word.strip("().,:;")
    if bare in names or bare in ACRONYMS.values() or not bare[1:].islower():
        return word
    return word.replace(bare, bare[:1].lower() + bare[1:])


def proper_nouns(integration: Integration) -> frozenset[str]:
    """Return the words in the vendor's name, which keep their capital letters in labels."""
    return frozenset(integration.vendor.title.split(" "))


def article(noun: str) -> str:
    """Add an indefinite article to a noun: `a return`, `an order`, `an RMA`."""
    vowel = noun[:1] in "aeioAEIO" or (noun[:2].isupper() and noun[:1] in "FHLMNRSX")
    return f"{'an' if vowel else 'a'} {noun}"


def trigger_label(trigger: Trigger, noun: str) -> str:
    """Build a trigger's label for Make: `Return Approved` becomes `Watch approved returns`.

    If the catalog contains a label for Make, that label is used instead. An instant trigger's label adds that
    events may be missed; a trigger of the catalog that also has a webhook polls, so its label does not.
    """
    if is_instant(trigger):
        polled = trigger.model_copy(update={"hook": None, "label": trigger.label.removesuffix(LABEL)})
        return trigger_label(polled, noun) + LABEL.lower()
    return trigger.labels.get("make") or _watch(trigger.label, noun)


def posted_label(trigger: PostedTrigger, noun: str) -> str:
    """Build the label of a posted trigger for Make, by the same rules as `trigger_label`."""
    return trigger.labels.get("make") or _watch(trigger.label, noun)


def _watch(label: str, noun: str) -> str:
    words = lower_first(sentence(label))
    if words == f"new {noun}":
        return f"Watch new {plural(noun)}"
    happened = words.removeprefix(f"{noun} ")
    return f"Watch {happened} {plural(noun)}" if " " not in happened else f"Watch for {words}"


def action_label(action: Action) -> str:
    """Build an action's label for Make: `Create Return` becomes `Create a return`.

    If the catalog contains a label for Make, that label is used instead.
    """
    if own := action.labels.get("make"):
        return own
    verb, _, rest = sentence(action.label).partition(" ")
    return f"{verb} {article(rest)}" if rest else verb


def search_label(search: Search, noun: str) -> str:
    """Build a search's label for Make.

    For example, `Find Return` becomes `Search returns`, and `Get Return` becomes `Get a return`. If the
    catalog contains a label for Make, that label is used instead.
    """
    if own := search.labels.get("make"):
        return own
    label = sentence(search.label)
    verb, _, rest = label.partition(" ")
    if search.kind == "find":
        return f"Search {plural(noun)}"
    if search.kind == "list":
        return f"List {rest}" if verb in ("Find", "List") else f"{verb} {article(rest)}"
    if verb in ("Get", "Find"):
        return f"Get {article(rest)}"
    return f"Get {article(lower_first(label))}"


def lower_first(words: str) -> str:
    """Convert the first letter to lower case, unless the text begins with an acronym.

    For example, `Returns report` becomes `returns report`.
    """
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
