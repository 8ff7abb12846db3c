"""The card of a model: what it is, what it read, how it was trained, what it can't do, how it answers.

Everything stated is taken from the model's own config.json, as training wrote it, and from answers that the
caller collected; nothing is judged or chosen here. The layout follows Mitchell et al., "Model Cards for Model
Reporting" (2019), and the front matter that model hubs read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finetune import ablations
from finetune.data.licences import ORIGINS, weights_licence
from finetune.marks import BEGIN, END, standing, with_results
from homespun.errors import UsageError

_ANSWERS = "\n## Answers\n"


def render(
    name: str,
    config: Mapping[str, Any],
    answers: Sequence[tuple[str, str]] = (),
    temperature: float = 0.0,
) -> str:
    """Write a card as Markdown.

    Args:
        name: the model's name.
        config: the model's config.json; `training` may hold the stage it began from as `base`, and its
            settings say what it is and what it can't do.
        answers: what it was asked and what it said, all of it.
        temperature: at which the answers were given; 0 is greedy.
    """
    net, training = config["net"], config.get("training") or {}
    stages: list[Mapping[str, Any]] = []
    stage = training
    while stage:
        stages.insert(0, stage)
        stage = stage.get("base") or {}
    settings = training.get("config") or {}
    licence = weights_licence(source for stage in stages for source in dict(stage.get("sources") or {}))
    parts = [
        f"---\nlicense: {licence}\nlanguage: en\npipeline_tag: text-generation\ntags: [homespun]\n---",
        f"# {name}",
        settings.get("description", "A language model."),
        f'```sh\nhomespun chat --model {name} "Hello"\n```',
        f"## Results\n\n{BEGIN}\n\nNot measured yet: `homespun eval all --model {name}`.\n\n{END}",
        "## Shape\n\n" + _shape(net),
        *_proposed(config.get("proposals")),
        "## Training\n\n" + "\n\n".join([*_order(stages), *map(_stage, stages)]),
        "## Data\n\n" + _data(stages),
        *ablations.shown(training),
        "## Limits\n\n" + settings.get("limits", "Not stated."),
        *_answers(answers, temperature),
    ]
    return "\n\n".join(parts) + "\n"


def _proposed(proposals: Mapping[str, Any] | None) -> list[str]:
    if not proposals:
        return []
    named = {
        key: f"`{proposals[key]}`" for key in ("chooser", "filler", "told", "intent") if proposals.get(key)
    }
    ways = ", ".join(f"{name} ({key})" for key, name in named.items())
    return [
        f"## Who proposes\n\nAdapters on the encoder all-MiniLM-L6-v2: {ways}. They choose tools, find the "
        "values of calls and documents, tell what the user means, and look up what was told; without the "
        "encoder it writes by itself."
    ]


def render_adapter(
    address: str, config: Mapping[str, Any], answers: Sequence[tuple[str, str]] = (), temperature: float = 0.0
) -> str:
    """Write an adapter's card as Markdown.

    Args:
        address: how it is asked for: `<model>:<adapter>`.
        config: the adapter's config.json; its training may hold what was measured as `results`, rows of
            suite, measure, what is better, and value, low and high end of it and of the model alone.
        answers: as for `render`.
        temperature: as for `render`.
    """
    lora, training = config["lora"], config.get("training") or {}
    settings = training.get("config") or {}
    model = address.rpartition(":")[0]
    # What the model under it read binds the adapter too.
    read = [training]
    while read[-1].get("base"):
        read.append(read[-1]["base"])
    licence = weights_licence(source for stage in read for source in dict(stage.get("sources") or {}))
    kind = " with learnt lengths (DoRA)" if lora.get("dora") else ""
    targets = ", ".join(f"`{target}`" for target in lora["targets"])
    results = training.get("results") or []
    parts = [
        f"---\nlicense: {licence}\nlanguage: en\nbase_model: {model}\ntags: [homespun, lora]\n---",
        f"# {address}",
        settings.get("description", "An adapter."),
        f'```sh\nhomespun chat --model {address} "Hello"\n```',
        f"## What it buys and what it costs\n\n{BEGIN}\n\n{_results(address, results)}\n\n{END}",
        f"## Shape\n\nAn adapter of rank {lora['rank']} (alpha {lora['alpha']:g}){kind} on {targets} of "
        f"{model}, whose weights stay as they are.",
        "## Training\n\n" + _stage(training),
        "## Data\n\n" + _data([training]),
        "## Limits\n\n" + settings.get("limits", "Not stated."),
        *_answers(answers, temperature),
    ]
    return "\n\n".join(parts) + "\n"


def carried_over(card: str, before: str, *, results: bool = True, answers: bool = True) -> str:
    """The card with what an earlier one has and training doesn't know.

    Args:
        card: as `render` or `render_adapter` wrote it.
        before: the card that it's to replace.
        results: take over what stands between the marks, which others may have put there.
        answers: take over the answers.

    Raises:
        UsageError: the marks of the earlier card aren't there once each and in order.
    """
    if results and BEGIN in card and (measured := standing(before)):
        card = with_results(card, measured)
    if answers:
        card = card.partition(_ANSWERS)[0].rstrip("\n") + "\n"
        _, found, said = before.partition(_ANSWERS)
        card += f"{_ANSWERS}{said}" if found else ""
    return card


def compared(measured: Sequence[Any], alone: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows for an adapter's card: what reports on it and on the model alone both measure.

    Args:
        measured: reports on the adapter, as `homespun eval -o` writes them.
        alone: reports on the model.

    Raises:
        UsageError: one isn't such a report, or they have no suite in common.
    """
    try:
        sides = [
            {
                (suite["suite"], estimate["measure"]): (estimate, suite["digest"], suite["limit"])
                for report in reports
                for suite in report["suites"]
                for estimate in suite["system"]["estimates"]
                if estimate["value"] is not None and estimate["measure"] != "failure_rate"
            }
            for reports in (measured, alone)
        ]
    except (KeyError, TypeError) as error:
        raise UsageError(f"this is no report of `homespun eval -o`: it has no {error}") from error
    rows = []
    for key, (one, *data) in sides[0].items():
        if key in sides[1] and list(sides[1][key][1:]) == data:
            both = {"with": one, "alone": sides[1][key][0]}
            values = {side: [row["value"], row["low"], row["high"]] for side, row in both.items()}
            rows.append({"suite": key[0], "measure": key[1], "better": one["better"], **values})
    if not rows:
        raise UsageError("these reports measure nothing in common: run the same suites on the same data")
    return rows


