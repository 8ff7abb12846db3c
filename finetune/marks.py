"""The two lines of a page between which results stand, so that they can be put in anew."""

from __future__ import annotations

from homespun.errors import UsageError

BEGIN, END = "<!-- results -->", "<!-- /results -->"


def standing(page: str) -> str:
    """The results that a page holds, without the space around them; "" for a page without marks.

    Raises:
        UsageError: There are marks, but not once each and in order.
    """
    return _parts(page)[1].strip() if BEGIN in page or END in page else ""


def with_results(page: str, results: str) -> str:
    """The page with other results between its marks.

    Raises:
        UsageError: The marks aren't there, once each and in order.
    """
    head, _, tail = _parts(page)
    return f"{head}{BEGIN}\n\n{results.strip()}\n\n{END}{tail}"


def _parts(page: str) -> tuple[str, str, str]:
    """What stands before, between and after the marks."""
    head, begin, rest = page.partition(BEGIN)
    results, end, tail = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in head + tail:
        raise UsageError(f"a page with results needs the line {BEGIN} and after it the line {END}, each once")
    return head, results, tail
