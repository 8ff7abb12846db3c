"""Any causal language model of `transformers` behind the engine's interface (`models.inference.net.Net`).

For the architectures that our decoder doesn't compute. Weights are safetensors, computed in float32 on the
CPU; code that lies beside a checkpoint is never run. What transformers only warns of is refused here: tensors
that are missing are not drawn at random, and tensors that are left over mean that something else was meant.

Whether a model's cache can be trusted is tried out when it's loaded, because some can't go on by more than
one token, and a few have none: such a model reads the whole sequence anew at every step, exact but slow. So
is whether it's causal at all (an encoder isn't).

What it doesn't know: whether transformers computes an architecture as its authors do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from homespun.errors import CorruptWeights, HomespunError, UsageError
from models.interop.checkpoint import CONFIG, read_values

# Where neither the model nor its tokenizer names a bound (positions by ALiBi or by recurrence have none).
_UNBOUNDED = 2048
_TOLERANCE = 1e-3  # of the largest logit; float32 rounds a thousand times finer
_TRIED = 8


@dataclass(frozen=True)
class CausalShape:
    """Sizes of a foreign net: as in `DecoderConfig`."""

    vocab_size: int
    max_positions: int


@dataclass
class CausalCache:
    """What a foreign net keeps of a sequence: its own cache, or the tokens where it has none.

    Attributes:
        length: Tokens seen.
    """

    past: Any
    length: int = 0
    tokens: list[Tensor] = field(default_factory=list)


class CausalNet(nn.Module):
    """A model of `transformers` with the methods that the engine needs.

    Attributes:
        config: Its sizes.
        model: The model itself.
        cached: Whether its own cache is used.

    Args:
        model: A causal language model, in evaluation mode.
        max_positions: Most tokens of one sequence.

    Raises:
        UsageError: It gives no logits, or what it says of a token depends on later ones.
    """

    def __init__(self, model: nn.Module, max_positions: int) -> None:
        super().__init__()
        self.model = model
        self.cached = False
        accepted = signature(model.forward).parameters
        self._keeps = "logits_to_keep" in accepted
        self._has_cache = "past_key_values" in accepted
        self.config = CausalShape(0, max_positions)
        with torch.inference_mode():
            self.config = CausalShape(self._try(), max_positions)

    @property
    def device(self) -> torch.device:
        """Where it lives."""
        return next(self.model.parameters()).device

    def num_parameters(self) -> int:
        """Trained numbers; tied ones count once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def with_model(self, model: nn.Module) -> Self:
        """The same around another model of the same make, such as this one with adapters."""
        made = type(self).__new__(type(self))
        nn.Module.__init__(made)
        for name in ("cached", "_keeps", "_has_cache", "config"):
            setattr(made, name, getattr(self, name))
        made.model = model
        return made

    def new_cache(self, batch: int, capacity: int) -> CausalCache:  # noqa: ARG002 (it grows by itself)
        """An empty cache; `capacity` isn't reserved."""
        if not self.cached:
            return CausalCache(None)
        from transformers import DynamicCache

        return CausalCache(DynamicCache(config=self.model.config))

    def forward(self, ids: Tensor, *, cache: CausalCache | None = None, last_only: bool = False) -> Tensor:
        """Logits of the next token; see `Net.__call__`.

        Args:
            ids: Token ids [B, T].
            cache: What came before; advanced.
            last_only: Whether only the last position's logits are wanted.

        Returns:
            [B, T, vocab_size], or [B, 1, vocab_size] with `last_only`.

        Raises:
            UsageError: More tokens than the model's context.
        """
        length = ids.shape[1]
        end = length + (0 if cache is None else cache.length)
        if end > self.config.max_positions:
            raise UsageError(
                f"{end} tokens are too many: this model's context is {self.config.max_positions}"
            )
        kept: dict[str, Any] = {"logits_to_keep": 1 if last_only else length} if self._keeps else {}
        if cache is None:
            logits = self.model(input_ids=ids, use_cache=False, **kept).logits
        elif cache.past is not None:
            logits = self.model(input_ids=ids, past_key_values=cache.past, use_cache=True, **kept).logits
        else:
            cache.tokens.append(ids)
            logits = self.model(input_ids=torch.cat(cache.tokens, 1), use_cache=False, **kept).logits
        if cache is not None:
            cache.length = end
        wanted: Tensor = logits[:, -1:] if last_only else logits[:, -length:]
        return wanted

    def _try(self) -> int:
        """See what the model can do; set `cached`, return the width of its logits."""
        ids = torch.arange(2, 2 + _TRIED, device=self.device)[None]
        try:
            whole = self(ids)
        except HomespunError:
            raise
        except Exception as error:  # of many kinds
            raise UsageError(
                f"transformers can't run {type(self.model).__name__}: {_first(error)}"
            ) from error
        if not torch.isfinite(whole).all():
            raise CorruptWeights("the weights give not-a-number: copy the model's folder again")
        if not _close(self(ids[:, : _TRIED // 2]), whole[:, : _TRIED // 2]):
            raise UsageError(
                f"{type(self.model).__name__} is no causal language model: what it says of a token depends on"
                " later ones"
            )
        if self._has_cache:
            self.cached = True
            try:
                cache = self.new_cache(1, _TRIED)
                parts = [self(ids[:, a:b], cache=cache) for a, b in pairwise((0, 3, 4, 7, _TRIED))]
                self.cached = _close(torch.cat(parts, 1), whole)
            except Exception:  # whatever its cache can't do; reading anew needs none
                self.cached = False
        return int(whole.shape[-1])


def _close(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() <= _TOLERANCE * max(1.0, float(other.abs().max())))


def load_causal(folder: Path) -> CausalNet:
    """Load the model in a folder, whatever its architecture.

    Raises:
        UsageError: transformers isn't installed or doesn't know the architecture, the weights are pickled or
            quantised, or the model isn't causal.
        CorruptWeights: Tensors are missing, left over, or of a wrong shape.
    """
    values = read_values(folder)
    known_architecture(values)
    if (folder / "adapter_config.json").exists():  # transformers would put it on the model, unasked
        raise UsageError(f"there is an adapter among the files of {folder}: move it into a folder of its own")
    if not list(folder.glob("*.safetensors")):
        raise UsageError(f"there are no safetensors weights in {folder}: save the model as model.safetensors")
    try:
        from transformers import AutoModelForCausalLM

        with _quiet():
            model, report = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=torch.float32,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they're told below, by name
            )
    except Exception as error:  # of many kinds, from damaged files to packages that it lacks
        raise CorruptWeights(f"transformers can't load {folder}: {_first(error)}") from error
    odd = [
        f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for what, names in (
            ("missing", sorted(report["missing_keys"])),
            ("left over", sorted(report["unexpected_keys"])),
            ("of a wrong shape", sorted(str(key[0]) for key in report["mismatched_keys"])),
        )
        if names
    ]
    if odd:
        raise CorruptWeights(f"the weights in {folder} don't fit its {CONFIG}: {'; '.join(odd)}")
    return CausalNet(model.eval().requires_grad_(False), max_positions(values))


def known_architecture(values: dict[str, Any]) -> None:
    """See that transformers has a causal language model for a configuration.

    Raises:
        UsageError: It hasn't, it isn't installed, or the weights are quantised.
    """
    kind = values.get("model_type")
    if values.get("quantization_config"):
        raise UsageError("quantised weights can't be loaded: use the model's unquantised folder")
    try:
        from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as KNOWN
    except ImportError as error:
        raise UsageError(
            f"models of the type {kind!r} need transformers: pip install 'homespun[hf]'"
        ) from error
    if kind not in KNOWN:
        raise UsageError(f"models of the type {kind!r} can't be loaded: transformers knows no such decoder")


def max_positions(values: dict[str, Any]) -> int:
    """Most tokens of one sequence, by config.json or else by what transformers takes where it's silent."""
    inner = values.get("text_config")
    for part in (values, inner if isinstance(inner, dict) else {}):
        for name in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
            if isinstance(part.get(name), int) and part[name] > 0:
                return int(part[name])
    from transformers import AutoConfig

    named = {key: value for key, value in values.items() if key != "model_type"}
    with _quiet():
        known = AutoConfig.for_model(values["model_type"], **named).get_text_config(decoder=True)
    return int(getattr(known, "max_position_embeddings", None) or _UNBOUNDED)


def _first(error: Exception) -> str:
    line = next((part.strip() for part in str(error).splitlines() if part.strip()), type(error).__name__)
    return line[:300]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from writing to standard error: what it would say is raised, or of no use."""
    from transformers.utils import logging as theirs

    logger = logging.getLogger("transformers")
    level, bars = logger.level, theirs.is_progress_bar_enabled()
    logger.setLevel(logging.CRITICAL)
    theirs.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
        if bars:
            theirs.enable_progress_bar()
