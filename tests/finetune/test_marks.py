import re

import pytest

from finetune.marks import BEGIN, END, standing, with_results
from homespun.errors import UsageError


def test_results_are_put_between_the_marks():
    page = with_results(f"# read\n\n{BEGIN}\n{END}\n\nrest\n", "F1 80\n")
    assert page == f"# read\n\n{BEGIN}\n\nF1 80\n\n{END}\n\nrest\n"
    again = with_results(page, "\nF1 81")
    assert again == page.replace("80", "81")
    assert with_results(again, standing(again)) == again


@pytest.mark.parametrize("page", ["", "# read\n", f"{BEGIN}\n{END}\n", f"{BEGIN}\n\n\n{END}"])
def test_nothing_stands_where_nothing_was_put(page):
    assert standing(page) == ""


@pytest.mark.parametrize(
    "page", [f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_a_page_without_the_marks_once_each_is_refused(page):
    for ask in (standing, lambda page: with_results(page, "F1 80")):
        with pytest.raises(UsageError, match=re.escape(BEGIN)):
            ask(page)


def test_a_page_without_marks_has_no_place_for_results():
    with pytest.raises(UsageError, match=re.escape(BEGIN)):
        with_results("# read\n", "F1 80")
