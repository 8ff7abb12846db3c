"""A visitor of the Chat page who has no browser: speaks the page's protocol and notes when words arrive.

The page's events are private, and Gradio's Python client refuses those; it also looks for news only every
50 ms. So this does what the page's script does: it posts an event to the queue, then reads what comes of it
from the session's stream, in which later values are differences to earlier ones.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from apps.pages.context import KNOBS
from homespun.errors import HomespunError

SECONDS = 300.0
"""How long the page may be silent."""
# As `apps.pages.talk` has them, which can't be imported without Gradio.
_WAITING, _NOTICE = "…", "⚠ "


@dataclass(frozen=True)
class Seen:
    """What was seen of an answer.

    Attributes:
        text: All of it, as the page shows it.
        first: Its part that was seen first,
        first_s: so many seconds after sending.
        last_s: When it last grew, and
        over_s: when the page took the next message, in the same seconds.
    """

    text: str
    first: str
    first_s: float
    last_s: float
    over_s: float


class Visitor:
    """Somebody in front of the Chat page.

    Args:
        address: where `homespun ui` is.

    Raises:
        HomespunError: if nobody answers there, or no Chat page of ours.
    """

    def __init__(self, address: str) -> None:
        # Proxies are for other machines.
        self._http = httpx.Client(base_url=address, timeout=SECONDS, trust_env=False)
        try:
            config = self._http.get("config").raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise HomespunError(f"The page at {address} can't be read: {error}") from error
        self._prefix = str(config["api_prefix"]).strip("/")
        self._parts: dict[int, dict[str, Any]] = {part["id"]: part["props"] for part in config["components"]}
        self._named = {str(props.get("elem_id")): part for part, props in self._parts.items()}
        events = config["dependencies"]
        self._send, self._load = (_event(events, self._named.get("chat"), on) for on in ("submit", "load"))
        self._session = ""
        self._chat: list[Any] = []
        self._thread = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def sampling(self, *, seed: int) -> dict[str, float | int]:
        """The sampling that the page shows, with this seed, by the names a model's call takes."""
        found: dict[str, float | int] = {}
        for name in KNOBS:
            props = self._parts[self._named[name]]
            value = seed if name == "seed" else props.get("value")
            if props.get("visible") and value not in (None, ""):
                found[name] = value
        return found

    def open(self, thread: str) -> None:
        """Opens the page in a new window, whose address names a thread.

        Raises:
            HomespunError: if the page fails.
        """
        self._session = secrets.token_hex(6)
        shown = list(self._run(self._load, [thread, self._parts[self._named["model"]].get("value")]))
        self._chat, self._thread = _said(shown[-1][self._place(self._load, "chat")]) or [], thread

    def send(self, text: str, *, seed: int) -> Seen:
        """Sends a message in the open thread and watches the answer.

        Args:
            text: the message.
            seed: of the answer, where the model takes one.

        Raises:
            HomespunError: if the page fails, or says something else than an answer.
        """
        given = {"message": text, "chat": self._chat, "thread": self._thread, "seed": str(seed)}
        # What has no name on the page is the thread.
        names = {part: str(self._parts[part].get("elem_id") or "thread") for part in self._send["inputs"]}
        values = [given.get(name, self._parts[part].get("value")) for part, name in names.items()]
        place = self._place(self._send, "chat")
        first = seen = ""
        first_s = last_s = 0.0
        started = time.perf_counter()
        for data in self._run(self._send, values):
            now = time.perf_counter() - started
            said = _answer(data[place])
            if said is None or said == seen:
                continue
            if said.startswith(_NOTICE):
                raise HomespunError(f"The page said: {said.removeprefix(_NOTICE)}")
            first, first_s = first or said, first_s or now
            seen, last_s = said, now
        over_s = time.perf_counter() - started
        if not seen:
            raise HomespunError("The page gave no answer.")
        return Seen(seen, first, first_s, last_s, over_s)

    def _place(self, event: dict[str, Any], name: str) -> int:
        return int(event["outputs"].index(self._named[name]))

    def _run(self, event: dict[str, Any], values: list[Any]) -> Iterator[list[Any]]:
        """Posts an event and yields the values of its outputs each time they change."""
        body = {
            "data": values, "fn_index": event["id"], "session_hash": self._session,
            "event_data": None, "trigger_id": event["targets"][0][0],
        }  # fmt: skip
        try:
            self._http.post(f"{self._prefix}/queue/join", json=body).raise_for_status()
            stream = f"{self._prefix}/queue/data?session_hash={self._session}"
            with self._http.stream("GET", stream) as response:
                response.raise_for_status()
                yield from _outputs(response.iter_lines())
        except httpx.HTTPError as error:
            raise HomespunError(f"The page broke off: {error or type(error).__name__}") from error


def _event(events: list[dict[str, Any]], chat: int | None, name: str) -> dict[str, Any]:
    """The event of this name that writes into the chat."""
    for event in events:
        if chat in event["outputs"] and name in (trigger for _, trigger in event["targets"]):
            return event
    raise HomespunError(f"The page has no chat with an event {name!r}: is it Homespun's?")


def _outputs(lines: Iterator[str]) -> Iterator[list[Any]]:
    """The values of an event's outputs, from the lines of the session's stream, until the event is over."""
    from gradio_client.utils import apply_diff  # type: ignore[import-untyped]

    held: list[Any] | None = None
    for line in lines:
        if not line.startswith("data:"):
            continue
        news = json.loads(line.removeprefix("data:"))
        kind, output = news["msg"], news.get("output") or {}
        if kind in ("process_generating", "process_completed") and not news.get("success", True):
            raise HomespunError(f"The page failed: {output.get('error') or 'it said no more'}")
        if kind == "process_generating":
            data = output["data"]
            held = (
                data if held is None else [apply_diff(old, new) for old, new in zip(held, data, strict=True)]
            )
            yield held
        elif kind == "process_completed":
            # A generator's end brings its last update again.
            if held is None:
                yield output["data"]
            return
        elif kind in ("unexpected_error", "server_stopped"):
            raise HomespunError(f"The page failed: {news.get('message') or 'it was stopped'}")
    raise HomespunError("The page broke off before the answer's end.")


def _said(chat: Any) -> list[Any] | None:
    """The messages that the chat shows, None where they aren't updated."""
    said = chat.get("value") if isinstance(chat, dict) else chat
    return said if isinstance(said, list) else None


def _answer(chat: Any) -> str | None:
    """The text of the answer in what the chat shows, None where it isn't updated or nothing is said yet."""
    said = _said(chat)
    if not said or said[-1]["role"] != "assistant":
        return None
    content = said[-1]["content"]
    if not isinstance(content, str):
        content = "".join(str(part.get("text") or "") for part in content)
    return None if content == _WAITING else content.strip() or None
