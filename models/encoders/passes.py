"""The ways to run an encoder, and what each has laid out for the nets it has seen.

- "eager": the net's own forward, padded; the reference.
- "fused": float32 without padding (`models.inference.encoder_step`); equal within 1e-5.
- "bfloat16": the same with bfloat16 products; cosine with the exact vector above 0.999.
- "int8": what goes into products in 8 bits. With quick products of bytes (`models.inference.rounded`) cosines
  of MiniLM are 0.998 on average over passages, questions and code (least seen: 0.995), that of an empty text
  0.990. Without them, and with adapters: 0.997, of an empty text above 0.98.

With quick products of bytes "int8" embeds 1.4 times as many passages of 110 tokens a second as "bfloat16"
does, on one thread and on two; without them it's no quicker, and for processors that have products of neither
type. `homespun bench embed` measures all of them beside sentence-transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args
from weakref import WeakKeyDictionary

from homespun.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from models.inference.encoder_step import EncoderStep
    from models.inference.linear import Precision
    from models.nets.encoder import Encoder

Way = Literal["eager", "fused", "bfloat16", "int8"]
WAYS: tuple[Way, ...] = get_args(Way)

_PRECISIONS: dict[Way, Precision] = {"fused": "float32", "bfloat16": "bfloat16", "int8": "int8"}


def quickest() -> Way:
    """The way that is quickest here and tells spans and tools apart as well as the reference does.

    On two cores with products of bfloat16 that type takes half the time; elsewhere it takes fifty times as
    much.
    """
    import torch

    from models.inference.linear import has_onednn

    return "bfloat16" if has_onednn(torch.bfloat16) else "fused"


def quickest_to_embed() -> Way:
    """The way that is quickest here for vectors of texts, which the last digits matter less to.

    "int8" where bytes have quick products; else `quickest`.
    """
    from models.inference.rounded import has_bytes

    return "int8" if has_bytes() else quickest()


def check_way(way: str) -> None:
    """Refuse what is none.

    Raises:
        UsageError: It isn't one of `WAYS`.
    """
    if way not in WAYS:
        raise UsageError(f"there is no way {way!r} to run an encoder: choose {', '.join(WAYS)}")


class Passes:
    """Runs a trunk, alone or with adapters on it; matrices of the trunk are laid out once for all of these.

    Not for several threads at once. What was laid out for a net goes with the net.
    """

    def __init__(self, net: Encoder) -> None:
        self._net = net
        self._steps: WeakKeyDictionary[Encoder, dict[Way, EncoderStep]] = WeakKeyDictionary()

    def __call__(
        self,
        rows: Sequence[Sequence[int]],
        way: Way,
        types: Sequence[Sequence[int]] | None = None,
        net: Encoder | None = None,
    ) -> Tensor:
        """States [N, width] of rows of N tokens together, one row behind the other.

        Args:
            rows: Token ids, none empty; quickest where rows of one length are neighbours.
            way: How; a net that isn't float32 on a CPU goes its own way.
            types: Token types, as long as the rows.
            net: The trunk with an adapter on it; by default the trunk alone.

        Raises:
            UsageError: A row is empty or too long, or types are not as long as their row.
        """
        import torch

        from models.inference.encoder_step import EncoderStep

        net = self._net if net is None else net
        lengths = [len(row) for row in rows]
        if types is not None and [len(row) for row in types] != lengths:
            raise UsageError("token types must be as long as the rows they are for")
        if way == "eager" or not EncoderStep.fits(net):
            return _padded(net, rows, types)
        with torch.inference_mode():
            ids = torch.tensor([token for row in rows for token in row])
            kinds = None if types is None else torch.tensor([kind for row in types for kind in row])
            return self._step(net, way)(ids, lengths, kinds)

    def _step(self, net: Encoder, way: Way) -> EncoderStep:
        from models.inference.encoder_step import EncoderStep

        steps = self._steps.setdefault(net, {})
        step = steps.get(way)
        if step is None or not step.current:
            shelf = {} if net is self._net else dict(self._step(self._net, way).matrices)
            if step is not None:
                shelf |= step.matrices  # an adapter in training changes, its base doesn't
            step = steps[way] = EncoderStep(net, _PRECISIONS[way], shelf)
        return step


def _padded(net: Encoder, rows: Sequence[Sequence[int]], types: Sequence[Sequence[int]] | None) -> Tensor:
    import torch

    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(ids.shape, dtype=torch.bool)
    kinds = None if types is None else torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = True
        if types is not None and kinds is not None:
            kinds[place, : len(row)] = torch.tensor(types[place])
    device = net.embedding.weight.device
    with torch.inference_mode():
        whole = net(
            ids.to(device),
            mask=None if bool(mask.all()) else mask.to(device),
            types=None if kinds is None else kinds.to(device),
        )
        states: Tensor = whole[mask.to(device)].float().cpu()
    return states
