"""Training data without duplicates and without what evaluation asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from finetune.data.cleaning.decontaminate import Apart
from finetune.data.cleaning.deduplicate import EXACT, NEAR, Seen
from finetune.data.documents import Document

_EXAMPLES = 3


def clean(
    documents: Mapping[str, Sequence[Document]],
    apart: Apart | None = None,
    *,
    similar: float | None = 0.9,
    report: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, list[Document]], dict[str, Any]]:
    """Drop documents that clash with evaluation, then those that stand there already.

    Args:
        documents: Kind → its documents; a duplicate is looked for among all kinds, and the first one stays.
        apart: The evaluation texts; None compares with none.
        similar: From which share of common runs of words on documents count as nearly equal; None drops
            equal ones only.
        report: Called with a line for what was compared and for what was dropped.

    Returns:
        The documents that stay, in their order, and plain values that say what was dropped: how many in all
        (`documents`), of each kind (`kinds`: clashes, exact and near duplicates) and for each suite or file
        (`evaluation`: its texts, the documents that clash with it, and a few of the words they share).
        A document that clashes with several counts for each of them.
    """
    kept: dict[str, list[Document]] = {}
    kinds: dict[str, dict[str, int]] = {}
    clashing: Counter[str] = Counter()
    shared: dict[str, dict[str, None]] = {}
    seen = Seen(similar)
    for kind, own in documents.items():
        dropped: Counter[str] = Counter()
        kept[kind] = []
        clashes = [None] * len(own) if apart is None else apart.clashes(own)
        for document, clash in zip(own, clashes, strict=True):
            if clash is not None:
                dropped["clash"] += 1
                clashing.update(clash.names)
                for name, words in clash.words.items():
                    if len(own_words := shared.setdefault(name, {})) < _EXAMPLES:
                        own_words[words] = None
            elif (duplicate := seen.add(document)) is not None:
                dropped[duplicate] += 1
            else:
                kept[kind].append(document)
        kinds[kind] = {name: dropped[name] for name in ("clash", EXACT, NEAR)}
    counts = {} if apart is None else apart.counts
    evaluation = {
        name: {"texts": texts, "documents": clashing[name], "words": list(shared.get(name, ()))}
        for name, texts in counts.items()
    }
    total = sum(sum(of.values()) for of in kinds.values())
    for line in _lines(kinds, evaluation, sum(map(len, documents.values()))):
        report(line)
    return kept, {"documents": total, "kinds": kinds, "evaluation": evaluation}


def _lines(kinds: Mapping[str, Mapping[str, int]], evaluation: Mapping[str, Any], count: int) -> list[str]:
    """What was compared and dropped, for people."""
    if evaluation:
        names = ", ".join(f"{name} ({of['texts']:,})" for name, of in evaluation.items())
        lines = [f"compared {count:,} documents with the evaluation texts of {names}"]
    else:
        lines = [f"compared {count:,} documents with each other; no evaluation texts were given"]
    for name, of in evaluation.items():
        if of["documents"]:
            words = "; ".join(f'"{words}"' for words in of["words"])
            lines.append(f"dropped {of['documents']:,} that share words with {name}, such as {words}")
    for kind, of in kinds.items():
        if of[EXACT] or of[NEAR]:
            lines.append(f"dropped {of[EXACT]:,} equal and {of[NEAR]:,} nearly equal ones of {kind}")
    return lines if len(lines) > 1 else [*lines, "dropped none"]
