"""Invented names, addresses, products and comments for generated returns; e-mail uses example domains."""

from decimal import Decimal
from typing import Final

from mock_server.seed.model import Reason, ReturnType

FIRST_NAMES: Final = (
    "Ada", "Amir", "Beatrix", "Callum", "Chloe", "Dario", "Edith", "Farid", "Grace", "Hugo", "Imogen",
    "Ivo", "Jasmin", "Kai", "Leila", "Lorenz", "Mabel", "Marek", "Nadia", "Nils", "Odette", "Oscar", "Petra",
    "Quinn", "Rosa", "Rufus", "Saskia", "Silas", "Tamsin", "Theo", "Una", "Viktor", "Willa", "Xenia",
    "Yusuf", "Zara",
)  # fmt: skip
LAST_NAMES: Final = (
    "Abbott", "Arden", "Barlow", "Castellan", "Dunmore", "Eastwick", "Fairburn", "Galloway", "Hartnell",
    "Inverell", "Jessop", "Kirkbride", "Lockyer", "Merriwa", "Northcott", "Oakden", "Pemberley", "Quarrier",
    "Rosevear", "Sandiford", "Thackeray", "Underhill", "Vasquez", "Wetherby", "Yarwood", "Zielinski",
)  # fmt: skip
MAIL_DOMAINS: Final = ("example.com", "example.com", "example.org", "example.net")

STREETS: Final = ("Banksia", "Bellbird", "Cooper", "Driftwood", "Harbour", "Ironbark", "Lantern", "Mulberry",
                  "Orchard", "Saltbush", "Tannery", "Windmill")  # fmt: skip
STREET_KINDS: Final = ("Street", "Road", "Lane", "Avenue", "Parade", "Crescent")
SUBURBS: Final = {
    "NSW": (2000, ("Kestrel Point", "Marlow Bend", "Upper Tallow", "Gumnut Flat")),
    "VIC": (3000, ("Ashgrove Hill", "Pellow Park", "Thornby East", "Wattle Reach")),
    "QLD": (4000, ("Coral Junction", "Mango Creek", "Palmers Landing")),
    "SA": (5000, ("Dry Vale", "Quandong Heights")),
    "WA": (6000, ("Jarrah Bay", "Swan Ridge")),
    "TAS": (7000, ("Huon Cross", "Penguin Cove")),
}
REGION_WEIGHTS: Final = {"NSW": 32, "VIC": 27, "QLD": 20, "SA": 7, "WA": 10, "TAS": 4}
AREA_CODES: Final = {"NSW": 2, "VIC": 3, "QLD": 7, "SA": 8, "WA": 8, "TAS": 3}
"""Area codes keyed by state. The regulator reserves 5550 0000 to 5550 9999 in each area for fiction."""
NZ_SUBURBS: Final = (("Auckland", 1010, "Tui Ridge"), ("Wellington", 6011, "Kowhai Bay"))

GOODS: Final = (
    ("TEE", "Organic Cotton Tee", Decimal("39.00"), "clothes"),
    ("LIN", "Linen Shirt", Decimal("89.95"), "clothes"),
    ("MER", "Merino Crew Knit", Decimal("129.00"), "clothes"),
    ("CHI", "Everyday Chinos", Decimal("99.95"), "clothes"),
    ("DEN", "Straight Leg Jeans", Decimal("139.00"), "clothes"),
    ("WRP", "Wrap Dress", Decimal("149.00"), "clothes"),
    ("RAI", "Packable Rain Jacket", Decimal("179.95"), "clothes"),
    ("SNK", "Canvas Sneakers", Decimal("109.00"), "shoes"),
    ("BOO", "Chelsea Boots", Decimal("219.00"), "shoes"),
    ("SAN", "Leather Sandals", Decimal("84.50"), "shoes"),
    ("TOT", "Market Tote", Decimal("45.00"), ""),
    ("BPK", "Commuter Backpack", Decimal("159.00"), ""),
    ("BTL", "Insulated Bottle", Decimal("34.95"), ""),
    ("LMP", "Desk Lamp", Decimal("119.00"), ""),
    ("KET", "Stovetop Kettle", Decimal("74.90"), ""),
    ("THR", "Wool Throw", Decimal("189.00"), ""),
)
"""Each product's code, name, price in AUD, and range of sizes (a key of `SIZES`)."""
COLOURS: Final = (("NVY", "Navy"), ("OLV", "Olive"), ("SND", "Sand"), ("BLK", "Black"), ("RST", "Rust"))
SIZES: Final = {
    "clothes": ("XS", "S", "M", "L", "XL"),
    "shoes": ("37", "38", "39", "40", "41", "42", "43"),
    "": ("",),
}

RETURN_TYPES: Final[dict[ReturnType, int]] = {"refund": 68, "exchange": 20, "store_credit": 12}
SIZED_REASONS: Final[dict[Reason, int]] = {
    "wrong_size": 44, "changed_mind": 26, "not_as_described": 12, "defective": 8, "wrong_item": 6,
    "damaged": 4,
}  # fmt: skip
UNSIZED_REASONS: Final[dict[Reason, int]] = {
    "changed_mind": 34, "defective": 24, "damaged": 20, "not_as_described": 14, "wrong_item": 8,
}  # fmt: skip
COMMENTS: Final[dict[Reason, tuple[str, ...]]] = {
    "changed_mind": ("Lovely, but not for me after all", "Bought two, keeping one", ""),
    "wrong_size": ("Too tight across the shoulders", "Runs large, need one size down", "Too short", ""),
    "wrong_item": ("I ordered the other colour", "This is somebody else's parcel"),
    "damaged": ("The box was crushed when it came", "Arrived damaged, the packaging was torn"),
    "defective": ("Faulty from the start, photos follow", "Came apart after two days"),
    "not_as_described": ("The colour is quite different from the pictures", "Not the material I expected"),
}

CARRIERS: Final = {"australia_post": 58, "startrack": 20, "tnt": 13, "tge": 9}
TRACKING_LETTERS: Final = {"australia_post": "APX", "startrack": "STK", "tnt": "TNT", "tge": "TGE"}
HUBS: Final = ("Tallow Sorting Centre", "Wattle Reach Depot", "Northern Gateway", "Quandong Freight Hub")
DOCK: Final = "Marlow Bend Warehouse"
MISHAPS: Final = ("Label damaged, relabelled at the hub", "Delayed by flooding", "Missorted, sent on")
LOST: Final = "Parcel cannot be found; the carrier is looking for it"

STAFF: Final = ("Priya (returns desk)", "Tom (warehouse)", "Noor (customer care)")
REMARKS: Final = (
    ("Customer asked when the parcel will be collected", False),
    ("We have your request and will answer within a business day", False),
    ("Regular customer, handle with priority", True),
    ("Asked for photos of the fault", False),
    ("Second return of this article this month, tell purchasing", True),
    ("Refund to the original card confirmed by phone", True),
)
REFUSALS: Final = {
    "requested": "Outside the return period, customer informed",
    "inspected": "Worn and washed, cannot be sold again; sent back to the customer",
}
