"""Seeded mistakes in the built n8n packages."""

from support.mistakes.seeding import Mistake, instead

LIB = "dist/nodes/{}/lib/{}.js"
RETURNMATE, SWAP, RETURNGO = "ReturnMate", "Swap", "ReturnGo"

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "filter lost after the first page",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "pages"),
            "(run, operation, { ...reading, from });",
            "(run, operation, { ...reading, from, query: from === undefined ? reading.query : {} });",
        ),
        "filters_on_page_2",
    ),
    Mistake(
        "only the first page is read",
        "n8n",
        "swap",
        instead(LIB.format(SWAP, "pages"), "from = page.next;", "return;"),
        "more_than_a_page",
    ),
    Mistake(
        "nothing is remembered",
        "n8n",
        "returnmate",
        instead(LIB.format(RETURNMATE, "polling"), "kept.memory = JSON.stringify(next);", ""),
        "new_record_once",
    ),
    Mistake(
        "the first poll fires",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "polling"),
            "return { found: [], next: memory };",
            "return { found: rows, next: memory };",
        ),
        "first_poll",
    ),
    Mistake(
        "no overlap",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "polling"),
            "return (memory.watermark ?? now) - overlap * SECOND;",
            "return memory.watermark ?? now;",
        ),
        "late_record",
    ),
    Mistake(
        "a failed poll is not repeated",
        "n8n",
        "swap",
        instead(
            LIB.format(SWAP, "polling"),
            "const memory = last?.key === key ? last : undefined;",
            "const memory = last?.key === key ? last : undefined; kept.memory = '{}';",
        ),
        "too_many_requests",
    ),
    Mistake(
        "a state fires again",
        "n8n",
        "returngo",
        instead(LIB.format(RETURNGO, "memory"), "if (entry)", "if (!known && entry)"),
        "each_change_once",
    ),
    Mistake(
        "secrets are shown",
        "n8n",
        "returnmate",
        instead(LIB.format(RETURNMATE, "failures"), "'[hidden]'", "secret"),
        "no_secret_in_logs",
    ),
    Mistake(
        "blank line items are sent",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "inputs"), "if ((0, words_1.isEmpty)(given[input.name])) {", "if (false) {"
        ),
        "optional_fields",
    ),
    Mistake(
        "a failed write is sent again",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "requests"),
            "if (!again || (0, failures_1.kindOf)(run, answer) !== 'rate_limited')",
            "if (!again)",
        ),
        "vendor_failure",
    ),
    Mistake(
        "a search returns what it did not search for",
        "n8n",
        "returnmate",
        instead(
            LIB.format(RETURNMATE, "compare"),
            "const fits = (match, row) => match.every((one) => "
            "(0, paths_1.everyAt)(row, one.path).some((value) => isSame(one, value)));",
            "const fits = () => true;",
        ),
        "search_miss",
    ),
    Mistake(
        "a dropdown ends with its first page",
        "n8n",
        "returnmate",
        instead(LIB.format(RETURNMATE, "dropdowns"), "from = page.next;", "from = undefined;"),
        "dropdown_page_2",
    ),
)
