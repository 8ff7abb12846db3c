from __future__ import annotations

import os
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps import users as module
from apps.passwords import Cost
from apps.users import LOCAL, LONGEST, Users, canonical, check_name
from homespun.errors import HomespunError, OutOfSpace, UnknownName, UsageError

CHEAP = Cost(ln=2, r=1, p=1)
PASSWORD = "correct horse"


def _is_name(text: str) -> bool:
    try:
        check_name(text)
    except UsageError:
        return False
    return True


NAMES = st.text(min_size=1, max_size=20).filter(_is_name)
PASSWORDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffd"), min_size=16, max_size=30
)


@pytest.fixture
def users(tmp_path: Path) -> Users:
    users = Users.read(tmp_path / "users.toml", CHEAP)
    users.add("ada", PASSWORD)
    return users


@given(st.dictionaries(NAMES.map(canonical), PASSWORDS, min_size=1, max_size=4))
def test_everybody_who_was_added_gets_in_with_their_own_password(
    tmp_path_factory: pytest.TempPathFactory, given: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("users") / "users.toml"
    made = Users.read(path, CHEAP)
    for name, password in given.items():
        made.add(name, password)
    read = Users.read(path, CHEAP)
    assert read.names == made.names == tuple(sorted(given))
    tomllib.loads(path.read_text(encoding="utf-8"))
    for name, password in given.items():
        assert read.check(name, password)
        assert read.check(unicodedata.normalize("NFD", name), unicodedata.normalize("NFD", password))
        for other in given:
            assert read.check(other, password) == (
                unicodedata.normalize("NFC", given[other]) == unicodedata.normalize("NFC", password)
            )
    for name in given:
        assert made.remove([name]) == (name,)
        assert not read.check(name, given[name])


@pytest.mark.parametrize(
    "name",
    ["a", "Ada Lovelace", "ada@example.org", 'a"b\\c', "[users]", "\u4e2d\u6587", "x" * LONGEST, "=", "#"],
)
def test_names_that_are_taken(tmp_path: Path, name: str) -> None:
    Users.read(tmp_path / "u", CHEAP).add(name, PASSWORD)
    assert Users.read(tmp_path / "u", CHEAP).check(name, PASSWORD)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " ada",
        "ada ",
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\u202eb",
        "a\u00a0",
        "\ud800",
        "x" * (LONGEST + 1),
        LOCAL,
    ],
)
def test_names_that_are_refused(users: Users, name: str) -> None:
    before = users.path.read_bytes()
    with pytest.raises(UsageError, match="can't be called"):
        users.add(name, PASSWORD)
    assert users.path.read_bytes() == before
    assert not users.check(name, PASSWORD)


def test_capitals_count(users: Users) -> None:
    assert not users.check("Ada", PASSWORD)
    users.add("Ada", "another horse")
    assert users.names == ("Ada", "ada")
    assert not users.check("ada", "another horse")


def test_no_name_is_there_twice(users: Users) -> None:
    users.add("Zo\u00eb", PASSWORD)
    for name in ("ada", "Zoe\u0308"):
        with pytest.raises(UsageError, match="already"):
            users.add(name, "another horse")
        assert users.check(name, PASSWORD)


def test_the_file_holds_no_password_and_is_its_owners_alone(users: Users) -> None:
    assert PASSWORD not in users.path.read_text()
    assert users.path.stat().st_mode & 0o777 == 0o600
    assert not users.exposed
    users.path.chmod(0o644)
    assert users.exposed
    users.change("ada", "another horse")
    assert users.path.stat().st_mode & 0o777 == 0o600


