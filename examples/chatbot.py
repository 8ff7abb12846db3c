"""A chatbot that remembers: run it twice with the same thread, and it goes on where it stopped.

python examples/chatbot.py [MODEL] [THREAD]
"""

# ruff: noqa: T201
import sys

from graphs.chatbot import build, settle
from graphs.persistence import open_checkpointer
from homespun.settings import load_settings
from models import load_chat_model

name, thread = (sys.argv[1:] + ["home", "example"][len(sys.argv) - 1 :])[:2]
config = {"configurable": {"thread_id": thread}}

with open_checkpointer(load_settings().folder.state) as checkpointer:
    graph = build(load_chat_model(name), checkpointer=checkpointer)
    settle(graph, config)
    for question in filter(str.strip, sys.stdin):
        for chunk, _ in graph.stream({"messages": [("user", question)]}, config, stream_mode="messages"):
            print(chunk.text, end="", flush=True)
        print()
