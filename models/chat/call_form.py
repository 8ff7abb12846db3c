"""How a tool call is written: `{"name":…,"arguments":{…}}`, compactly, in the grammar and in proposals."""

from __future__ import annotations

import json
from typing import Any


def call_head(name: str) -> str:
    """How a call of this function begins, up to its arguments."""
    return '{"name":' + json.dumps(name) + ',"arguments":'


def compact(value: Any) -> str:
    """A value as the grammar has it written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
