"""Likes and dislikes on the Chat page: what the thumbs and the small form do."""

from __future__ import annotations

from typing import Any

import gradio as gr

from apps.pages import threads
from apps.pages.answer import one_line
from apps.pages.talk import LIKED, Talk
from apps.pages.who import user_of
from apps.signature import answered_by
from graphs.feedback import Feedback, FeedbackBook
from homespun.errors import UsageError


class FeedbackForm:
    """The thumbs' behaviour over one `Talk`."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    def thumb(self, request: gr.Request, liked: gr.LikeData, thread: str, model: str | None) -> list[Any]:
        """Keeps what was pressed; a dislike opens the form that asks why.

        Returns:
            Updates of the form, its field, and the id of the message that it's about.
        """
        try:
            graph = self.talk.owned(request, thread, model)
            index = liked.index[0] if isinstance(liked.index, list | tuple) else liked.index
            found = threads.place(self.talk.entries(graph, thread), int(index), answer=True)
            if found is None:
                raise UsageError("That answer isn't in this chat any more.")
            book = FeedbackBook(self.talk.context.state.store, user_of(self.talk.context, request))
            if liked.liked in ("", None):  # the same thumb once more
                book.drop(thread, found.message)
                return [gr.update(visible=False), "", ""]
            good = liked.liked in (True, LIKED)
            said = threads.read(graph, thread)
            at = next(i for i, message in enumerate(said) if message.id == found.message)
            question = next((m.text for m in reversed(said[:at]) if m.type == "human"), "")
            book.put(thread, found.message, Feedback(good, question, said[at].text, answered_by(said[at])))
        except Exception as error:
            gr.Warning(one_line(error), title="Not kept")
            return [gr.update(visible=False), "", ""]
        return [gr.update(visible=not good), "", found.message]

    def why(self, request: gr.Request, thread: str, message: str, reason: str) -> list[Any]:
        """Adds the reason to a thumb, and closes the form."""
        book = FeedbackBook(self.talk.context.state.store, user_of(self.talk.context, request))
        old = book.of(thread).get(message)
        if old is not None and reason.strip():
            book.put(thread, message, Feedback(old.liked, old.question, old.answer, old.model, reason))
            gr.Info("Thank you: kept with the answer.", duration=3)
        return [gr.update(visible=False), "", ""]
