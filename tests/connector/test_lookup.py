"""What is said about the key of a trigger, action or search that is looked up as another kind."""

import pytest
from support.each import each

from connector.definition.compiler import integration, vendors
from connector.definition.lookup import by_key
from connector.errors import UnknownKey


@pytest.mark.parametrize("vendor", vendors())
def test_a_key_of_another_kind_is_named_as_what_it_is(vendor: str) -> None:
    made = integration(vendor)
    kinds = {"trigger": made.triggers, "action": made.actions, "search": made.searches}
    words = {"trigger": "a trigger", "action": "an action", "search": "a search"}
    wrong = [
        (right, key, kind)
        for right, entries in kinds.items()
        for key in entries
        for kind, others in kinds.items()
        if key not in others
    ]
    for right, key, kind in each(wrong):
        with pytest.raises(UnknownKey) as refused:
            by_key(made, kind, kinds[kind], key)
        assert (
            refused.value.message == f'"{key}" is {words[right]} of {made.vendor.title}, not {words[kind]}.'
        )
