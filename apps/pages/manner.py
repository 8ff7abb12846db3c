"""What the page says around a chat, by how the model answers: openers, what to write, what to mind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """The page's words for one way of answering.

    Attributes:
        welcome: stands over the openers, in Markdown.
        hint: stands in the empty message box.
        openers: messages that such a model can answer.
        mind: what it gets wrong.
    """

    welcome: str
    hint: str
    openers: tuple[str, ...]
    mind: str


TALK = Manner(
    welcome="## What shall we talk about?\n\nPick one of these, or write below.",
    hint="Write a message…",
    openers=(
        "Hello! How are you today?",
        "My name is Ada. What is my name?",
        "What can you do?",
        "What can't you do?",
        "I like tea and long walks.",
        "Who made you?",
    ),
    mind="Models make things up, small ones often: enjoy the talk, don't rely on it.",
)
"""For models that write; the openers suit a few million parameters tuned on small talk."""

READ = Manner(
    welcome="## What shall we read?\n\nPick one of these, or paste a text below, leave an empty line "
    "(Shift+Enter twice) and ask about it.",
    hint="Paste a passage, leave an empty line, and ask about it",
    openers=(
        "The mill on the Elm was built in 1802 by Anna Holt. It burned down in 1911.\n\n"
        "When did the mill burn down?",
        "Dear Sam, the train leaves Leeds at 7:40 from platform 3. Bring the blue folder; Mira has the "
        "tickets.\n\nWho has the tickets?",
        "[1] Linen is made from flax.\n[2] Wool is shorn from sheep, mostly in spring.\n\n"
        "When are sheep shorn?",
        "The library is open from nine to six on weekdays. On Saturdays it closes at one.\n\n"
        "Who founded the library?",
    ),
    mind="It can pick the wrong words; check them.",
)
"""For models that copy from passages; the last opener has no answer in its passage."""
