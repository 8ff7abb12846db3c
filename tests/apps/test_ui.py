from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from apps import ui
from apps.pages import PAGES
from homespun.errors import UsageError


@pytest.mark.parametrize("name", PAGES.listed())
def test_every_page_can_be_loaded(name: str) -> None:
    assert callable(PAGES[name])


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} is taken .* --port {port + 1}"):
            ui.free_port("127.0.0.1", port)


def test_port_0_is_a_free_one() -> None:
    assert 1024 <= ui.free_port("127.0.0.1", 0) <= 65535


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_an_address_that_is_not_ours_is_said_in_one_line(host: str) -> None:
    with pytest.raises(UsageError, match="can't be listened on"):
        ui.free_port(host, 0)


def test_analytics_are_off_before_gradio_is_imported() -> None:
    program = (
        "import sys; from apps import ui; assert 'gradio' not in sys.modules; ui.quiet(); "
        "import gradio; from gradio import analytics; assert not analytics.analytics_enabled()"
    )
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "True"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=120)
