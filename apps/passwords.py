"""Passwords as they are kept: hashed with scrypt, each with its own salt and what its computing cost.

Contract: an encoded hash is one line, ``$scrypt$ln=15,r=8,p=3$<salt>$<hash>`` in base 64 without padding, so
that a dearer `COST` can come into use while older hashes go on being valid. A password counts by its
characters, not by how a keyboard composes them (Unicode NFC). Nothing here says or keeps a password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass

from homespun.errors import UsageError

SHORTEST = 8
"""Characters that a password needs."""

_SALT, _HASH = 16, 32  # bytes
_MEMORY = 256 * 2**20  # bytes; a dearer hash was not written by this program
_ENCODED = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)")


@dataclass(frozen=True)
class Cost:
    """What computing one hash takes.

    Attributes:
        ln: two to this power is scrypt's N; memory and time grow with N.
        r: scrypt's block size; the memory is 128 · r · N bytes.
        p: how often it's done over, which costs time alone.
    """

    ln: int = 15
    r: int = 8
    p: int = 3

    @property
    def memory(self) -> int:
        """Bytes that are held while a hash is computed."""
        return 128 * self.r * (1 << self.ln)


COST = Cost()
"""32 MiB and a few tenths of a second."""


@dataclass(frozen=True)
class Hashed:
    """A hash, read from its line."""

    cost: Cost
    salt: bytes
    digest: bytes

    def __str__(self) -> str:
        cost = self.cost
        return f"$scrypt$ln={cost.ln},r={cost.r},p={cost.p}${_text(self.salt)}${_text(self.digest)}"

    def matches(self, password: str) -> bool:
        """Says whether this is the hash of `password`, in a time that doesn't depend on how near it comes."""
        return hmac.compare_digest(_digest(password, self.salt, self.cost), self.digest)


def hashed(password: str, cost: Cost = COST) -> Hashed:
    """Hashes a password with a fresh salt."""
    salt = secrets.token_bytes(_SALT)
    return Hashed(cost, salt, _digest(password, salt, cost))


def parse(line: str) -> Hashed:
    """Reads an encoded hash.

    Raises:
        ValueError: if it isn't one, or would take more memory than this program ever asks for.
    """
    found = _ENCODED.fullmatch(line)
    if found is None:
        raise ValueError("it isn't a hash of a password")
    cost = Cost(*(int(number) for number in found.groups()[:3]))
    try:
        salt, digest = (base64.b64decode(part + "=" * (-len(part) % 4)) for part in found.groups()[3:])
    except binascii.Error as error:
        raise ValueError("it isn't a hash of a password") from error
    if (len(salt), len(digest)) != (_SALT, _HASH):
        raise ValueError("it isn't a whole hash of a password")
    # scrypt itself wants N below 2^16r.
    if not (0 < cost.ln < 16 * cost.r and 0 < cost.p <= 16 and cost.memory <= _MEMORY):
        raise ValueError("its cost is beyond all measure")
    return Hashed(cost, salt, digest)


def check_password(password: str) -> None:
    """Refuses what is too easily guessed, or can't be typed again.

    Raises:
        UsageError: if it's empty, too short or holds control characters.
    """
    if not password:
        raise UsageError("The password is empty.")
    if len(unicodedata.normalize("NFC", password)) < SHORTEST:
        raise UsageError(f"The password needs at least {SHORTEST} characters.")
    # A replacement character is what a pipe's bytes become that aren't UTF-8.
    if any(
        unicodedata.category(letter) in ("Cc", "Cs") or letter == "\N{REPLACEMENT CHARACTER}"
        for letter in password
    ):
        raise UsageError(
            "The password holds characters that nobody can type: control characters, or no UTF-8."
        )


def _digest(password: str, salt: bytes, cost: Cost) -> bytes:
    # A browser can send half a surrogate pair: no password, but no reason to fall over either.
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    room = 2 * cost.memory + 2**20 * cost.p  # OpenSSL counts some buffers on top
    return hashlib.scrypt(secret, salt=salt, n=2**cost.ln, r=cost.r, p=cost.p, maxmem=room, dklen=_HASH)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")
