from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps import passwords
from apps.passwords import COST, Cost, Hashed, check_password, hashed, parse
from homespun.errors import UsageError

CHEAP = Cost(ln=2, r=1, p=1)
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(TEXT)
def test_a_password_matches_its_hash_also_after_a_round_trip(password: str) -> None:
    kept = hashed(password, CHEAP)
    assert kept.matches(password)
    assert parse(str(kept)) == kept
    assert parse(str(kept)).matches(unicodedata.normalize("NFD", password))


@given(TEXT, TEXT)
def test_another_password_does_not(password: str, other: str) -> None:
    same = unicodedata.normalize("NFC", password) == unicodedata.normalize("NFC", other)
    assert hashed(password, CHEAP).matches(other) == same


def test_the_same_password_is_never_kept_the_same_way() -> None:
    assert str(hashed("correct horse", CHEAP)) != str(hashed("correct horse", CHEAP))


def test_the_cost_is_part_of_the_hash() -> None:
    kept = hashed("correct horse", CHEAP)
    assert str(kept).startswith("$scrypt$ln=2,r=1,p=1$")
    assert not Hashed(Cost(ln=3, r=1, p=1), kept.salt, kept.digest).matches("correct horse")


def test_by_default_a_guess_takes_32_mebibytes() -> None:
    assert COST.memory == 32 * 2**20
    assert hashed("correct horse").matches("correct horse")


def test_the_hash_is_scrypts() -> None:
    # The third vector of RFC 7914, section 12, cut to our length.
    made = passwords._digest("pleaseletmein", b"SodiumChloride", Cost(ln=14, r=8, p=1))
    assert made.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


SALT, DIGEST = "A" * 22, "A" * 43


@pytest.mark.parametrize(
    "line",
    [
        "",
        "correct horse",
        f"$scrypt$ln=15,r=8,p=3${SALT}$",
        f"$scrypt$ln=15,r=8,p=3${SALT[:-3]}${DIGEST}",
        f"$scrypt$ln=15,r=8,p=3${SALT}${DIGEST[:-1]}",
        f"$scrypt$ln=15,r=8,p=3${SALT}A${DIGEST}",
        f"$scrypt$ln=0,r=8,p=3${SALT}${DIGEST}",
        f"$scrypt$ln=16,r=1,p=1${SALT}${DIGEST}",
        f"$scrypt$ln=10,r=0,p=1${SALT}${DIGEST}",
        f"$scrypt$ln=10,r=8,p=0${SALT}${DIGEST}",
        f"$scrypt$ln=19,r=8,p=1${SALT}${DIGEST}",
        f"$scrypt$ln=99,r=99,p=99${SALT}${DIGEST}",
        f"$argon2id$ln=15,r=8,p=3${SALT}${DIGEST}",
        f"$scrypt$ln=15,r=8,p=3${SALT}${DIGEST}\n",
    ],
)
def test_what_is_no_hash_or_beyond_measure_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"hash|cost"):
        parse(line)


@given(
    st.builds(Cost, st.integers(0, 30), st.integers(0, 40), st.integers(0, 99)).filter(
        lambda cost: cost.memory * cost.p < 2**20
    )
)
def test_every_cost_that_is_read_can_be_computed(cost: Cost) -> None:
    line = str(Hashed(cost, bytes(16), bytes(32)))
    try:
        read = parse(line)
    except ValueError:
        return
    assert not read.matches("correct horse")


@pytest.mark.parametrize(
    "password", ["12345678", "correct horse", " \u00e4\u00f6\u00fc \N{SNOWMAN}     ", "x" * 5000]
)
def test_good_passwords_are_taken(password: str) -> None:
    check_password(password)


@pytest.mark.parametrize(
    ("password", "line"),
    [
        ("", "empty"),
        ("1234567", "at least 8"),
        ("e\u0301" * 7, "at least 8"),
        ("12345678\t", "nobody can type"),
        ("12345678\x00", "nobody can type"),
        ("12345678\ufffd", "nobody can type"),
        ("12345678" + chr(0xD800), "nobody can type"),
    ],
)
def test_others_are_refused_without_being_told(password: str, line: str) -> None:
    with pytest.raises(UsageError, match=line) as caught:
        check_password(password)
    assert not password or password not in str(caught.value)
