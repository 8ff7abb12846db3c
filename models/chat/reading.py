"""`ChatReader`: the encoder's reader as a LangChain chat model that quotes and never writes.

What is asked, and from which passages, is taken from the messages by `models.chat.passages`. The answer is
copied from one passage, with a LangChain citation that names it, or one fixed sentence that declines.
`response_metadata` holds `answerable` and `confidence` (probabilities), and where there's an answer
`passage` (counted from 1), `start` and `end`: characters of that passage, which are the answer.
What a call may override: `model`, `max_tokens`, `timeout`, `stop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from langchain_core.messages import BaseMessage
from langchain_core.messages.content import create_citation
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.addresses import READER
from models.chat.encoded import ChatEncoded, Reply
from models.chat.passages import Passage, asked
from models.encoders.read import Reader, Reading

ABSTENTION = "I'm sorry, the passages don't say."
NO_PASSAGES = "There are no passages to answer from. Send some text first, then ask about it."
ABSTAINED = "abstained"
_ADAPTER = "read"


class ChatReader(ChatEncoded):
    r"""Answers from passages word for word.

    Example:
        ```python
        reader = ChatReader()
        reader.invoke("[1] Rain fell on Tuesday.\n\nQuestion: When did it rain?").text
        ```

    Raises:
        ModelNotFound: When constructed with a name that leads nowhere.
        CorruptWeights: When an adapter's configuration cannot be read; at the first answer, when other files
            are damaged.
        UsageError: When a parameter is out of range.
    """

    shaping: ClassVar[tuple[str, ...]] = (*ChatEncoded.shaping, "threshold")

    model: str = READER
    """`reader`, or `reader:<name or folder of an adapter>`."""
    threshold: float | None = 0.3
    """Decline below this probability of an answer; 0 never does. None takes the adapter's own, which was
    fitted to questions of which half have no answer and were written to look as if they had: whoever sends
    passages to be asked about them mostly finds an answer there, so the default declines less."""

    @override
    def _open(self, name: str) -> Reader:
        adapter = adapter_of(name)
        return Reader(adapter, home=self.home, threads=self.threads, threshold=self.threshold)

    @property
    def _llm_type(self) -> str:
        return "homespun-reader"

    @override
    def _reply(
        self, name: str, messages: Sequence[BaseMessage], between: Callable[[], None], **given: Any
    ) -> Reply:
        reader: Reader = self._find(name)
        wanted = asked(messages)
        if not any(passage.text.strip() for passage in wanted.passages):
            return Reply(NO_PASSAGES, finish_reason=ABSTAINED)
        between()
        reading = reader.read(wanted.question, [passage.text for passage in wanted.passages], between)
        told = {"answerable": reading.answerable, "confidence": reading.confidence}
        if not reading.text:
            return Reply(ABSTENTION, reading.tokens, told, ABSTAINED)
        told |= {"passage": reading.passage + 1, "start": reading.start, "end": reading.end}
        mark = f" [{reading.passage + 1}]" if wanted.marked else ""
        citation = _citation(reading, wanted.passages[reading.passage])
        return Reply(reading.text + mark, reading.tokens, told, annotations=(citation,))


def adapter_of(name: str) -> str:
    """The adapter that an address means.

    Raises:
        UsageError: It isn't of the form `reader` or `reader:<adapter>`.
    """
    kind, _, adapter = name.partition(":")
    if kind != READER or name == f"{READER}:":
        raise UsageError(f"{name!r} is no reader: use {READER} or {READER}:<name or folder of an adapter>")
    return adapter or _ADAPTER


def _citation(reading: Reading, passage: Passage) -> dict[str, Any]:
    citation = create_citation(
        title=passage.title or None,
        url=passage.url or None,
        start_index=0,
        end_index=len(reading.text),
        cited_text=reading.text,
        passage=reading.passage + 1,
        start=reading.start,
        end=reading.end,
    )
    return dict(citation)
