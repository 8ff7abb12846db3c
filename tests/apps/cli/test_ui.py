from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from typing import Any


def test_it_serves_the_page_until_ctrl_c(scripted: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "apps", "ui", "--port", "0", "--model", scripted("Hello!")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        with urllib.request.urlopen(found[0], timeout=60) as page:
            assert page.status == 200
            assert b"Homespun" in page.read()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (130, "homespun: stopped\n")
    finally:
        process.kill()
        process.communicate()


def test_an_unknown_model_is_refused_before_anything_listens(homespun: Any) -> None:
    done = homespun("ui", "--port", "0", "--model", "nope")
    assert done.status == 2
    assert "no model named 'nope'" in done.line
    assert done.out == ""


def test_a_model_that_needs_tools_is_refused_before_anything_listens(homespun: Any) -> None:
    done = homespun("ui", "--port", "0", "--model", "caller")
    assert done.status == 2
    assert "caller needs tools, and the Chat page gives it none" in done.line
    assert done.out == ""
