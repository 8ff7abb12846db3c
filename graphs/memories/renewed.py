"""Whether a sentence tells that something of a thing is another now: "my trip has another date". English."""

from __future__ import annotations

import re

_KIND = r"(?P<kind>date|day|time|hour|code|combination|password|number|name|place|spot)"
_THING = r"(?:my|our|the)\s+(?P<thing>(?:[\w'-]+\s+){0,3}?[\w'-]+)"
_END = r"(?=\s*(?:[,;:]|\bto\b|\bit's\b|\bnow\b|$))"
_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # There's another date for my trip, we have a new code for the shed
        rf"(?:there's|there is|i have|i've got|we have|we've got|they gave (?:me|us)|i was given) "
        rf"(?:another|a new|a different) {_KIND} (?:for|of) {_THING}{_END}",
        # Somebody changed the code for the shed, I've moved the date of my trip
        rf"\w+(?:'ve|'s| have| has)? (?:just )?(?:changed|reset|moved|shifted|"
        rf"renewed|replaced) the {_KIND} (?:for|of) {_THING}{_END}",
        # The rabbit of ours got a new name, my rabbit has another name
        rf"(?:my|our|the)\s+(?P<thing>(?:[\w-]+\s+){{0,2}}?[\w-]+)(?: of (?:ours|mine))? "
        rf"(?:got|has|has got|was given) (?:a new|another|a different) {_KIND}{_END}",
    )
)


def renewed(text: str) -> tuple[str, str] | None:
    """Returns what of a thing is another now, and the thing: ("date", "trip"); None for other sentences."""
    for form in _FORMS:
        if found := form.match(text):
            return found["kind"].lower(), found["thing"]
    return None
