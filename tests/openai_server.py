"""A server on this machine that speaks OpenAI's protocol for chat, answered by a chat model.

Its key is KEY. The models `busy`, `broken` and `dying` fail as servers do: too many requests, an error of
its own, a connection that ends in mid-answer; `lost` is unknown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, convert_to_messages

KEY = "sk-right"
FAILURES = {
    "busy": (429, "Rate limit reached for requests."),
    "broken": (500, "The server had an error."),
    "lost": (404, "The model `lost` does not exist."),
}


class OpenAIServer(ThreadingHTTPServer):
    """Listens on a free port; `asked` keeps the bodies of requests."""

    daemon_threads = True

    def __init__(self, model: BaseChatModel) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.asked: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: OpenAIServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(body)
        name = body["model"]
        self.close_connection = True
        if self.headers.get("authorization") != f"Bearer {KEY}":
            self._fail(401, "Incorrect API key provided: sk-*****.", "invalid_api_key")
        elif name in FAILURES:
            self._fail(*FAILURES[name], f"{name}_code")
        elif self.path != "/v1/chat/completions":
            self._fail(404, f"There is no {self.path}.")
        else:
            self._answer(body)

    def _answer(self, body: Mapping[str, Any]) -> None:
        options = {
            key: body[key]
            for key in (
                "temperature",
                "seed",
                "tools",
                "tool_choice",
                "parallel_tool_calls",
                "response_format",
            )
            if body.get(key) is not None
        }
        options["max_tokens"] = body.get("max_completion_tokens") or body.get("max_tokens") or 200
        if body.get("stop"):
            options["stop"] = body["stop"]
        messages = convert_to_messages(body["messages"])
        if body.get("stream"):
            self._stream(body["model"], self.server.model.stream(messages, **options))
        else:
            self._send(self._whole(body["model"], self.server.model.invoke(messages, **options)))

    def _whole(self, name: str, answer: AIMessage) -> dict[str, Any]:
        calls = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["args"])},
            }
            for call in answer.tool_calls
        ]
        message = {
            "role": "assistant",
            "content": answer.text or None,
            **({"tool_calls": calls} if calls else {}),
        }
        choice = {"index": 0, "message": message, "finish_reason": answer.response_metadata["finish_reason"]}
        return {**_frame(name, "chat.completion"), "choices": [choice], "usage": _usage(answer)}

    def _stream(self, name: str, chunks: Iterator[Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.end_headers()
        for number, chunk in enumerate(chunks):
            if name == "dying" and number == 3:
                return
            assert isinstance(chunk, AIMessageChunk)
            calls = [
                {
                    "index": part["index"],
                    "id": part["id"],
                    "type": "function",
                    "function": {"name": part["name"], "arguments": part["args"]},
                }
                for part in chunk.tool_call_chunks
            ]
            delta = {"content": chunk.text, **({"tool_calls": calls} if calls else {})}
            reason = chunk.response_metadata.get("finish_reason")
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            event = {**_frame(name, "chat.completion.chunk"), "choices": [choice]}
            self._event(json.dumps(event | ({"usage": _usage(chunk)} if reason else {})))
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: str) -> None:
        part = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.flush()

    def _fail(self, status: int, message: str, code: str | None = None) -> None:
        self._send({"error": {"message": message, "type": "invalid_request_error", "code": code}}, status)

    def _send(self, value: Mapping[str, Any], status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("retry-after-ms", "1")  # the client tries again at once
        self.end_headers()
        self.wfile.write(data)


def _frame(name: str, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": name}


def _usage(answer: AIMessage) -> dict[str, int]:
    used = answer.usage_metadata
    assert used is not None
    return {
        "prompt_tokens": used["input_tokens"],
        "completion_tokens": used["output_tokens"],
        "total_tokens": used["total_tokens"],
    }
