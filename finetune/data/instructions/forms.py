"""Short entries written by code: addresses, numbers, dates, codes, names, and texts in other scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random

from finetune.data.conversations.words import digits, invented, lexicon, person_name, pick

_ENDS = ("com", "org", "net", "de", "co.uk", "io", "eu", "info", "fr", "edu")


def day(rng: Random) -> date:
    """A day between 1950 and 2049."""
    return date(1950, 1, 1) + timedelta(days=rng.randrange(36500))


def e_mail(rng: Random) -> str:
    """An e-mail address, probably nobody's."""
    user = rng.choice(("{a}.{b}", "{a}", "{a}_{b}", "{a}{n}", "{a}-{b}", "{a}.{b}{n}")).format(
        a=invented(rng, rng.choice((1, 2))), b=invented(rng, 2), n=rng.randint(1, 999)
    )
    return f"{user}@{invented(rng, 2)}.{rng.choice(_ENDS)}"


def phone(rng: Random) -> str:
    """A phone number in one of several layouts."""
    layout = rng.choice(
        ("+## ### #######", "0### ######", "(###) ###-####", "###-###-####", "+# ### ### ## ##")
    )
    return digits(layout, rng)


def code(rng: Random) -> str:
    """A code such as that of an order: letters and digits in groups."""
    return digits(
        rng.choice(
            (
                "@@-####",
                "@###",
                "####-####",
                "@@@-##-@@",
                "#@#@#@",
                "@@####@",
                "INV-#####",
                "@-##/###",
                "##:@@:##",
            )
        ),
        rng,
    )


def web_address(rng: Random) -> str:
    """A web address, probably nobody's."""
    start = rng.choice(("https://", "http://", "https://www.", "www."))
    page = rng.choice(
        ("", f"/{invented(rng, 2)}", f"/{invented(rng, 1)}/{rng.randint(1, 99)}", "/index.html")
    )
    return f"{start}{invented(rng, 2)}.{rng.choice(_ENDS)}{page}"


def number(rng: Random) -> str:
    """A number, whole or with decimals."""
    return rng.choice(
        (
            str(rng.randint(0, 99)),
            str(rng.randint(100, 99999)),
            f"{rng.uniform(0, 1000):.2f}",
            f"{rng.uniform(0, 9):.4f}",
        )
    )


def clock(rng: Random) -> str:
    """A time of the day, of 24 hours."""
    return f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"


def dated(rng: Random) -> str:
    """A date in one of several layouts."""
    when = day(rng)
    month = lexicon()["month"][when.month - 1]
    return rng.choice(
        (
            when.isoformat(),
            f"{when.day} {month} {when.year}",
            f"{month} {when.day}, {when.year}",
        )
    )


def price(rng: Random) -> str:
    """A sum of money."""
    return f"{rng.choice('€$£')}{rng.randint(1, 999)}.{rng.randint(0, 99):02d}"


def path(rng: Random) -> str:
    """The path of a file."""
    end = rng.choice(("txt", "pdf", "csv", "py", "jpg", "md"))
    start = rng.choice(("/home/", "/srv/", "~/", "C:/"))
    return f"{start}{invented(rng, 2)}/{pick(rng, 'object').replace(' ', '_')}.{end}"


FORMS: Mapping[str, Callable[[Random], str]] = {
    "e-mail address": e_mail,
    "phone number": phone,
    "web address": web_address,
    "date": dated,
    "time": clock,
    "price": price,
    "file path": path,
    "order code": lambda rng: digits(rng.choice(("@@-####", "INV-#####", "@@####@")), rng),
}
"""Names of forms → what writes one; no entry is of two forms."""

# Letters that words are made of; what is copied needn't mean anything.
_RANGES = {
    "Greek": [*map(chr, range(0x3B1, 0x3C2)), *map(chr, range(0x3C3, 0x3CA))],
    "Cyrillic": [*map(chr, range(0x430, 0x450))],
    "Chinese": [*map(chr, range(0x4E00, 0x5200))],
    "Hiragana": [*map(chr, range(0x3042, 0x3094))],
    "Katakana": [*map(chr, range(0x30A2, 0x30F4))],
    "Arabic": [*map(chr, range(0x627, 0x63B)), *map(chr, range(0x641, 0x64B))],
    "Hebrew": [*map(chr, range(0x5D0, 0x5EB))],
    "Hangul": [*map(chr, range(0xAC00, 0xB000))],
}
_REAL = {
    "Greek": "καλημέρα, θάλασσα, Αθήνα, ευχαριστώ, βιβλίο, Νίκος, δρόμος, Ελένη, ψωμί, ήλιος",
    "Cyrillic": "привет, Москва, спасибо, книга, Иван, дорога, Київ, хлеб, солнце, България, Ольга",
    "Chinese": "你好, 北京, 谢谢, 书, 王明, 道路, 面包, 太阳, 上海, 李华, 今天, 学校",
    "Japanese": "こんにちは, 東京, ありがとう, 本, 田中さん, 道, パン, 太陽, 大阪, コーヒー, 学校",
    "Arabic": "مرحبا, القاهرة, شكرا, كتاب, محمد, طريق, خبز, شمس, ليلى, مدرسة",
    "accented": "Zoë, José, Łukasz, Ångström, François, Müller, Søren, Dvořák, Nuñez, Čapek, Siân, "
    "Håkon, Bjørk, "
    "Renée, Ağca, Őze, Żółw, crème brûlée, São Tomé, Köln, Reykjavík, Málaga, Łódź, Gdańsk, naïve, à bientôt",
}


def foreign(rng: Random) -> str:
    """Words in another script or with accents, real ones or made of a script's letters."""
    if rng.random() < 0.5:
        words = _REAL[rng.choice(list(_REAL))].split(", ")
        return " ".join(rng.sample(words, rng.choice((1, 1, 2, 3))))
    script = rng.choice(list(_RANGES))
    gap = "" if script in ("Chinese", "Hiragana", "Katakana") else " "
    words = [
        "".join(rng.choices(_RANGES[script], k=rng.randint(2, 6))) for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    return gap.join(words)


def name(rng: Random) -> str:
    """A person's first and last name, at times with accents."""
    first = person_name(rng).split()[0]
    last = (
        rng.choice(_REAL["accented"].split(", ")[:18])
        if rng.random() < 0.2
        else invented(rng, 2).capitalize()
    )
    return f"{first} {last}"
