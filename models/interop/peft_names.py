"""How a net's linear maps are called in its checkpoint of `transformers`, and so by adapters of PEFT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from models.blocks.lora import LoRALinear

JOINED = re.compile(r"(.+)\.attn\.c_attn")
"""GPT-2's one map for query, key and value."""

_PARTS = ("query", "key", "value")


@dataclass(frozen=True)
class Names:
    """Names of a net's linear maps.

    Attributes:
        theirs: Our name → theirs; several of ours have the same where they keep them in one.
        conv: Whether it's GPT-2, whose matrices lie transposed and whose query, key and value are joined.
        task: What PEFT calls such a net's task; "" for none.
    """

    theirs: Mapping[str, str]
    conv: bool = False
    task: str = ""
    _back: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for ours, theirs in self.theirs.items():
            self._back.setdefault(theirs, []).append(ours)

    def ours(self, theirs: str) -> dict[str, int | None]:
        """Our maps for one of theirs, each with its place among three in one; None where it's the whole."""
        # Models with a head prefix the encoder in them.
        found = self._back.get(theirs) or self._back.get(re.sub(r"^(bert|roberta)\.", "", theirs), [])
        if len(found) == 1:
            return {found[0]: None}
        return {name: _PARTS.index(name.rpartition(".")[2]) for name in found}

    def grouped(self, adapters: Mapping[str, LoRALinear]) -> dict[str, dict[str, LoRALinear]]:
        """Adapters by their name for the map."""
        groups: dict[str, dict[str, LoRALinear]] = {}
        for name, module in adapters.items():
            groups.setdefault(self.theirs[name], {})[name] = module
        return groups

    @property
    def linears(self) -> list[str]:
        """Their names of all linear maps of the net, adapted or not."""
        return sorted(set(self.theirs.values()))


def names_of(net: nn.Module) -> Names:
    """The names of a net's linear maps: our decoder's and encoder's translated, others' as they are.

    Raises:
        UsageError: It's a decoder that no architecture of `transformers` computes.
    """
    from models.nets.decoder import Decoder
    from models.nets.encoder import Encoder

    ours = [name for name, part in net.named_modules() if isinstance(part, nn.Linear | LoRALinear) and name]
    # The map inside an adapter is the adapter's business.
    ours = [name for name in ours if not name.endswith(".base") or name.removesuffix(".base") not in ours]
    if isinstance(net, Decoder):
        from models.interop.layouts import model_type
        from models.interop.tensors import their_module

        kind = model_type(net.config)
        return Names({name: their_module(kind, name) for name in ours}, kind == "gpt2", "CAUSAL_LM")
    if isinstance(net, Encoder):
        from models.interop.bert import their_module as of_bert

        return Names({name: of_bert(name) for name in ours}, task="FEATURE_EXTRACTION")
    return Names({name: name for name in ours})
