"""`ChatReader`: the encoder's reader as a LangChain chat model that quotes and never writes.

What is asked, and from which passages, is taken from the messages by `models.chat.passages`. The answer is
copied from one passage, with a LangChain citation, or one fixed sentence that declines; a message that only
gives a text is acknowledged. The citation's `cited_text` is the sentence around the answer, as it stands in
the passage, and its `extras` hold `passage`, `start` and `end`.
`response_metadata` holds `answerable` and `confidence` (probabilities), and where there's an answer
`passage` (counted from 1), `start` and `end`: characters of that passage, which are the answer.
What a call may override: `model`, `max_tokens`, `timeout`, `stop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from langchain_core.messages import BaseMessage
from langchain_core.messages.content import create_citation
from typing_extensions import override

from homespun.text.sentences import split
from models.chat.addresses import CALLER, READER, adapters_of
from models.chat.encoded import ChatEncoded, Reply
from models.chat.passages import Passage, asked
from models.encoders.read import Reader, Reading

ABSTENTION = "I'm sorry, the passages don't say."
NO_PASSAGES = (
    "There are no passages to answer from. Put some text before the question, with a blank line between them."
)
READ = "I've read that. Ask me about it."
ABSTAINED = "abstained"
_REACH = 100
"""The most characters that are cited on either side of an answer."""


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
        (adapter,) = adapters_of(READER, name)
        return Reader(adapter, home=self.home, threads=self.threads, threshold=self.threshold)

    @override
    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> NoReturn:
        """Say that there is no such thing here.

        Raises:
            NotImplementedError: Always, as LangChain has it for models that call no tools.
        """
        raise NotImplementedError(
            f"{self.model} calls no tools: use {CALLER}, or a model that does, like home"
        )

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
        if not wanted.question:
            return Reply(READ)
        between()
        reading = reader.read(wanted.question, [passage.text for passage in wanted.passages], between)
        told = {"answerable": reading.answerable, "confidence": reading.confidence}
        if not reading.text:
            return Reply(ABSTENTION, reading.tokens, told, ABSTAINED)
        told |= {"passage": reading.passage + 1, "start": reading.start, "end": reading.end}
        mark = f" [{reading.passage + 1}]" if wanted.marked else ""
        citation = _citation(reading, wanted.passages[reading.passage])
        return Reply(reading.text + mark, reading.tokens, told, annotations=(citation,))


def _citation(reading: Reading, passage: Passage) -> dict[str, Any]:
    citation = create_citation(
        title=passage.title or None,
        url=passage.url or None,
        start_index=0,
        end_index=len(reading.text),
        cited_text=_around(passage.text, reading.start, reading.end),
        passage=reading.passage + 1,
        start=reading.start,
        end=reading.end,
    )
    return dict(citation)


def _around(text: str, start: int, end: int) -> str:
    """The sentence around characters start:end of a text, or whole words of a long one."""
    spans = split(text)
    first = max((span.start for span in spans if span.start <= start), default=start)
    last = min((span.end for span in spans if span.end >= end), default=end)
    if start - first > _REACH:
        first = start - len(text[start - _REACH : start].partition(" ")[2])
    if last - end > _REACH:
        last = end + len(text[end : end + _REACH].rpartition(" ")[0])
    return text[first:last]
