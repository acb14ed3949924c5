"""Make's rules for names: ids, file names, labels in sentence case, and how a module is called."""

import re

from connector.definition.model import Action, Integration, Search, Trigger
from connector.definition.naming import ACRONYMS

# Names that keep their capital letter inside a sentence.
PROPER = {"Shopify", "Make", "Zapier", "OAuth"}
MODULE_ID = re.compile(r"[a-zA-Z][0-9a-zA-Z]{2,47}")


def camel(key: str) -> str:
    """`new_return` -> `newReturn`; the same key always makes the same id."""
    first, *others = key.split("_")
    return first + "".join(one[:1].upper() + one[1:] for one in others)


def kebab(name: str) -> str:
    """`newReturn` -> `new-return`: how files and folders are called."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def sentence(words: str, proper: frozenset[str] = frozenset()) -> str:
    """`Store ID` stays, `Order Name` -> `Order name`: only the first word and names have a capital letter."""
    first, *others = words.split(" ") if words else [""]
    kept = PROPER | proper
    return " ".join([first[:1].upper() + first[1:], *(_inside(one, kept) for one in others)])


def _inside(word: str, kept: frozenset[str] | set[str]) -> str:
    bare = word.strip("().,:;")
    if bare in kept or bare in ACRONYMS.values() or not bare[1:].islower():
        return word
    return word.replace(bare, bare[:1].lower() + bare[1:])


def proper_nouns(integration: Integration) -> frozenset[str]:
    """Names of the vendor."""
    return frozenset(integration.vendor.title.split(" "))


def plural(noun: str) -> str:
    """`return` -> `returns`, `reply` -> `replies`."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return noun + ("es" if re.search(r"(s|x|ch|sh)$", noun) else "s")


def article(noun: str) -> str:
    """`a return`, `an order`, `an RMA`."""
    vowel = noun[:1] in "aeioAEIO" or (noun[:2].isupper() and noun[:1] in "FHLMNRSX")
    return f"{'an' if vowel else 'a'} {noun}"


def trigger_label(trigger: Trigger, noun: str) -> str:
    """`New Return` -> `Watch new returns`, `Return Approved` -> `Watch approved returns`."""
    if own := trigger.labels.get("make"):
        return own
    words = lower_first(sentence(trigger.label))
    if words == f"new {noun}":
        return f"Watch new {plural(noun)}"
    happened = words.removeprefix(f"{noun} ")
    return f"Watch {happened} {plural(noun)}" if " " not in happened else f"Watch for {words}"


def action_label(action: Action) -> str:
    """`Create Return` -> `Create a return`, `Add Note` -> `Add a note`."""
    if own := action.labels.get("make"):
        return own
    verb, _, rest = sentence(action.label).partition(" ")
    return f"{verb} {article(rest)}" if rest else verb


def search_label(search: Search, noun: str) -> str:
    """`Find Return` -> `Search returns`, `Find Customer Returns` -> `List customer returns`."""
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
    """`Returns report` -> `returns report`; acronyms stay."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
