"""What the answers of a chat model depend on, as one hash: of ours and of any provider's.

Contract: the same model made in another process has the same fingerprint. It's made of what the model says of
itself (weights or script, sampling) and of where it's reached, since two servers may call two models by one
name. What it doesn't know: that a server has changed what it answers by this name.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_WHERE = re.compile(r"url|api_base|endpoint|host|deployment")


def fingerprint(model: BaseChatModel) -> str:
    """Returns 64 hexadecimal digits that change with all that is known to change an answer."""
    values: dict[str, Any] = {name: getattr(model, name, None) for name in type(model).model_fields}
    where = {name: value for name, value in values.items() if isinstance(value, str) and _WHERE.search(name)}
    # A client may have its address from the environment.
    clients = {name: str(value.base_url) for name, value in values.items() if hasattr(value, "base_url")}
    told = [model._llm_type, model._identifying_params, where, clients]
    return hashlib.sha256(json.dumps(told, default=_named, sort_keys=True).encode()).hexdigest()


def _named(value: object) -> str:
    """What isn't plain, as text that is the same in every process."""
    return re.sub(r"0x[0-9a-fA-F]+", "0x", repr(value))
