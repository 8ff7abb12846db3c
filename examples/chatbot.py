"""A chatbot that remembers: what you tell it in one thread, it knows in the next.

python examples/chatbot.py [MODEL] [THREAD]
"""

# ruff: noqa: T201
import sys

from graphs.chatbot import Context, build, settle
from graphs.persistence import open_state
from homespun.settings import load_settings
from models import load_chat_model

name, thread = (sys.argv[1:] + ["home", "example"][len(sys.argv) - 1 :])[:2]
config, me = {"configurable": {"thread_id": thread}}, Context(user_id="local")

with open_state(load_settings().folder.state) as state:
    graph = build(load_chat_model(name), checkpointer=state.saver, store=state.store)
    settle(graph, config, me)
    for line in filter(str.strip, sys.stdin):
        asked = {"messages": [("user", line)]}
        for chunk, _ in graph.stream(asked, config, context=me, stream_mode="messages", durability="sync"):
            print(chunk.text, end="", flush=True)
        print()
