"""Seeded mistakes in the generated Zapier apps."""

from support.mistakes.seeding import Mistake, instead

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "filter lost after the first page",
        "zapier",
        "returnmate",
        instead(
            "lib/pages.js",
            "{ path, query, from, size, missing });",
            "{ path, query: read ? {} : query, from, size, missing });",
        ),
        "filters_on_page_2",
    ),
    Mistake(
        "only the first page is read",
        "zapier",
        "swap",
        instead("lib/pages.js", "if (page.next === undefined) return;", "return;"),
        "more_than_a_page",
    ),
    Mistake(
        "line items are sent twice",
        "zapier",
        "returnmate",
        instead(
            "lib/inputs.js",
            "[value].flat().filter((one) => !isEmpty(one));",
            "[value, value].flat().filter((one) => !isEmpty(one));",
        ),
        "line_items",
    ),
    Mistake(
        "blank line items are sent",
        "zapier",
        "returnmate",
        instead("lib/inputs.js", "[value].flat().filter((one) => !isEmpty(one));", "[value].flat();"),
        "line_items",
    ),
    Mistake(
        "empty inputs are sent",
        "zapier",
        "returnmate",
        instead("lib/values.js", "return trimmed(value) === '';", "return false;"),
        "optional_fields",
    ),
    Mistake(
        "records are distinguished by their status",
        "zapier",
        "returnmate",
        instead("triggers/new_return.js", "identifiedBy(['id']", "identifiedBy(['status']"),
        "equal_timestamps",
    ),
    Mistake(
        "changes are distinguished by the record alone",
        "zapier",
        "swap",
        instead(
            "triggers/return_status_changed.js",
            "identifiedBy(['return_id', 'status']",
            "identifiedBy(['return_id']",
        ),
        "each_change_once",
    ),
    Mistake(
        "the vendor's message is shown unmasked",
        "zapier",
        "swap",
        instead("lib/words.js", "shown.replaceAll(secret, '[hidden]')", "shown"),
        "no_secret_in_logs",
    ),
    Mistake(
        "an expired login is reported as any other error",
        "zapier",
        "swap",
        instead("vendor.js", "401: 'authentication'", "401: 'unexpected'"),
        "login_lost_mid_run",
    ),
    Mistake(
        "a missing record is an error of a search",
        "zapier",
        "returnmate",
        instead("lib/middleware.js", "response.status === 404 &&", "response.status === 410 &&"),
        "search_miss",
    ),
    Mistake(
        "a dropdown repeats its first page",
        "zapier",
        "returnmate",
        instead("lib/dropdowns.js", "const number = bundle.meta?.page ?? 0;", "const number = 0;"),
        "dropdown_page_2",
    ),
    Mistake(
        "a value shared by two records is listed twice",
        "zapier",
        "swap",
        instead("lib/dropdowns.js", "return uniqueChoices(choices);", "return choices;"),
        "dropdown_page_2",
    ),
    Mistake(
        "an input names a dropdown that does not exist",
        "zapier",
        "returnmate",
        instead("creates/add_note.js", "dynamic: 'return.id.label'", "dynamic: 'returns.id.label'"),
        "D005",
    ),
    Mistake(
        "a sample without its id",
        "zapier",
        "returnmate",
        instead("records/shipment.js", "id: 'shp_8wn2c65tr0jz'", "ident: 'shp_8wn2c65tr0jz'"),
        "D010",
    ),
)
