from __future__ import annotations

import getpass
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps import users as module
from apps.passwords import Cost, hashed
from apps.users import Users

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "hashed", lambda password, _cost: hashed(password, Cost(ln=2, r=1, p=1)))


@pytest.fixture
def file(homespun_home: Path) -> Path:
    return homespun_home / "users.toml"


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts text on standard input, which then is no terminal."""

    def pipe(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    return pipe


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Sits at a terminal and types these passwords; gives what was asked."""

    def type_(*answers: str) -> list[str]:
        left, asked = list(answers), []

        def ask(prompt: str) -> str:
            asked.append(prompt)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(getpass, "getpass", ask)
        return asked

    return type_


def test_a_user_is_added_with_a_piped_password(homespun: Any, piped: Any, file: Path) -> None:
    piped(f"{PASSWORD}\nmore\n")
    done = homespun("users", "add", "ada")
    assert (done.status, done.out, done.err) == (0, "", "")
    assert Users.read(file).check("ada", PASSWORD)
    piped(f"{PASSWORD}\r\n")
    assert homespun("users", "add", "bea", "--json").json == {"added": "bea", "file": str(file)}
    assert Users.read(file).check("bea", PASSWORD)
    piped(f" {PASSWORD} ")
    assert homespun("users", "add", "cyd").status == 0
    assert Users.read(file).check("cyd", f" {PASSWORD} ")


def test_at_a_terminal_it_is_asked_for_twice(homespun: Any, typed: Any, file: Path) -> None:
    asked = typed(PASSWORD, PASSWORD)
    assert homespun("users", "add", "ada").status == 0
    assert asked == ["Password: ", "Once more: "]
    assert Users.read(file).check("ada", PASSWORD)


def test_two_that_differ_change_nothing(homespun: Any, typed: Any, file: Path) -> None:
    typed(PASSWORD, PASSWORD + "s")
    done = homespun("users", "add", "ada")
    assert (done.status, "The two passwords differ" in done.line) == (2, True)
    assert not file.exists()


@pytest.mark.parametrize("answers", [(), (PASSWORD,)])
def test_ctrl_d_stops(homespun: Any, typed: Any, file: Path, answers: tuple[str, ...]) -> None:
    typed(*answers)
    done = homespun("users", "add", "ada")
    assert (done.status, done.err) == (130, "homespun: stopped\n")
    assert not file.exists()


@pytest.mark.parametrize("password", ["", "\n", "short\n", "a bad byte \ufffd\n", "a bell \a rings"])
def test_passwords_that_are_refused(homespun: Any, piped: Any, file: Path, password: str) -> None:
    piped(password)
    done = homespun("users", "add", "ada")
    assert (done.status, "The password" in done.line) == (2, True)
    assert not file.exists()


def test_a_weak_one_is_refused_before_it_is_asked_for_again(homespun: Any, typed: Any) -> None:
    asked = typed("short", "short")
    assert "at least 8" in homespun("users", "add", "ada").line
    assert asked == ["Password: "]


@pytest.mark.parametrize(
    ("command", "line"),
    [(("add", " ada"), "can't be called"), (("add", "ada"), "already"), (("password", "bea"), "no user")],
)
def test_a_wrong_name_is_told_before_a_password_is_asked_for(
    homespun: Any, piped: Any, typed: Any, command: tuple[str, ...], line: str
) -> None:
    piped(PASSWORD)
    homespun("users", "add", "ada")
    asked = typed(PASSWORD, PASSWORD)
    done = homespun("users", *command)
    assert (done.status, line in done.line, asked) == (2, True, [])


def test_listing_is_in_order_and_tells_no_hashes(homespun: Any, piped: Any, file: Path) -> None:
    assert (homespun("users").status, homespun("users").out) == (0, "")
    assert homespun("users", "list", "--json").json == {"users": [], "file": str(file)}
    for name in ("bea", "ada"):
        piped(PASSWORD)
        homespun("users", "add", name)
    assert homespun("users", "list").out == homespun("users").out == "USER\nada\nbea\n"
    assert homespun("users", "--json").json == {"users": ["ada", "bea"], "file": str(file)}


