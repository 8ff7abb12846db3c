"""How likely a text is under a decoder: the loss of each of its tokens, once.

A text begins after `<|endoftext|>` and is read as it is: what looks like a special token is characters.
A text longer than the window is read in windows that overlap, each predicting only what the ones before it
haven't, so that every token is predicted exactly once and, past the first window, with at least
``window − stride`` tokens before it. Logits are taken as float32, the sum as float64.

What it does not know: the loss of the text's end (nothing is predicted after the last token), and documents
inside a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.nn import functional

from homespun.errors import CorruptWeights, HomespunError, UsageError
from models.tokenizers.special import END_OF_TEXT, well_formed

if TYPE_CHECKING:
    from models.interop.causal import CausalNet
    from models.nets.decoder import Decoder

# Logits alive at once: 64 MB of float32.
_LOGITS = 1 << 24


class Encodes(Protocol):
    """What is needed of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Returns the ids of ordinary text."""
        ...

    def special(self, name: str) -> int:
        """Returns the id of `<|endoftext|>`."""
        ...


@dataclass(frozen=True)
class TextLoss:
    """A text under a language model.

    Attributes:
        nats: Negative log-likelihood of the text, summed.
        tokens: How many tokens were predicted: all of the text's.
        bytes: Length of the text in UTF-8.
        right: For how many tokens the most likely one was the true one.
    """

    nats: float
    tokens: int
    bytes: int
    right: int


@torch.inference_mode()
def text_loss(
    net: Decoder | CausalNet,
    tokenizer: Encodes,
    text: str,
    *,
    window: int | None = None,
    stride: int | None = None,
) -> TextLoss:
    """Read a text and add up what it costs.

    Args:
        net: The decoder, in evaluation mode.
        tokenizer: Its tokenizer.
        text: The text; lone surrogates are read as U+FFFD.
        window: Tokens read at once, at most the net's context; None is all of it.
        stride: Tokens from the beginning of one window to that of the next; None is half a window, a whole
            window is fastest and gives the first tokens of each window no context.

    Returns:
        The loss; all zero for an empty text.

    Raises:
        UsageError: The window doesn't fit the net, or the stride not the window.
    """
    context = net.config.max_positions
    window = context if window is None else window
    if not 1 <= window <= context:
        raise UsageError(f"the window must have 1 to {context} tokens (the model's context), not {window}")
    stride = max(1, window // 2) if stride is None else stride
    if not 1 <= stride <= window:
        raise UsageError(f"the stride must be 1 to {window} tokens (the window), not {stride}")

    text = well_formed(text)
    size = len(text.encode())
    device = net.device
    ids = torch.tensor([tokenizer.special(END_OF_TEXT), *tokenizer.encode(text)], device=device)
    count = len(ids) - 1
    nats, right = 0.0, 0
    rows = max(1, _LOGITS // (max(1, min(window, count)) * net.config.vocab_size))
    for group in _groups(list(windows(count, window, stride)), rows):
        length = group[0].end - group[0].start
        inputs = torch.stack([ids[w.start : w.end] for w in group])
        targets = torch.stack([ids[w.start + 1 : w.end + 1] for w in group])
        scored = torch.tensor([w.first - w.start for w in group], device=device)
        counted = torch.arange(length, device=device) >= scored[:, None]
        logits = net(inputs)[counted].float()
        wanted = targets[counted]
        nats += float(functional.cross_entropy(logits, wanted, reduction="none").double().sum())
        right += int((logits.argmax(-1) == wanted).sum())
    return TextLoss(nats, count, size, right)


@dataclass(frozen=True)
class Window:
    """Predictions `start` to `end` (excluded) are made together; those from `first` on are counted."""

    start: int
    first: int
    end: int


def windows(count: int, window: int, stride: int) -> Iterator[Window]:
    """Lay windows over `count` predictions, so that each is counted once.

    Args:
        count: How many tokens are predicted.
        window: How many at once, at most.
        stride: From the start of one window to that of the next.
    """
    end = start = 0
    while end < count:
        first, end = end, min(start + window, count)
        yield Window(start, first, end)
        start += stride


def _groups(laid: list[Window], rows: int) -> Iterator[list[Window]]:
    """Windows to be read together: equally long, so that none is padded. Only the last may be shorter."""
    group: list[Window] = []
    for one in laid:
        full = len(group) == rows
        if group and (full or one.end - one.start != group[0].end - group[0].start):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


class TextLikelihood:
    """A model that says how likely a text is: call it with the text.

    Attributes:
        name: The model's address.
        fingerprint: Changes with weights, tokenizer, window and stride.
        parameters: How many numbers were trained.

    Args:
        net: The decoder.
        tokenizer: Its tokenizer.
        name: The model's address.
        fingerprint: Of weights and tokenizer.
        window: As `text_loss` takes it.
        stride: As `text_loss` takes it.
    """

    def __init__(
        self,
        net: Decoder | CausalNet,
        tokenizer: Encodes,
        *,
        name: str = "",
        fingerprint: str = "",
        window: int | None = None,
        stride: int | None = None,
    ) -> None:
        self._net, self._tokenizer = net.eval(), tokenizer
        self._window, self._stride = window, stride
        self.name = name
        self.fingerprint = f"{fingerprint}/{window or 'all'}/{stride or 'half'}"
        self.parameters = net.num_parameters()

    def __call__(self, text: str) -> TextLoss:
        """Return the loss of `text`."""
        return text_loss(self._net, self._tokenizer, text, window=self._window, stride=self._stride)


def load_likelihood(
    name: str, home: Path | None = None, *, window: int | None = None, stride: int | None = None
) -> TextLikelihood:
    """Load the language model that an address leads to.

    Args:
        name: A model folder's name or path, or `hf:<id or folder>[+<adapter>]`.
        home: The state folder; by default the one in the settings.
        window: As `text_loss` takes it.
        stride: As `text_loss` takes it.

    Raises:
        ModelNotFound: There is none of this name.
        CorruptWeights: A file is missing, cut short or altered.
        UsageError: The checkpoint's architecture isn't supported, or it says of no token that texts begin
            with it.
    """
    from models.chat.weights import FOREIGN

    tokenizer: Encodes
    net: Decoder | CausalNet
    if name.startswith(FOREIGN):
        from models.chat.foreign import locate_foreign
        from models.interop.loading import load_net, with_adapter

        source = locate_foreign(name)
        net, tokenizer = load_net(source.folder), _foreign_tokenizer(source.folder)
        if source.adapter is not None:
            net = with_adapter(net, source.adapter)
        fingerprint = source.fingerprint
    else:
        from models.shelves import find_model
        from models.store import load_model

        loaded = load_model(find_model(name, home))
        net, tokenizer, fingerprint = loaded.net, loaded.tokenizer, loaded.fingerprint
    return TextLikelihood(net, tokenizer, name=name, fingerprint=fingerprint, window=window, stride=stride)


@dataclass(frozen=True)
class _Foreign:
    """The tokenizer of a checkpoint that isn't ours."""

    runtime: Any
    begin: int

    def encode(self, text: str) -> list[int]:
        return list(self.runtime.encode(text, add_special_tokens=False).ids)

    def special(self, name: str) -> int:  # noqa: ARG002 (the only one that is asked for)
        return self.begin


def _foreign_tokenizer(folder: Path) -> Encodes:
    """A checkpoint's tokenizer; texts begin with its beginning-of-text token, or its end-of-text token."""
    import tokenizers

    from models.tokenizers.fast import Tokenizer

    try:
        text = (folder / "tokenizer.json").read_text(encoding="utf-8")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptWeights(
            f"{folder} lacks a readable tokenizer.json or config.json: copy the folder again"
        ) from error
    with suppress(HomespunError):
        return Tokenizer.from_json(text)
    begin = config.get("bos_token_id")
    begin = config.get("eos_token_id") if begin is None else begin
    begin = begin[0] if isinstance(begin, list) and begin else begin
    if not isinstance(begin, int):
        raise UsageError(f"{folder / 'config.json'} names no bos_token_id, so no text can begin")
    try:
        runtime: Any = tokenizers.Tokenizer.from_str(text)
    except Exception as error:  # the runtime raises bare Exception
        raise CorruptWeights(f"{folder / 'tokenizer.json'} is damaged: copy the folder again") from error
    runtime.encode_special_tokens = True  # what looks like a special token is characters
    runtime.no_truncation()
    runtime.no_padding()
    return _Foreign(runtime, begin)
