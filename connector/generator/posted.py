"""States in the READMEs of apps what their posted triggers promise."""

TOGETHER = "All triggers"
"""What READMEs call the posted triggers of an app where a sentence concerns all of them."""
LATE = (
    "The hub polls the vendors within their limits, and each trigger runs as soon as the hub has found the "
    "event. The page of the hub, and `returns hub plan`, state how late that is at most."
)


def misses(platform: str) -> str:
    """Describe the events that posted triggers can miss; `platform` is the name of the app's platform."""
    return (
        f"Events that the hub finds while {platform} does not accept its posts are sent again for a day. "
        "Then the hub gives them up: it lists them, and later events of the same return have `gap` set to "
        "true."
    )
