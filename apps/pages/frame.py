"""What all pages share: the head of the side panel, with the way to the other pages.

Contract: the style sheet puts Gradio's own bar of pages away where this is used; another page has that bar.
"""

from __future__ import annotations

from html import escape

import gradio as gr

from apps.pages.context import PageContext

BRAND = '<h1>Homespun</h1><button id="theme" type="button" onclick="homespun.toggle()"></button>'


def head(context: PageContext, here: str) -> None:
    """Adds the suite's name, the switch of light and dark and the list of pages.

    Args:
        context: says which pages there are.
        here: the name of the page that is being built.
    """
    gr.HTML(BRAND, elem_id="brand")
    if len(context.pages) > 1:
        gr.HTML(_links(context.pages, here), elem_id="pages")


def skip(to: str, text: str) -> None:
    """Adds the link that leads past the side panel; the first stop of the Tab key."""
    link = f'<a class="skip" href="#{to}" onclick="homespun.past(); return false">{escape(text)}</a>'
    gr.HTML(link, elem_id="skip")


def _links(pages: tuple[str, ...], here: str) -> str:
    # Relative, so that they hold behind a proxy's folder too.
    mark = ' aria-current="page"'
    links = "".join(
        f'<li><a href="{"./" if place == 0 else escape(name, quote=True)}"'
        f"{mark if name == here else ''}>{escape(name.capitalize())}</a></li>"
        for place, name in enumerate(pages)
    )
    return f'<nav aria-label="Pages"><ul>{links}</ul></nav>'
