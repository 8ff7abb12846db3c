"""The pages of the Gradio suite: name → ``"module:build"``.

Contract: ``build(context)`` adds one page to the ``gr.Blocks`` that is open; ``context`` is an
`apps.pages.context.PageContext`. Order is the order in the navigation; the first page is the root.
"""

from __future__ import annotations

from collections.abc import Callable

from homespun.names import Table

PAGES: Table[Callable[..., None]] = Table(
    "page", {"chat": "apps.pages.chat:build", "evals": "apps.pages.evals.page:build"}
)
