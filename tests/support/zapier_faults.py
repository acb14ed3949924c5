"""For each check of the Zapier lint: changes of the model app that it must find, and HARMLESS ones."""

import json
from typing import Any

from support.zapier_model_app import LINES, PACKAGE, PARCEL

Change = tuple[str, Any]
LOGIN = "authentication.fields.0"
TRIGGER, HOOK, CREATE = "triggers.new_parcel", "triggers.parcel_moved", "creates.move_parcel"
SEARCH, PAIR = "searches.find_parcel", "searchOrCreates.find_parcel"
INPUT = f"{CREATE}.operation.inputFields.0"
SAMPLE = f"{TRIGGER}.operation.sample"
UPPER = "A" * 1001
REQUEST = "await z.request({ url: at(path), signal: stop.signal, size: 9, redirect: 'manual' });"


def package(**values: Any) -> Change:
    return "/package.json", json.dumps({k: v for k, v in {**PACKAGE, **values}.items() if v is not None})


def several(**operation: Any) -> dict[str, Any]:
    """Return a search for several records."""
    return {"display": {"description": "Finds all parcels of a shop."}, "operation": operation}


FAULTS: dict[str, tuple[Change, ...]] = {
    "D001": (
        (f"{INPUT}.key", "api_token"),
        (f"{CREATE}.operation.inputFields.1.children.0.type", "password"),
    ),
    "D002": (
        (f"{LOGIN}.helpText", "Look for it."),
        (f"{LOGIN}.helpText", "At https://shop.example/keys."),
        (f"{LOGIN}.helpText", "See [the shop](https://shop.example)."),
        (f"{LOGIN}.helpText", "See [the shop](https://shop.example/)."),
    ),
    "D003": (
        ("authentication.connectionLabel", "Parcels"),
        ("authentication.connectionLabel", "{{api_key}}"),
    ),
    "D004": (
        (f"{INPUT}.dynamic", None),
        (INPUT, {"key": "parcel", "label": "Parcel ID"}),
        (INPUT, {"key": "line_uuid", "label": "Line"}),
        (INPUT, {"key": "line", "label": "Line UUID"}),
        (f"{CREATE}.operation.inputFields.1.children.0.key", "line_id"),
    ),
    "D005": (
        (f"{INPUT}.dynamic", "nothing.id.label"),
        (f"{INPUT}.dynamic", "parcel.id.name"),
        (f"{INPUT}.dynamic", "parcel"),
    ),
    "D006": ((f"{HOOK}.operation.performList", None),),
    "D007": (("/vendor.js", "export default { url: 'http://api.shop.example' };"),),
    "D008": (
        (f"{INPUT}.helpText", "See https://shop.example."),
        (f"{INPUT}.helpText", "See [parcels(https://shop.example)."),
        (f"{INPUT}.helpText", "See [parcels](shop.example)."),
        (f"{LOGIN}.helpText", "See [parcels](http://shop.example)."),
    ),
    "D009": ((f"{SEARCH}.operation.inputFields", []),),
    "D010": ((f"{SAMPLE}.id", None), (f"{SAMPLE}.id", "")),
    "D011": (
        (f"{INPUT}.helpText", "The parcel."),
        (f"{INPUT}.helpText", "The parcel to move."),
        (f"{LOGIN}.helpText", "Your API key"),
    ),
    "D012": ((SAMPLE, None), (f"{CREATE}.operation.sample", {})),
    "D013": ((f"{INPUT}.search", "nothing.id"), (f"{INPUT}.search", "find_parcel.nothing")),
    "D014": ((f"{INPUT}.dynamic", None),),
    "D015": ((f"{PAIR}.create", "nothing"), (f"{PAIR}.search", "nothing")),
    "D016": (("", None),),
    "D017": ((f"{HOOK}.operation.performSubscribe", None), (f"{HOOK}.operation.performUnsubscribe", None)),
    "D018": (
        (f"{TRIGGER}.display.label", "New parcel"),
        (f"{PAIR}.display.label", "find or Move Parcel"),
        (f"{TRIGGER}.noun", "parcel"),
    ),
    "D021": (
        (f"{TRIGGER}.display.description", "When a parcel is made."),
        (f"{HOOK}.display.description", "Triggers when it moves"),
    ),
    "D022": ((f"{CREATE}.operation.inputFields", ["$func$2$f$"]), (f"{CREATE}.operation.inputFields", [])),
    "D023": (
        (f"{SAMPLE}.made_at", "2026-10-31"),
        (f"{SAMPLE}.made_at", "2026-10-31T09:30:00"),
        (f"{SAMPLE}.made_at", "31 Oct 2026 09:30"),
        (f"{SAMPLE}.status", "2026-10-31 09:30"),
    ),
    "D024": (
        (f"{SAMPLE}.lines.0.quantity", "1"),
        (f"{SAMPLE}.lines.0.quantity", True),
        (f"{SAMPLE}.shop.name", 1),
        (f"{SAMPLE}.id", None),
    ),
    "D025": ((f"{INPUT}.helpText", "[Go](javascript:alert(1))"), (f"{SAMPLE}.status", "data:text/html,x")),
    "D026": (
        ("/vendor.js", "const url = `https://${bundle.authData.shop}.shop.example`;"),
        ("/vendor.js", "export default { url: 'https://{{bundle.authData.shop}}/v1' };"),
        (f"{LOGIN}.inputFormat", "https://{{input}}.shop.example"),
    ),
    "M002": (
        package(description="Parcels."),
        package(description="Parcels is a way to connect parcels with Zapier for you."),
    ),
    "H001": ((f"{LOGIN}.type", "string"), (f"{LOGIN}.isNoSecret", True)),
    "H002": ((f"{CREATE}.operation.inputFields", [LINES, PARCEL]),),
    "H003": ((f"{CREATE}.operation.inputFields.1.children.0.key", "parcel_id"),),
    "H004": ((f"{CREATE}.operation.inputFields", [PARCEL] * 31), (f"{INPUT}.helpText", UPPER)),
    "H005": (
        (f"{CREATE}.display.description", "Move a parcel."),
        (f"{SEARCH}.display.description", "Looks for a parcel."),
        (f"{PAIR}.display.description", "Finds a parcel"),
    ),
    "H006": (
        (f"{TRIGGER}.display.label", UPPER),
        (f"{TRIGGER}.display.description", UPPER),
        (f"{CREATE}.display.description", "Moves."),
        (f"{CREATE}.display.label", "Move for Zapier"),
        (f"{CREATE}.display.description", "Moves a parcel of Parcels."),
    ),
    "H007": (
        (f"{INPUT}.label", None),
        (f"{INPUT}.label", "parcel"),
        (f"{CREATE}.operation.inputFields.1.children.0.label", None),
        (f"{TRIGGER}.operation.outputFields.1.label", "status"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Lines Price Price Amount"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Gift Card Gift Card Total"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Lines Line ID"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Rmas RMAs Status"),
    ),
    "H008": ((f"{HOOK}.display.label", "New Parcel"),),
    "H009": (
        (f"{SAMPLE}.colour", "red"),
        (f"{SAMPLE}.lines.0.colour", "red"),
        (f"{SAMPLE}.shop.colour", "red"),
    ),
    "H010": (
        package(dependencies={"zapier-platform-core": "^19.1.0"}),
        package(dependencies={"zapier-platform-core": "19.0.0"}),
        ("/package-lock.json", json.dumps({})),
    ),
    "H011": (
        package(type=None),
        package(exports=None, main="index.js"),
        package(version="2.0.0"),
        ("/.zapierapprc", "{}"),
    ),
    "H012": (
        (f"{SEARCH}.display.label", "Parcels Report"),
        (f"{SEARCH}.display.label", "List Parcels"),
        (f"{SEARCH}.display.label", "Get Parcel"),
        (f"{CREATE}.display.label", "Parcel Moved"),
        (f"{PAIR}.display.label", "Find Parcel"),
    ),
    "H013": (
        (f"{INPUT}.choices", [{"value": "IN_TRANSIT", "label": "IN_TRANSIT"}]),
        (f"{INPUT}.choices", [{"value": "PENDING", "label": "PENDING"}]),
        (f"{INPUT}.choices", {"open": "open"}),
        (f"{INPUT}.choices", ["in_transit"]),
    ),
    "H014": (
        ("/lib/api.js", "await z.request({ url, signal, size });"),
        ("/lib/api.js", "await z.request(url);"),
        ("/lib/api.js", "await z.request({ url, signal, size, redirect: 'follow' });"),
        ("/lib/api.js", f"{REQUEST} await z.request(url, {{ headers: known(1) }});"),
        (f"{CREATE}.operation.perform", {"url": "https://shop.example", "method": "POST"}),
        ("authentication.test", {"url": "https://shop.example"}),
    ),
    "H015": (
        ("/lib/api.js", "await z.request({ url, size, redirect: 'manual' });"),
        ("/lib/api.js", "await z.request({ url, signal, redirect: 'manual' });"),
        ("/lib/api.js", "await z.request(url);"),
    ),
    "H016": (
        (f"{SEARCH}.display.description", "Finds all parcels of a shop."),
        (f"{SEARCH}.display.description", "Finds the parcels that a shop sent."),
        (SEARCH, several(outputFields=[{"key": "count"}, {"key": "found"}])),
        (SEARCH, several(outputFields=[{"key": "parcels[]id"}, {"key": "found"}])),
    ),
    "H017": (
        (f"{TRIGGER}.operation.outputFields.1.label", "ID"),
        (f"{CREATE}.operation.inputFields.1.label", "Parcel"),
    ),
    "H018": (
        (f"{TRIGGER}.display.label", "Parcel Updated"),
        (f"{TRIGGER}.display.label", "Parcel Created or Updated"),
        (f"{TRIGGER}.display.label", "Updated Parcel"),
    ),
    "H019": (
        (f"{TRIGGER}.operation.outputFields.1.key", "payment__iban"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Bank Account Number"),
        (f"{SAMPLE}.bankAccountDetails", {"name": "Example"}),
    ),
    "H020": (
        (f"{TRIGGER}.operation.outputFields.1.key", "isOpen"),
        (f"{TRIGGER}.operation.outputFields.1.key", "shop__is_open"),
        (f"{SAMPLE}.status", "false"),
    ),
}
HARMLESS: dict[str, tuple[Change, ...]] = {
    "D003": (
        ("authentication.connectionLabel", "{{bundle.authData.shop}}"),
        ("authentication.connectionLabel", "$func$2$f$"),
    ),
    "D004": (
        (INPUT, {"key": "parcel_id", "label": "Parcel ID", "choices": ["1"]}),
        (f"{INPUT}.key", "grid"),
        (INPUT, {"key": "order_id", "label": "Order", "helpText": "The shop's; map it from there."}),
    ),
    "D007": (
        ("/lib/x.js", "/** http://a.example */\n  // http://b.example\n"),
        ("/README.md", "http://127.0.0.1"),
    ),
    "D008": (
        (f"{INPUT}.helpText", "Like `https://shop.example/1`. See [it](https://shop.example) [or not]."),
    ),
    "D010": ((f"{HOOK}.operation.sample", {"status": "open"}),),
    "D016": ((f"{HOOK}.operation.performSubscribe", None),),
    "D018": ((f"{TRIGGER}.display.label", "New Parcel of the Day"),),
    "D023": (
        (f"{SAMPLE}.made_at", "2026-10-31T09:30:00.5+01:00"),
        (f"{SAMPLE}.made_at", None),
        (f"{SAMPLE}.status", "2026-10-31"),
    ),
    "D024": ((f"{SAMPLE}.shop", None), (f"{SAMPLE}.status", None)),
    "D025": ((f"{INPUT}.helpText", "The data: a list of parcels."),),
    "D026": (("/vendor.js", "const url = `${base}/v1/${id}`; const at = 'https://api.shop.example/${x}';"),),
    "H002": ((f"{CREATE}.operation.inputFields", [{**LINES, "altersDynamicFields": True}, PARCEL]),),
    "H006": ((f"{TRIGGER}.display.description", "Triggers when a parcel of any kind is made."),),
    "H007": (
        (f"{INPUT}.label", "Number of the Parcel"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Order Ordered At"),
        (f"{TRIGGER}.operation.outputFields.1.label", "Line Deadline"),
    ),
    "H009": ((f"{SAMPLE}.lines", []), (f"{SAMPLE}.shop", None)),
    "H012": ((f"{SEARCH}.display.label", "Find Parcel Report"),),
    "H013": (
        (
            f"{INPUT}.choices",
            [{"value": "tnt", "label": "TNT"}, {"value": "in_transit", "label": "In Transit"}],
        ),
        (f"{INPUT}.choices", {"open": "Open"}),
        (f"{INPUT}.choices", {"perform": "$func$2$f$"}),
    ),
    "H014": (
        ("/lib/api.js", REQUEST),
        ("/lib/api.js", "// await z.request(url)\n"),
        ("/test/x.test.js", "await z.request(url);"),
        (f"{CREATE}.operation.perform", {"url": "https://shop.example", "redirect": "manual"}),
    ),
    "H015": (("/lib/api.js", REQUEST), ("/test/x.test.js", "await z.request(url);")),
    "H016": (
        (f"{SEARCH}.display.description", "Finds the status of a parcel."),
        (SEARCH, several(outputFields=[{"key": "found"}, {"key": "count"}, {"key": "parcels[]id"}])),
    ),
    "H017": ((f"{TRIGGER}.operation.outputFields.1.label", "Status ID"),),
    "H018": ((f"{TRIGGER}.display.label", "Updated Parcel Status"),),
    "H019": ((f"{TRIGGER}.operation.outputFields.1.label", "Banker"),),
    "H020": (
        (f"{TRIGGER}.operation.outputFields.1.key", "issue"),
        (f"{TRIGGER}.operation.outputFields.1", {"key": "isOpen", "label": "Open", "type": "boolean"}),
    ),
}
