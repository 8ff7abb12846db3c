"""The special tokens and the byte alphabet that every vocabulary of this project begins with.

Contract: ids 0..15 are `SPECIALS` in order, ids 16..271 are the 256 bytes (id = byte + 16), merges follow.
The order never changes: weights depend on it. Special tokens are put into a sequence by their id only;
`encode` never yields one.
"""

from functools import cache

from homespun.errors import UsageError

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
SYSTEM = "<|system|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
TOOL = "<|tool|>"
TOOLS = "<|tools|>"
CALL = "<|call|>"
END = "<|end|>"
THINK = "<|think|>"
MEMORY = "<|memory|>"
PASSAGE = "<|passage|>"

SPECIALS: tuple[str, ...] = (
    END_OF_TEXT,
    PAD,
    SYSTEM,
    USER,
    ASSISTANT,
    TOOL,
    TOOLS,
    CALL,
    END,
    THINK,
    MEMORY,
    PASSAGE,
    "<|reserved_0|>",
    "<|reserved_1|>",
    "<|reserved_2|>",
    "<|reserved_3|>",
)

BYTE_OFFSET = len(SPECIALS)
FIRST_MERGE = BYTE_OFFSET + 256

_IDS = {name: index for index, name in enumerate(SPECIALS)}


def special_id(name: str) -> int:
    """Returns the id of a special token, named `"<|end|>"` or `"end"`.

    Raises:
        UsageError: if there is no such special token.
    """
    found = _IDS.get(name, _IDS.get(f"<|{name}|>"))
    if found is None:
        raise UsageError(f"no special token is named {name!r}; there are: {', '.join(SPECIALS)}")
    return found


@cache
def byte_alphabet() -> str:
    """Returns the 256 characters that stand for the bytes 0..255 in a tokenizer.json (GPT-2's table)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    stand_ins = iter(range(256, 512))
    return "".join(chr(byte if byte in printable else next(stand_ins)) for byte in range(256))


@cache
def _byte_of() -> dict[str, int]:
    return {char: byte for byte, char in enumerate(byte_alphabet())}


def to_printable(data: bytes) -> str:
    """Writes bytes in the printable alphabet of tokenizer.json: `b" a"` becomes `"Ġa"`."""
    alphabet = byte_alphabet()
    return "".join([alphabet[byte] for byte in data])


def from_printable(token: str) -> bytes:
    """Reads bytes back from the printable alphabet.

    Raises:
        KeyError: if a character is not in the alphabet.
    """
    table = _byte_of()
    return bytes([table[char] for char in token])


def well_formed(text: str) -> str:
    """Returns text that UTF-8 can hold: surrogate pairs are joined, lone surrogates become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