def test_not_even_the_file_beside_it_is_ever_open_to_others(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    sync = os.fsync

    def watch(handle: int) -> None:
        seen.append(os.fstat(handle).st_mode & 0o777)
        sync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    users.path.chmod(0o644)
    users.add("bea", PASSWORD)
    assert seen[0] == 0o600


def test_a_change_replaces_the_password_and_the_mark(users: Users) -> None:
    before = users.mark("ada")
    assert before is not None
    assert users.mark("ada") == before
    users.change("ada", PASSWORD)
    assert users.mark("ada") not in (None, before)
    users.change("ada", "another horse")
    assert (users.check("ada", PASSWORD), users.check("ada", "another horse")) == (False, True)
    assert users.mark("bea") is None


@pytest.mark.parametrize("act", [lambda u: u.change("adda", PASSWORD), lambda u: u.remove(["ada", "adda"])])
def test_an_unknown_name_changes_nothing(users: Users, act: Any) -> None:
    before = users.path.read_bytes()
    with pytest.raises(UnknownName, match=r"no user .* 'adda'\. Did you mean ada\?"):
        act(users)
    assert users.path.read_bytes() == before


@pytest.mark.parametrize("password", ["", "short"])
def test_a_weak_password_changes_nothing(users: Users, password: str) -> None:
    before = users.path.read_bytes()
    for act in (users.add, users.change):
        with pytest.raises(UsageError, match="password"):
            act("ada" if act == users.change else "bea", password)
    assert users.path.read_bytes() == before


def test_a_missing_file_holds_nobody(tmp_path: Path) -> None:
    nobody = Users.read(tmp_path / "none" / "users.toml", CHEAP)
    assert (nobody.names, nobody.exposed, nobody.check("ada", PASSWORD)) == ((), False, False)
    assert not nobody.path.parent.exists()


def test_the_last_one_can_be_removed(users: Users) -> None:
    users.remove(["ada", "ada"])
    assert Users.read(users.path).names == ()


def test_a_change_by_another_program_is_seen(users: Users) -> None:
    other = Users.read(users.path, CHEAP)
    other.add("bea", PASSWORD)
    assert users.check("bea", PASSWORD)
    users.add("cyd", PASSWORD)
    assert other.names == ("ada", "bea", "cyd")
    other.path.unlink()
    assert not users.check("ada", PASSWORD)


def test_the_file_is_read_only_when_it_has_changed(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    users.check("ada", PASSWORD)
    monkeypatch.setattr(Users, "_parsed", lambda *_: pytest.fail("read again"))
    assert users.check("ada", PASSWORD)


def test_an_unknown_name_costs_as_much_as_a_known_one(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[Cost] = []
    matches = module.Hashed.matches

    def count(self: module.Hashed, password: str) -> bool:
        costs.append(self.cost)
        return matches(self, password)

    monkeypatch.setattr(module.Hashed, "matches", count)
    for name in ("ada", "bea", "", "x" * 1000):
        users.check(name, "wrong horse")
    assert costs == [CHEAP] * 4
    assert not Users.read(users.path).check("bea", PASSWORD)  # a server with another cost for new hashes
    assert costs[4:] == [CHEAP]


def test_nobody_gets_in_by_what_unknown_names_are_compared_with(users: Users) -> None:
    for password in ("", "\x00", "A" * 32):
        assert not users.check("nobody", password)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[users",
        "users = 3",
        "[user]",
        '[users]\nada = "correct horse"',
        "[users]\nada = 3",
        "[users]\nada = []",
        '[users.ada]\npassword = "x"',
        "[users]\n[more]",
        "{kept}admin = true\n[[x]]",
        "{kept}{line}",
        '{kept}" ada" = "{hash}"',
        '{kept}"local" = "{hash}"',
        '{kept}"Zo\u00eb" = "{hash}"\n"Zoe\u0308" = "{hash}"',
        "\ufeff{kept}",
        b"[users]\n\xff",
    ],
)
def test_a_broken_file_is_one_clear_line(users: Users, text: str | bytes) -> None:
    kept = users.path.read_text()
    line = kept.splitlines()[-1]
    digest = line.split('"')[3]
    if isinstance(text, str):
        text = text.replace("{kept}", kept).replace("{line}", line).replace("{hash}", digest).encode()
    users.path.write_bytes(text)
    for act in (
        lambda: Users.read(users.path),
        lambda: users.check("ada", PASSWORD),
        lambda: users.add("bea", PASSWORD),
        lambda: users.mark("ada"),
    ):
        with pytest.raises(UsageError, match=r"users\.toml isn't a file of users: .*Mend it") as caught:
            act()
        assert "\n" not in str(caught.value)
        assert digest not in str(caught.value)
    assert users.path.read_bytes() == text
    users.path.write_text(kept)
    assert users.check("ada", PASSWORD)


@given(st.data())
def test_no_tampering_with_a_hash_lets_anybody_in(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("users") / "users.toml"
    Users.read(path, CHEAP).add("ada", PASSWORD)
    text = path.read_text()
    first = text.index("$scrypt$") + len("$scrypt$ln=2,r=1,p=1$")
    at = data.draw(st.integers(first, text.rindex('"') - 1))
    other = data.draw(st.sampled_from("ABCxyz019+/$, ").filter(lambda letter: letter != text[at]))
    path.write_text(text[:at] + other + text[at + 1 :])
    try:
        got_in = Users.read(path).check("ada", PASSWORD)
    except UsageError:
        return
    # The last letter of a part has bits that no byte takes up.
    assert not got_in or text[at + 1] in '"$'


def test_a_folder_or_a_file_without_rights_is_one_clear_line(users: Users, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Can't read the users of"):
        Users.read(tmp_path)


def test_what_cannot_be_written_is_told_and_leaves_the_file(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = users.path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutOfSpace, match="Can't write"):
        users.add("bea", PASSWORD)
    monkeypatch.setattr(
        os, "fsync", lambda _: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    with pytest.raises(HomespunError, match=r"Can't write .*users\.toml: Permission denied"):
        users.remove(["ada"])
    assert users.path.read_bytes() == before
    assert [path.name for path in users.path.parent.iterdir()] == ["users.toml"]
