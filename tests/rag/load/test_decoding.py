from __future__ import annotations

import codecs

import pytest

from rag.load.decoding import decode, is_textual

JAPANESE = "これは日本語の文章です。会議は三月五日の午後二時から始まります。\n場所は東京です。\n"
GERMAN = "Die Straße ist für Fußgänger geöffnet. Übrigens läuft die Kündigung am fünften März aus.\n"
FRENCH = "Où êtes-vous passé l'été dernier ? Le garçon a mangé une crêpe à la fête de Noël.\n"
POLISH = "Zażółć gęślą jaźń. Proszę sprawdzić umowę najmu.\n"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "latin-1"),
        (FRENCH, "cp1252"),
        ("caf\xe9", "latin-1"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("times", [1, 400])
def test_the_encoding_is_found(text: str, encoding: str, times: int) -> None:
    assert decode((text * times).encode(encoding))[0] == text * times


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-8"])
def test_a_mark_says_the_encoding_and_is_part_of_the_original(encoding: str) -> None:
    assert decode(("\ufeff" + RUSSIAN).encode(encoding)) == ("\ufeff" + RUSSIAN, encoding)


def test_what_a_file_declares_counts_unless_its_utf8() -> None:
    assert decode("ąę".encode("iso8859-2"), "iso-8859-2") == ("ąę", "iso8859-2")
    assert decode("ąę".encode(), "iso-8859-2") == ("ąę", "utf-8")
    assert decode(b"caf\xe9 ol\xe9", "no-such-encoding")[0] == "café olé"
    assert decode(b"caf\xe9 ol\xe9", "base64")[0] == "café olé"


def test_one_damaged_place_doesnt_change_the_encoding() -> None:
    data = (RUSSIAN * 5).encode()
    text, encoding = decode(data[:100] + b"\xff" + data[100:])
    assert encoding == "utf-8"
    assert text.replace("\ufffd", "")[:40] == RUSSIAN[:40]


def test_binary_bytes_arent_textual() -> None:
    assert not is_textual(bytes(range(256)) * 4)
    assert not is_textual(codecs.BOM_UTF16_LE + b"\x00\xd8" * 10)
    assert is_textual(GERMAN.encode("utf-16"))
    assert is_textual(b"one lone \0 in a log")
    assert not is_textual(b"one lone \0 in a log", strictly=True)
    assert not is_textual(b"\0 many of them\0\0 in a log")
    assert is_textual(JAPANESE.encode("shift_jis"), strictly=True)
