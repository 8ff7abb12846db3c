"""The real server behind its login: what is served to whom, and under which name events run."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from apps.gate import LOGIN
from apps.passwords import Cost
from apps.users import Users

SERVER = Path(__file__).with_name("locked.py")
PASSWORD = "correct horse"
SECRET = "kept in a component"
CHEAP = Cost(ln=2, r=1, p=1)
NAMED = "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"
COMPOSED = "Zoe\N{COMBINING DIAERESIS}"
# The events, in the order in which the server's page adds them.
LOAD, CLICK, STREAM, UNQUEUED, CHAINED = range(5)


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """Runs `locked.py` in its own process, since Gradio leaves event loops open, and gives its address."""
    command = [sys.executable, str(SERVER), SECRET, *arguments]
    root = str(SERVER.parents[2])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": root}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Users:
    users = Users.read(tmp_path_factory.mktemp("users") / "users.toml", CHEAP)
    for name in ("ada", NAMED):
        users.add(name, PASSWORD)
    return users


@pytest.fixture(scope="module")
def address(users: Users) -> Iterator[str]:
    """Where the suite is served to the users alone."""
    with serving(str(users.path)) as address:
        yield address


@pytest.fixture
def visitor(address: str) -> Iterator[httpx.Client]:
    """Somebody with a browser of their own."""
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


def login(client: httpx.Client, name: str = "ada", password: str = PASSWORD) -> httpx.Response:
    return client.post("/login", data={"username": name, "password": password})


def is_in(client: httpx.Client) -> bool:
    return client.get("/gradio_api/login_check").status_code == 200


def run(client: httpx.Client, event: int) -> list[str]:
    """Runs an event as the page does and returns all that it gave."""
    body = {"fn_index": event, "data": [], "session_hash": f"s{event}"}
    if event == UNQUEUED:
        answer = client.post("/gradio_api/run/predict", json=body)
        return [str(answer.raise_for_status().json()["data"][0])]
    client.post("/gradio_api/queue/join", json=body).raise_for_status()
    given = []
    with client.stream(
        "GET", "/gradio_api/queue/data", params={"session_hash": body["session_hash"]}
    ) as lines:
        for line in lines.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") in ("process_generating", "process_completed"):
                assert message["success"], message
                given.append(message["output"]["data"])
            if message.get("msg") == "process_completed":
                break
    return [str(data[0]) for data in given if data]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong horse"),
        ("ada", ""),
        ("ada", PASSWORD + " "),
        ("Ada", PASSWORD),
        ("nobody", PASSWORD),
        ("local", PASSWORD),
        ("", ""),
        ("\N{LATIN SMALL LETTER A WITH RING ABOVE}" * 5000, "x" * 100_000),
    ],
)
def test_a_wrong_password_or_name_is_refused(visitor: httpx.Client, name: str, password: str) -> None:
    assert login(visitor, name, password).status_code in (400, 422)
    assert not visitor.cookies
    assert not is_in(visitor)


def test_the_right_password_opens_pages_api_and_reports(visitor: httpx.Client) -> None:
    assert login(visitor).json() == {"success": True}
    for path in ("/", "/second", "/config", "/evals-report/run"):
        assert SECRET in visitor.get(path).raise_for_status().text
    assert visitor.get("/gradio_api/user").json() == "ada"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/evals-report/run"),
        ("HEAD", "/evals-report/run"),
        ("GET", "//evals-report/run"),
        ("GET", "/static/../evals-report/run"),
        ("GET", "/static/..%2fevals-report/run"),
        ("GET", "/evals-report/..%2f..%2flogin"),
        ("GET", "/config"),
        ("GET", "/no-such-path"),
        ("GET", "/theme.css"),
        ("POST", "/"),
        ("POST", "/second"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/heartbeat/s"),
        ("GET", "/gradio_api/queue/data?session_hash=s"),
        ("GET", "/gradio_api/file=pyproject.toml"),
        ("GET", "/gradio_api/stream/s/r/1/playlist.m3u8"),
        ("POST", "/gradio_api/upload"),
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/call/who"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/evals-report/run"),
    ],
)
@pytest.mark.parametrize("cookie", ["none", "made up"])
def test_without_a_login_there_is_nothing_else(address: str, method: str, path: str, cookie: str) -> None:
    # By hand, since a client of more manners would tidy the path.
    there = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        headers = {"Content-Type": "application/json"}
        if cookie == "made up":
            headers["Cookie"] = "access-token-x=None; access-token=ada; access-token-unsecure-x="
        body = json.dumps({"fn_index": CLICK, "data": [], "session_hash": "s"}) if method == "POST" else None
        there.request(method, path, body, headers)
        answer = there.getresponse()
        assert answer.status == 401  # before reading: some streams never end
        text = answer.read().decode()
    finally:
        there.close()
    assert SECRET not in text


@pytest.mark.parametrize("path", ["/", "/second", "/?deep_link=x", "/second?view=api", "/?all_endpoints=1"])
def test_without_a_login_a_page_is_the_login_page(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 401
    assert answer.text == LOGIN.read_text(encoding="utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_login_page_fetches_nothing() -> None:
    page = LOGIN.read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=(?!\"data:)|https?:|//[a-z]|url\(|@import", page)


@pytest.mark.parametrize("event", [LOAD, CLICK, UNQUEUED, CHAINED])
def test_every_event_knows_the_user(visitor: httpx.Client, event: int) -> None:
    login(visitor)
    assert run(visitor, event) == ["ada"]


def test_a_streaming_event_knows_the_user_all_along(visitor: httpx.Client) -> None:
    login(visitor)
    seen = run(visitor, STREAM)
    assert seen[0] == "ada 0"
    assert len(seen) >= 3


def test_a_name_is_one_however_it_is_typed(visitor: httpx.Client) -> None:
    login(visitor, f" {COMPOSED} ").raise_for_status()
    assert run(visitor, CLICK) == [NAMED]


def test_two_visitors_keep_their_names(visitor: httpx.Client, address: str) -> None:
    login(visitor)
    with httpx.Client(base_url=address, timeout=60) as other:
        login(other, NAMED)
        assert (run(visitor, CLICK), run(other, CLICK)) == (["ada"], [NAMED])


def test_logging_out_ends_all_sessions_of_the_name_and_no_others(visitor: httpx.Client, address: str) -> None:
    login(visitor)
    kept = dict(visitor.cookies)
    with (
        httpx.Client(base_url=address, timeout=60) as elsewhere,
        httpx.Client(base_url=address, timeout=60) as other,
    ):
        login(elsewhere)
        login(other, NAMED)
        assert visitor.get("/logout").status_code == 302
        assert not is_in(visitor)
        assert not is_in(elsewhere)
        assert is_in(other)
    with httpx.Client(base_url=address, cookies=kept, timeout=60) as thief:
        assert not is_in(thief)


def test_another_password_or_a_removal_ends_the_logins(users: Users, address: str) -> None:
    users.add("visitor", PASSWORD)
    with httpx.Client(base_url=address, timeout=60) as used:
        login(used, "visitor").raise_for_status()
        assert is_in(used)
        users.change("visitor", "another horse")
        assert used.get("/evals-report/run").status_code == 401
        assert used.get("/").text == LOGIN.read_text(encoding="utf-8")
        assert login(used, "visitor").status_code == 400
        login(used, "visitor", "another horse").raise_for_status()
        assert is_in(used)
        users.remove(["visitor"])
        assert not is_in(used)
        users.add("visitor", "another horse")
        assert not is_in(used)


def test_a_login_that_is_not_used_does_not_outlast_its_password(users: Users, visitor: httpx.Client) -> None:
    users.add("sleeper", PASSWORD)
    login(visitor, "sleeper").raise_for_status()
    users.change("sleeper", "another horse")
    assert not is_in(visitor)


def test_a_broken_file_lets_nobody_new_in_and_throws_nobody_out(
    users: Users, visitor: httpx.Client, address: str
) -> None:
    login(visitor)
    good = users.path.read_bytes()
    try:
        users.path.write_bytes(b"[users")
        assert is_in(visitor)
        with httpx.Client(base_url=address, timeout=60) as other:
            assert login(other, NAMED).status_code >= 400
            assert not is_in(other)
    finally:
        users.path.write_bytes(good)
    assert is_in(visitor)


CROSS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://elsewhere.example"}
JOIN = {"fn_index": CLICK, "data": [], "session_hash": "s"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_gets_nothing_under_its_visitors_login(visitor: httpx.Client, site: str) -> None:
    login(visitor)
    headers = {**CROSS, "Sec-Fetch-Site": site}
    framed = {**headers, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    answers = [
        visitor.get("/config", headers=headers),
        visitor.get("/evals-report/run", headers=framed),
        visitor.post("/gradio_api/queue/join", json=JOIN, headers=headers),
        visitor.post("/second", headers={**framed, "Sec-Fetch-Dest": "document"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert not any(SECRET in answer.text for answer in answers)


def test_another_sites_page_cannot_log_its_visitor_in(visitor: httpx.Client) -> None:
    form = {"username": "ada", "password": PASSWORD}
    answer = visitor.post("/login", data=form, headers={**CROSS, "Sec-Fetch-Mode": "navigate"})
    assert (answer.status_code, dict(visitor.cookies)) == (403, {})


def test_a_link_from_elsewhere_and_the_pages_themselves_get_in(visitor: httpx.Client) -> None:
    login(visitor)
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert SECRET in visitor.get("/second", headers=link).text
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert visitor.post("/gradio_api/queue/join", json=JOIN, headers=own).status_code == 200


def test_an_event_after_the_logout_is_refused(visitor: httpx.Client) -> None:
    login(visitor)
    assert run(visitor, CLICK) == ["ada"]
    visitor.get("/logout")
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        run(visitor, CLICK)


def test_without_auth_everybody_is_local() -> None:
    with serving() as address, httpx.Client(base_url=address, timeout=60) as client:
        assert run(client, LOAD) == ["local"]
        assert client.get("/evals-report/run").text == SECRET
        assert client.get("/gradio_api/user").json() is None
