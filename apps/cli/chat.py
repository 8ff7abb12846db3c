"""`homespun chat`: one answer, or a conversation."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.options import AsJson
from apps.cli.output import complain, emit, note, write
from homespun.errors import Cancelled, HomespunError, UsageError

if TYPE_CHECKING:
    from apps.cli.commands import Commands
    from apps.cli.talk import Conversation


def chat(
    message: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to say. What is piped to standard input or read from a file there goes before it, or "
            "is the message where there's none; < /dev/null keeps it out. With neither: a conversation."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", "-m", help="Which model answers.")] = None,
    thread: Annotated[
        str | None, typer.Option("--thread", "-t", help="Continue this thread, or begin one of that name.")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, max=5.0, help="0 always takes the likeliest token.")
    ] = None,
    top_p: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Share of likely tokens.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="The longest answer, in tokens.")] = None,
    memory: Annotated[
        bool, typer.Option(help="Recall what you told in other threads, and keep what you tell in this one.")
    ] = True,
    seed: Annotated[int | None, typer.Option(min=0, help="Makes sampled answers repeatable.")] = None,
    as_json: AsJson = False,
) -> int:
    """Talk with a model: `homespun chat "Hello"`."""
    question = _question(message)
    if question is None and as_json:
        raise UsageError('--json answers one message: homespun chat --json "Hello".')
    if question is not None and not question.strip():
        raise UsageError("The message is empty: write something to be answered.")

    from apps import compose
    from graphs.chatbot.limits import check_question
    from graphs.threads import Threads, check_name, new_name
    from homespun.settings import load_settings

    settings = load_settings(model=model)
    name = check_name(thread) if thread is not None else new_name()
    chosen = compose.chat_model(
        settings, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed
    )
    if question is not None:
        check_question(chosen, question)  # before a file is made for it
    from apps.cli.commands import Commands, cite
    from apps.cli.talk import Conversation

    with compose.open_state(settings) as state:
        threads = Threads(state)
        threads.open(name)
        conversation = Conversation(compose.chatbot_graph(settings, chosen, state), chosen, name, memory)
        if question is None:
            note(f"{settings.model} · thread {name} · /help for help")
            return _converse(
                conversation, Commands(conversation, threads, state.store), settings.folder.history
            )
        try:
            reply = conversation.ask(question, _silent if as_json else write)
        except KeyboardInterrupt:
            if not as_json:
                write("\n")
            raise Cancelled(
                f"stopped; what was said is kept, and homespun chat --thread {name} goes on"
            ) from None
        if as_json:
            emit(
                {
                    "thread": name,
                    "model": settings.model,
                    "answer": reply.text,
                    "finish_reason": reply.finish_reason,
                    "usage": reply.usage,
                    "citations": reply.citations,
                    "confidence": reply.confidence,
                    "recalled": [noted["text"] for noted in reply.recalled],
                    "learned": [{"what": noted["what"], "text": noted["text"]} for noted in reply.learned],
                    "seconds": round(reply.seconds, 3),
                    "seconds_to_first_token": None if reply.first is None else round(reply.first, 3),
                }
            )
        else:
            write("\n")
            cite(reply)
            note(f"(homespun chat --thread {name} continues)")
    return 0


def _silent(_piece: str) -> None:
    pass


def _question(message: list[str] | None) -> str | None:
    if message:
        # An argument of bytes that aren't UTF-8 arrives as lone surrogates, which nothing can store.
        said = " ".join(message).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        before = _piped().rstrip() if said.strip() else ""
        return f"{before}\n\n{said}" if before else said
    if sys.stdin is None or sys.stdin.isatty():
        return None
    return sys.stdin.read()


def _piped() -> str:
    """Standard input where it's a pipe or a file.

    Not a socket, which many a program leaves open for those it starts; a pipe that's left open is waited for.
    """
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except OSError:  # something else was put in its place
        return ""
    return sys.stdin.read() if stat.S_ISFIFO(kind) or stat.S_ISREG(kind) else ""


def _converse(conversation: Conversation, commands: Commands, history: Path) -> int:
    from apps.cli.commands import cite

    with _Lines(history) as lines:
        while (line := lines.next()) is not None:
            said = line.strip()
            if not said:
                continue
            if said in ("/exit", "/quit"):
                break
            try:
                if not commands.run(said):
                    reply = conversation.ask(said, write)
                    write("\n")
                    cite(reply)
            except KeyboardInterrupt:
                write("\n")
                note("(stopped; what was said is kept)")
            except HomespunError as error:
                complain(str(error))
            except Exception as error:
                # Whatever a provider or its network throws ends this answer, not the conversation.
                from models.chat.provider import explain

                complain(str(explain(error) or f"{type(error).__name__}: {' '.join(str(error).split())}"))
    return 0


class _Lines:
    """Lines that a person types, with the arrow keys' history where readline is there."""

    def __init__(self, history: Path) -> None:
        self._history = history
        self._interrupts = 0

    def __enter__(self) -> _Lines:
        try:
            import readline
        except ImportError:
            return self
        with contextlib.suppress(OSError):  # the first time there is none
            readline.read_history_file(self._history)
        readline.set_history_length(1000)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            import readline

            self._history.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(self._history)
        except (ImportError, OSError):
            pass  # a history that can't be kept is no reason to fail

    def next(self) -> str | None:
        """Returns the next line, or None at the end (Ctrl-D, or Ctrl-C twice)."""
        while True:
            try:
                line = input("> ")
            except EOFError:
                write("\n")
                return None
            except KeyboardInterrupt:
                write("\n")
                self._interrupts += 1
                if self._interrupts > 1:
                    raise
                note("(Ctrl-D leaves)")
                continue
            self._interrupts = 0
            return line
