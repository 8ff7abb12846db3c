"""The tests themselves cannot reach the network."""

from __future__ import annotations

import socket

import pytest


def test_other_machines_cannot_be_reached() -> None:
    with pytest.raises((RuntimeError, UserWarning), match="connect"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_servers_on_this_machine_can() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
