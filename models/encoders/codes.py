"""Short codes that a description asks for in place of names: states of the USA, currencies.

"California" where a state's abbreviation is wanted is "CA", "Boston" where "City, State" is wanted is
"Boston, MA" (the large cities are known, others stay as they were said), "euros" as a currency is "EUR".
"""

from __future__ import annotations

import re

_NAMES = (
    "AL alabama, AK alaska, AZ arizona, AR arkansas, CA california, CO colorado, CT connecticut, DE "
    "delaware, FL florida, GA georgia, HI hawaii, ID idaho, IL illinois, IN indiana, IA iowa, KS kansas, "
    "KY kentucky, LA louisiana, ME maine, MD maryland, MA massachusetts, MI michigan, MN minnesota, MS "
    "mississippi, MO missouri, MT montana, NE nebraska, NV nevada, NH new hampshire, NJ new jersey, NM "
    "new mexico, NY new york, NC north carolina, ND north dakota, OH ohio, OK oklahoma, OR oregon, PA "
    "pennsylvania, RI rhode island, SC south carolina, SD south dakota, TN tennessee, TX texas, UT utah, "
    "VT vermont, VA virginia, WA washington, WV west virginia, WI wisconsin, WY wyoming"
)
_STATES = {row[3:]: row[:2] for row in _NAMES.split(", ")}
_CITIES = {
    city: state
    for state, cities in {
        "NY": "new york/new york city/buffalo",
        "CA": "los angeles/san diego/san jose/san francisco/fresno/sacramento/long beach/oakland/anaheim",
        "IL": "chicago",
        "TX": "houston/san antonio/dallas/austin/fort worth/el paso",
        "AZ": "phoenix/tucson/mesa",
        "PA": "philadelphia/pittsburgh",
        "FL": "jacksonville/miami/tampa/orlando",
        "OH": "cleveland/cincinnati",
        "NC": "charlotte/raleigh",
        "IN": "indianapolis",
        "WA": "seattle",
        "CO": "denver/colorado springs",
        "OK": "oklahoma city/tulsa",
        "TN": "nashville/memphis",
        "MA": "boston",
        "NV": "las vegas",
        "OR": "portland",
        "MI": "detroit",
        "KY": "louisville",
        "MD": "baltimore",
        "WI": "milwaukee",
        "NM": "albuquerque",
        "MO": "kansas city/st. louis",
        "GA": "atlanta",
        "NE": "omaha",
        "MN": "minneapolis",
        "LA": "new orleans",
        "HI": "honolulu",
        "UT": "salt lake city",
    }.items()
    for city in cities.split("/")
}
_CURRENCIES = {
    name: code
    for code, names in {
        "USD": "us dollar/u.s. dollar/american dollar/dollar/united states dollar",
        "EUR": "euro",
        "GBP": "british pound/pound/pound sterling/sterling",
        "JPY": "yen/japanese yen",
        "CNY": "yuan/chinese yuan/renminbi",
        "INR": "rupee/indian rupee",
        "CAD": "canadian dollar",
        "AUD": "australian dollar",
        "NZD": "new zealand dollar",
        "CHF": "swiss franc",
        "SEK": "swedish krona",
        "NOK": "norwegian krone",
        "DKK": "danish krone",
        "KRW": "won/korean won",
        "MXN": "mexican peso",
        "BRL": "real/brazilian real",
        "ZAR": "rand/south african rand",
        "TRY": "turkish lira",
        "RUB": "ruble/russian ruble",
        "SGD": "singapore dollar",
        "HKD": "hong kong dollar",
    }.items()
    for name in names.split("/")
}
_SHORT_STATE = re.compile(r"\bstate\b.*?(?:abbrev\w*|two[- ]letter|2[- ]letter|\bcode\b)", re.IGNORECASE)
_CITY_STATE = re.compile(r"\bcity,?\s+(?:and\s+)?state\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"[A-Z][\w. ]+, [A-Z]{2}\b")
_CURRENCY = re.compile(r"\bcurrency\b", re.IGNORECASE)


def as_code(text: str, description: str) -> str:
    """The text, or the code or form that a description asks for in its place."""
    said = " ".join(text.lower().split())
    if _CURRENCY.search(description):
        name = said.removeprefix("the ")
        return _CURRENCIES.get(name) or _CURRENCIES.get(name.removesuffix("s")) or text
    if _EXAMPLE.search(description) or _CITY_STATE.search(description):
        return _with_state(text, said)
    if _SHORT_STATE.search(description):
        return _STATES.get(said, text)
    return text


def _with_state(text: str, said: str) -> str:
    if said in _CITIES:
        return f"{text}, {_CITIES[said]}"
    before, _, state = said.rpartition(",")
    if before and state.strip() in _STATES:
        return f"{text[: text.rindex(',')].rstrip()}, {_STATES[state.strip()]}"
    return text
