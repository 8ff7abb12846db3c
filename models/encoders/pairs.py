"""How a pair of texts is put to a cross-encoder, and how its answer is read.

A checkpoint's configuration and name say its kind:

- "logit", one logit (HHEM-1, MS-MARCO rerankers): its sigmoid;
- "labels", two or three (natural-language inference): the softmax of the one that is called entailment,
  supported, …; two without names are taken as (no, yes);
- "minicheck" (Tang et al. 2024, arXiv:2404.10774), known by its name: premise and claim joined by the
  end-of-sequence token, as in the authors' minicheck/inference.py (github.com/Liyan06/MiniCheck);
- "minicheck-t5", the same on Flan-T5: after "predict: ", the first token's probability of 1 against 0;
- "factcg" (Lei et al. 2025, arXiv:2501.17144), known by its name: in its question with two options;
- "hhem2", HHEM-2.1-open (Vectara): Flan-T5 with a label a token; in its prompt, the first token's label.

A premise longer than the model reads is cut into pieces of up to 512 tokens at sentence ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from homespun.errors import UsageError
from models.encoders.trunk import torch_threads

WINDOW = 512

_YES = re.compile(r"(?:entail\w*|support\w*|consistent|factual|true|yes|attributable)", re.IGNORECASE)
_UNNAMED = re.compile(r"LABEL_\d+", re.IGNORECASE)
_FACTCG = (
    "{premise}\n\nChoose your answer: based on the paragraph above can we conclude that "
    '"{claim}"?\n\nOPTIONS:\n- Yes\n- No\nI think the answer is '
)
_HHEM = (
    "<pad> Determine if the hypothesis is true given the premise?\n\n"
    "Premise: {premise}\n\nHypothesis: {claim}"
)
_MINICHECK_T5 = "predict: {premise}{eos}{claim}"
_MINICHECK = "{premise}{eos}{claim}"
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s+|\n+")


def kind_of(config: Mapping[str, Any], name: str) -> str:
    """How a checkpoint is asked: "logit", "labels", "minicheck", "minicheck-t5", "factcg" or "hhem2".

    Raises:
        UsageError: It isn't known.
    """
    architectures = " ".join(map(str, config.get("architectures") or ()))
    said = f"{name} {config.get('_name_or_path', '')}".lower()
    if "HHEM" in architectures or str(config.get("model_type")).lower().startswith("hhem"):
        return "hhem2"
    if "auto_map" in config:
        raise UsageError(
            f"{name} needs code from its own repository, which isn't run here: choose another model"
        )
    if "ForConditionalGeneration" in architectures:
        if "minicheck" in said:
            return "minicheck-t5"
        raise UsageError(
            f"{name} generates text; the only judge of that kind known here is MiniCheck-Flan-T5"
        )
    if "ForSequenceClassification" not in architectures:
        raise UsageError(f"{name} ({architectures or 'no architecture'}) doesn't classify pairs of texts")
    labels = config.get("id2label")
    count = len(labels) if labels else int(config.get("num_labels", 2))
    if count == 1:
        return "logit"
    entailment(config, name)
    return next((kind for kind in ("minicheck", "factcg") if kind in said), "labels")


def entailment(config: Mapping[str, Any], name: str) -> int:
    """The number of the label that says the premise supports the claim.

    Raises:
        UsageError: The labels' names don't say.
    """
    labels = {int(number): str(label) for number, label in (config.get("id2label") or {}).items()}
    found = [number for number, label in labels.items() if _YES.fullmatch(label.strip())]
    if len(found) == 1:
        return found[0]
    if not labels or (len(labels) == 2 and all(map(_UNNAMED.fullmatch, labels.values()))):
        return 1
    raise UsageError(
        f"which label of {name} means supported isn't clear: it has {', '.join(labels.values())}"
    )


class Asker:
    """A loaded checkpoint: cuts premises, writes the input, reads the answer."""

    def __init__(self, net: Any, tokenizer: Any, kind: str, config: Mapping[str, Any]) -> None:
        self.net, self.tokenizer, self.kind = net, tokenizer, kind
        form = {
            "minicheck": _MINICHECK,
            "minicheck-t5": _MINICHECK_T5,
            "factcg": _FACTCG,
            "hhem2": _HHEM,
        }.get(kind)
        self._form = form and form.replace("{eos}", tokenizer.eos_token or tokenizer.sep_token or "")
        if not tokenizer.is_fast:
            raise UsageError(f"{tokenizer.name_or_path} has no tokenizer.json, which is needed here")
        self._label = entailment(config, kind) if kind in {"labels", "minicheck", "factcg"} else 1
        self._limit = _limit(config, tokenizer)
        if kind == "minicheck-t5":
            # In Flan-T5's vocabulary "0" begins with the token 3 and "1" is 209, which the authors write out.
            no, yes = (tokenizer(text, add_special_tokens=False).input_ids[0] for text in "01")
            if no == yes:
                raise UsageError("the tokenizer doesn't tell 0 from 1, so this isn't MiniCheck")
            self._verdicts = [no, yes]

    def pieces(self, premise: str, claim: str) -> list[str]:
        """The premise in parts that fit beside the claim, cut at sentence ends where there are any."""
        room = min(self._limit, WINDOW + self._length("", claim)) - self._length("", claim)
        spans = self.tokenizer(premise, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        offsets = spans["offset_mapping"]
        if len(offsets) <= room or not offsets:
            return [premise]
        if room < min(32, self._limit // 4):
            raise UsageError(
                f"the claim is too long for this model, which reads {self._limit} tokens: {claim[:60]!r}…"
            )
        ends = [found.end() for found in _SENTENCE_END.finditer(premise)]
        parts, begun = [], 0
        while begun < len(offsets):
            last = min(begun + room, len(offsets))
            first, cut = offsets[begun][0], offsets[last - 1][1]
            if last < len(offsets):
                # At the last sentence's end that isn't too early, else between two words, else anywhere.
                cut = next((end for end in reversed(ends) if (first + cut) / 2 < end <= cut), 0) or (
                    premise.rfind(" ", first + 1, cut) if " " in premise[first + 1 : cut] else cut
                )
            parts.append(premise[first:cut].strip())
            while begun < len(offsets) and offsets[begun][0] < cut:
                begun += 1
        return [part for part in parts if part]

    def ask(self, pairs: Sequence[tuple[str, str]], threads: int | None) -> list[float]:
        """One probability a pair, all of them in one pass."""
        import torch

        inputs = self._encode(pairs)
        with torch.inference_mode(), torch_threads(threads):
            if self.kind == "minicheck-t5":
                start = torch.full((len(pairs), 1), self.net.config.decoder_start_token_id or 0)
                logits = self.net(**inputs, decoder_input_ids=start).logits[:, 0, self._verdicts]
            else:
                logits = self.net(**inputs).logits
                logits = logits[:, 0] if self.kind == "hhem2" else logits
            logits = logits.double()
            values = logits[:, 0].sigmoid() if self.kind == "logit" else logits.softmax(-1)[:, self._label]
        return [float(value) for value in values]

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> Any:
        common = {"padding": True, "truncation": True, "max_length": self._limit, "return_tensors": "pt"}
        if self._form is None:
            premises, claims = zip(*pairs, strict=True)
            return self.tokenizer(list(premises), list(claims), **common)
        return self.tokenizer([self._write(premise, claim) for premise, claim in pairs], **common)

    def _write(self, premise: str, claim: str) -> str:
        # Not `format`: it would read braces inside the texts of a later call; this replaces each once.
        before, _, rest = str(self._form).partition("{premise}")
        between, _, after = rest.partition("{claim}")
        return f"{before}{premise}{between}{claim}{after}"

    def _length(self, premise: str, claim: str) -> int:
        if self._form is None:
            return len(self.tokenizer(premise, claim, verbose=False).input_ids)
        return len(self.tokenizer(self._write(premise, claim), verbose=False).input_ids)


def _limit(config: Mapping[str, Any], tokenizer: Any) -> int:
    """Tokens that the model reads; T5 and its like have no limit of their own."""
    positions = config.get("max_position_embeddings")
    if positions and str(config.get("model_type")).endswith("roberta"):
        positions -= int(config.get("pad_token_id") or 0) + 1
    said = tokenizer.model_max_length
    return int(min(positions or math.inf, said if said and said < 1e6 else math.inf, 2048))
