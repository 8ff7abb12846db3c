"""What is typed behind a slash in `homespun chat`: commands on the thread, and on what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.cli.output import complain, note, printable, write

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from apps.cli.talk import Conversation, Reply
    from graphs.threads import Threads

HELP = """\
/new              begin a new thread
/undo             take the last question and its answer back
/retry            answer the last question anew
/summary          what stands for the older part of this thread, if it has outgrown the model
/memories         what's remembered of you, in all threads
/remember TEXT    add to it
/forget KEY       take from it, by the key that /memories shows
/memory on|off    whether anything is remembered and recalled
/help             show this
/exit             leave (or Ctrl-D); Ctrl-C stops an answer"""


class Commands:
    """The commands over one conversation.

    Args:
        conversation: Which thread is open.
        threads: The user's threads.
        store: Where the user's memories are.
    """

    def __init__(self, conversation: Conversation, threads: Threads, store: BaseStore) -> None:
        from graphs.chatbot.state import LOCAL
        from graphs.memories.book import Book

        self._talk, self._threads = conversation, threads
        self._book = Book(store, LOCAL)

    def run(self, line: str) -> bool:
        """Carries out a command; says whether the line was one.

        Raises:
            UsageError: If it can't be carried out.
        """
        name, _, rest = line.partition(" ")
        rest = rest.strip()
        if not name.startswith("/") or not name[1:].isalpha():
            return False
        match name:
            case "/help":
                print(HELP)
            case "/new":
                from graphs.threads import new_name

                self._talk.thread = self._threads.open(new_name())
                note(f"thread {self._talk.thread}")
            case "/undo":
                gone = self._talk.undo()
                note("(nothing to take back)" if gone is None else f"(taken back: {gone[:60]})")
            case "/retry" | "/regenerate":
                self._retry()
            case "/summary":
                self._summary()
            case "/memories":
                self._memories()
            case "/remember":
                change = self._book.add(rest)
                note(f"({change.what}: {change.memory.text})")
            case "/forget":
                note(f"(forgotten: {self._book.delete(rest).text})")
            case "/memory" if rest in ("on", "off"):
                self._book.switch(rest == "on")
                note(f"(memory is {rest})")
            case "/memory":
                note(f"(memory is {'on' if self._book.on else 'off'}; /memory on or /memory off changes it)")
            case _:
                complain(f"there is no {name}; /help lists what there is")
        return True

    def _retry(self) -> None:
        again = self._talk.again(write)
        if again is None:
            note("(nothing to answer)")
            return
        write("\n")
        cite(again)

    def _summary(self) -> None:
        from graphs.chatbot.shown import older

        values = self._talk.graph.get_state(self._talk.config).values
        summary = values.get("summary")
        if summary is None:
            note("(the model is shown the whole thread)")
            return
        last = older(values["messages"], summary)[-1].text
        print(
            f"In place of the first {summary['messages']} messages, up to {last[:60]!r}, the model is shown:"
        )
        for line in filter(None, (summary["text"], *summary["told"])):
            print(f"- {printable(line)}")

    def _memories(self) -> None:
        found = self._book.all()
        if not found:
            note("(nothing is remembered)")
        for memory in found:
            print(f"{memory.key}  {printable(memory.text)}")


def cite(reply: Reply) -> None:
    """Shows what an answer rests on."""
    for source in reply.sources:
        number = "" if source.passage is None else f"[{source.passage}]"
        where = ", ".join(filter(None, (source.title, source.url)))
        parts = (number, source.quoted and f'"{source.quoted}"', where and f"({where})")
        note(" ".join(filter(None, parts)))
    for noted in reply.learned:
        note(f"({noted['what']}: {noted['text']})")