def _answers(answers: Sequence[tuple[str, str]], temperature: float) -> list[str]:
    if not answers:
        return []
    how = "greedily" if temperature == 0 else f"at temperature {temperature:g}, seed 0"
    said = "\n\n".join(f"> {question}\n\n{answer}" for question, answer in answers)
    return [
        f"{_ANSWERS.strip()}\n\nEach line was asked in a new conversation and answered {how}; every answer "
        f"stands here, none was chosen or changed.\n\n{said}"
    ]


def _results(address: str, results: Sequence[Mapping[str, Any]]) -> str:
    if not results:
        return "Not measured yet: `homespun eval chat_memory --model ADDRESS`."
    alone = address.rpartition(":")[0]
    rows = [
        "Measured by `homespun eval` on all samples, greedy, with 95 % intervals.\n\n"
        f"| suite | measure | better | {address} | {alone} alone |\n|---|---|---|---|---|"
    ]
    for row in results:
        shown = [
            " ".join((f"{v:.3f}", f"[{low:.3f}, {high:.3f}]")) for v, low, high in (row["with"], row["alone"])
        ]
        rows.append(f"| {row['suite']} | {row['measure']} | {row['better']} | {shown[0]} | {shown[1]} |")
    return "\n".join(rows)


def _shape(net: Mapping[str, Any]) -> str:
    rows = [
        ("layers", net["num_layers"]),
        ("width", net["hidden_size"]),
        (
            "attention heads / key-value heads",
            f"{net['num_heads']} / {net['num_kv_heads'] or net['num_heads']}",
        ),
        ("feed-forward", f"{net['activation']}, {net['intermediate_size']}"),
        ("positions", f"{net['positions']}, {net['max_positions']:,} tokens"),
        ("vocabulary", f"{net['vocab_size']:,} (byte-level BPE)"),
    ]
    return "\n".join(f"- {label}: {value}" for label, value in rows)


def _order(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    if len(stages) < 2:
        return []
    return [
        f"{len(stages)} stages, each from the weights of the one before. Each is validated on its own "
        "mixture of texts, so that losses don't compare across stages; the last one made the weights."
    ]


def _stage(stage: Mapping[str, Any]) -> str:
    settings = stage.get("config") or {}
    words = [
        f"**{settings.get('name', 'stage')}**: {stage['tokens']:,} tokens in {stage['steps']:,} steps, "
        f"{stage['hours']:.2f} hours, {settings.get('threads') or 'all'} processor thread(s); windows of "
        f"{settings.get('window')}, {settings.get('batch_tokens', 0):,} tokens a step, "
        f"{settings.get('optimizer')}. "
        f"Validation at the end: {stage['valid_loss']:.3f} nats a token, "
        f"{stage['valid_bits_per_byte']:.3f} bits per byte."
    ]
    if share := stage.get("averaged"):
        words[0] += f" What is kept is averaged with {share:.0%} of the stage before."
    curve = stage.get("curve") or []
    if curve:
        words.append("| tokens read | validation, bits per byte |\n|---|---|")
        words[-1] += "".join(f"\n| {tokens:,} | {bits:.3f} |" for tokens, bits in curve)
    return "\n\n".join(words)


def _data(stages: Sequence[Mapping[str, Any]]) -> str:
    rows = ["| source | licence | characters | read in |", "|---|---|---|---|"]
    for stage in stages:
        label = (stage.get("config") or {}).get("name", "stage")
        for source, size in dict(stage.get("sources") or {}).items():
            origin = ORIGINS.get(source)
            work, licence = (origin.work, origin.licence) if origin else (source, "not stated")
            rows.append(f"| {work} | {licence} | {size['characters']:,} | {label} |")
    return "\n".join(rows) + "\n\nThe data itself is not part of the project."
