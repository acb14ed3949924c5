"""Make's naming rules: ids, file names, labels in sentence case, and the labels of modules."""

import re

from connector.definition.model import Action, Integration, Search, Trigger
from connector.definition.naming import ACRONYMS

# Proper nouns keep their capital letter in sentence case.
PROPER = {"Shopify", "Make", "Zapier", "OAuth"}
MODULE_ID = re.compile(r"[a-zA-Z][0-9a-zA-Z]{2,47}")


def camel(key: str) -> str:
    """Return the id for a key: `new_return` -> `newReturn`."""
    first, *others = key.split("_")
    return first + "".join(one[:1].upper() + one[1:] for one in others)


def kebab(name: str) -> str:
    """Return the name of a component's files and folder: `newReturn` -> `new-return`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def sentence(words: str, proper: frozenset[str] = frozenset()) -> str:
    """Return words in sentence case: `Order Name` -> `Order name`; `Store ID` and proper nouns stay."""
    first, *others = words.split(" ") if words else [""]
    names = PROPER | proper
    return " ".join([first[:1].upper() + first[1:], *(_lower_unless(one, names) for one in others)])


def _lower_unless(word: str, names: frozenset[str] | set[str]) -> str:
    bare = word.strip("().,:;")
    if bare in names or bare in ACRONYMS.values() or not bare[1:].islower():
        return word
    return word.replace(bare, bare[:1].lower() + bare[1:])


def proper_nouns(integration: Integration) -> frozenset[str]:
    """Return the words of the vendor's name."""
    return frozenset(integration.vendor.title.split(" "))


def plural(noun: str) -> str:
    """Return the plural of a noun: `return` -> `returns`, `reply` -> `replies`."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return noun + ("es" if re.search(r"(s|x|ch|sh)$", noun) else "s")


def article(noun: str) -> str:
    """Put the article before a noun: `a return`, `an order`, `an RMA`."""
    vowel = noun[:1] in "aeioAEIO" or (noun[:2].isupper() and noun[:1] in "FHLMNRSX")
    return f"{'an' if vowel else 'a'} {noun}"


def trigger_label(trigger: Trigger, noun: str) -> str:
    """Return a trigger's label: `Return Approved` -> `Watch approved returns`."""
    if own := trigger.labels.get("make"):
        return own
    words = lower_first(sentence(trigger.label))
    if words == f"new {noun}":
        return f"Watch new {plural(noun)}"
    happened = words.removeprefix(f"{noun} ")
    return f"Watch {happened} {plural(noun)}" if " " not in happened else f"Watch for {words}"


def action_label(action: Action) -> str:
    """Return an action's label: `Create Return` -> `Create a return`, `Add Note` -> `Add a note`."""
    if own := action.labels.get("make"):
        return own
    verb, _, rest = sentence(action.label).partition(" ")
    return f"{verb} {article(rest)}" if rest else verb


def search_label(search: Search, noun: str) -> str:
    """Return a search's label: `Find Return` -> `Search returns`, `Get Return` -> `Get a return`."""
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
    """Lower the first letter, except of an acronym: `Returns report` -> `returns report`."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