def test_a_file_that_everybody_can_read_is_told(homespun: Any, piped: Any, file: Path) -> None:
    piped(PASSWORD)
    homespun("users", "add", "ada")
    assert homespun("users", "list").err == ""
    file.chmod(0o644)
    assert "Everybody on this machine can read" in homespun("users", "list").line


def test_removing_is_all_or_none(homespun: Any, piped: Any) -> None:
    for name in ("ada", "bea"):
        piped(PASSWORD)
        homespun("users", "add", name)
    done = homespun("users", "remove", "ada", "cyd")
    assert (done.status, "no user" in done.line) == (2, True)
    assert homespun("users").out == "USER\nada\nbea\n"
    assert homespun("users", "remove", "ada", "bea", "ada", "--json").json["removed"] == ["ada", "bea"]
    assert homespun("users", "--json").json["users"] == []


def test_another_password(homespun: Any, piped: Any, file: Path) -> None:
    piped(PASSWORD)
    homespun("users", "add", "ada")
    piped("another horse")
    assert homespun("users", "password", "ada", "--json").json == {"changed": "ada", "file": str(file)}
    assert Users.read(file).check("ada", "another horse")
    assert not Users.read(file).check("ada", PASSWORD)


def test_which_file_is_used(
    homespun: Any, piped: Any, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(PASSWORD)
    homespun("users", "add", "ada", "--file", str(tmp_path / "one.toml"))
    monkeypatch.setenv("HOMESPUN_AUTH", str(tmp_path / "two.toml"))
    piped(PASSWORD)
    homespun("users", "add", "bea")
    assert Users.read(tmp_path / "one.toml").names == ("ada",)
    assert Users.read(tmp_path / "two.toml").names == ("bea",)
    assert homespun("users", "-f", str(tmp_path / "one.toml"), "--json").json["users"] == ["ada"]
    assert not file.exists()
    done = homespun("users", "--file", str(tmp_path / "one.toml"), "remove", "ada")
    assert (done.status, "--file belongs after remove" in done.line) == (2, True)


def test_a_broken_file_is_told(homespun: Any, file: Path) -> None:
    file.write_text("[users")
    done = homespun("users", "list")
    assert (done.status, "isn't a file of users" in done.line) == (2, True)


def test_a_suite_that_nobody_could_enter_is_not_served(homespun: Any, scripted: Any, tmp_path: Path) -> None:
    model = scripted("Hello!")
    done = homespun("ui", "--port", "0", "--model", model, "--auth", str(tmp_path / "none.toml"))
    assert (done.status, "nobody could log in: homespun users add NAME --file" in done.line) == (2, True)
    (tmp_path / "broken.toml").write_text("[users")
    done = homespun("ui", "--port", "0", "--model", model, "--auth", str(tmp_path / "broken.toml"))
    assert (done.status, "isn't a file of users" in done.line) == (2, True)


def test_the_suite_asks_for_a_password_and_lets_its_users_in(
    homespun: Any, piped: Any, scripted: Any, file: Path
) -> None:
    piped(PASSWORD)
    homespun("users", "add", "ada")
    command = [sys.executable, "-m", "apps", "ui", "--port", "0", "--model", scripted("Hello!")]
    with subprocess.Popen([*command, "--auth", str(file)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert found is not None
            with httpx.Client(base_url=found[0], timeout=60) as client:
                for path in ("/", "/evals", "/config", "/evals-report/none"):
                    assert client.get(path).status_code == 401
                client.post("/login", data={"username": "ada", "password": PASSWORD}).raise_for_status()
                for path in ("/", "/evals", "/config"):
                    assert client.get(path).status_code == 200
                assert client.get("/evals-report/none").status_code == 404
        finally:
            process.kill()
