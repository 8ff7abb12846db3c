"""The card of an encoder's adapter: what it does, what it read, how it was trained and measured, its limits.

Everything stated is taken from the adapter's own config.json and from what its recipe says of it. Results
stand between two marks, so that they can be put in anew when it's measured again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.data.licences import ORIGINS, weights_licence
from finetune.marks import BEGIN, END, standing, with_results
from homespun.files import atomic_write
from models.encoders.adapters import read_config
from models.folders import CARD

PLOT = "reliability.svg"

ABOUT: Mapping[str, tuple[str, str, str]] = {
    "read": (
        "Finds the answer to a question in passages, as the exact characters that say it, or says that they "
        "don't hold one. With each answer comes a calibrated probability that it's right.",
        "from models.encoders.read import Reader\n\n"
        'Reader(threshold=0.3).read("Who came at noon?", ["Ada came at noon."]).text  # "Ada"',
        "It copies one span and can't count, compare, calculate or join what stands in two places. It reads "
        "English, and learnt from encyclopedia articles: elsewhere it's less sure than it says. Questions "
        "with a false premise often get an answer all the same. Its probabilities were calibrated on "
        "questions of one passage each, about half of them answerable, and so was the bound below which it "
        "abstains by default: where most passages do hold the answer it's too strict. The results are those "
        "of that bound; the chat model `reader` abstains below 0.3.",
    ),
    "told": (
        "Looks up in a conversation what the user asks back: the words in which they told it, the newest "
        "where they corrected it, or nothing.",
        "from models.encoders.read import Reader\n\n"
        'told = "My cat is called Pomfret.\\nI moved to Oslo last year."\n'
        'Reader("told").read("What\'s my cat\'s name?", [told]).text  # "Pomfret"',
        "It was tuned on generated conversations in English: what is told in a very roundabout way it may "
        "miss, other people's facts it may take for the user's, and it concludes nothing (from a birthday "
        "no age). Its probabilities are not calibrated.",
    ),
    "intent": (
        "Tells what a user means, as one of more than two hundred kinds: small talk of a kind, a request of "
        "a kind, something told, something asked back.",
        "from models.encoders.intent import IntentClassifier\n\n"
        'IntentClassifier().classify([("user", "So who built you?")]).name  # "persona maker"',
        "It knows the kinds that `home` has answers for, in English: what is of none of them gets the "
        "nearest. Some kinds lie close together or mean the same (asking for the weather, asking to look "
        "something up). It learnt from generated wordings and from short requests of real people, reads one "
        "message and the end of the one before it, and its shares are not calibrated.",
    ),
    "fill": (
        "Finds the arguments of a tool call in what was said: for each parameter whether it was mentioned, "
        "and by which words, which elements of a list, or which of its options.",
        "from models.encoders.fill import load_filler\n\n"
        'function = {\n    "name": "add",\n    "description": "Adds numbers.",\n    "parameters": {\n'
        '        "type": "object",\n'
        '        "properties": {"a": {"type": "integer", "description": "First number"}},\n'
        '        "required": ["a"],\n    },\n}\n'
        'call = load_filler().fill([("user", "What is 3 and 5?")], function)\n'
        '{argument.name: argument.value for argument in call}  # {"a": 3}',
        "It copies: a value that isn't said (a code for a city, a formula for a shape) can't be found. It "
        "reads English. Elements of lists and nested objects are its weak points, and where two parameters "
        "take the same kind of value it may swap them.",
    ),
    "choose": (
        "Tells which of the tools on offer a conversation calls for, or that none fits.",
        "from models.encoders.choose import load_chooser\n\n"
        'tools = [{"name": "get_weather", "description": "The weather of a place.", "parameters": {}}]\n'
        'load_chooser().choose([("user", "Will it rain in Oslo?")], tools).place  # 0',
        "It judges each tool by its name, description and the names of its parameters, in English. It tells "
        "apart what tools are about better than what they can do with it, and knows nothing of the values.",
    ),
}
"""Name or task → what it does, how it's used from Python, what it can't do."""


def render(name: str, config: Mapping[str, Any]) -> str:
    """Write a card as Markdown.

    Args:
        name: the adapter's name.
        config: its config.json.
    """
    unknown = ("An adapter on the encoder.", "", "Not stated.")
    does, use, limits = ABOUT.get(name) or ABOUT.get(config["task"], unknown)
    training, lora = config.get("training") or {}, config["lora"]
    stages: list[Mapping[str, Any]] = []
    stage = training
    while stage:
        stages.insert(0, stage)
        stage = stage.get("base") or {}
    sources: dict[str, int] = {}
    for stage in stages:
        for source, count in (stage.get("sources") or {}).items():
            sources[source] = max(count, sources.get(source, 0))
    outputs = config["outputs"]
    parts = [
        f"---\nlicense: {weights_licence(sources)}\nlanguage: en\ntags: [homespun, lora]\n"
        "base_model: sentence-transformers/all-MiniLM-L6-v2\n---",
        f"# {name}",
        does,
        f"```python\n{use}\n```",
        f"{BEGIN}\n{END}",
        *_calibration(config["settings"].get("calibrated_on"), config["task"]),
        "## Shape\n\n"
        f"- adapter of rank {lora['rank']} (alpha {lora['alpha']:g}) on {', '.join(lora['targets'])} of "
        f"every layer of all-MiniLM-L6-v2, and a linear head; outputs: {outputs}\n"
        f"- rows of at most {config['settings'].get('max_length', '?')} tokens",
    ]
    if training:
        parts.append("## Training\n\n" + "\n\n".join(_stage(stage) for stage in stages))
        parts.append("## Data\n\n" + _data(sources))
    parts.append("## Limits\n\n" + limits)
    return "\n\n".join(parts) + "\n"


def rewrite(folder: Path) -> None:
    """Write the card of an adapter's folder anew; the results in it stay.

    Raises:
        CorruptWeights: Its configuration can't be read.
        UsageError: The marks around the results aren't there once each and in order; the old card stays.
        OutOfSpace: The disk is full; the old card is intact.
    """
    card = folder / CARD
    made = render(folder.name, read_config(folder))
    before = card.read_text(encoding="utf-8") if card.is_file() else ""
    if measured := standing(before):
        made = with_results(made, measured)
    atomic_write(card, made)


def _calibration(figures: Mapping[str, float] | None, task: str) -> list[str]:
    if not figures:
        return []
    rows = "".join(
        f"\n| {name.replace('_', ' ')} | {value if isinstance(value, int) else round(value, 4):,} |"
        for name, value in figures.items()
    )
    picture = f"\n\n![Reliability of its confidence]({PLOT})" if task == "read" else ""
    return [
        "## Calibration\n\nCross-fitted: samples are judged by a calibration that saw none of their group."
        f"\n\n| figure | value |\n|---|---|{rows}{picture}"
    ]


def _stage(training: Mapping[str, Any]) -> str:
    settings = training.get("config") or {}
    name = training.get("task") or settings.get("task", "stage")
    words = [
        f"**{name}**: {training['examples']:,} examples in {training['steps']:,} steps, "
        f"{training['hours']:.2f} hours, {settings.get('threads') or 'all'} processor thread(s); "
        f"{settings.get('batch_tokens', 0):,} tokens a step, AdamW {settings.get('lr')}. "
    ]
    if share := settings.get("average"):
        words[0] += f"What is kept is averaged with {share:.0%} of the stage before. "
    if training.get("valid_loss") is not None:
        words[0] += f"Validation loss at the end: {training['valid_loss']:.3f} nats."
    curve: Sequence[Sequence[float]] = training.get("curve") or []
    if len(curve) > 1:
        rows = "".join(f"\n| {int(seen):,} | {loss:.3f} |" for seen, loss in curve)
        words.append(f"| examples seen | validation loss |\n|---|---|{rows}")
    return "\n\n".join(words)


def _data(sources: Mapping[str, int]) -> str:
    rows = ["| source | licence | examples prepared |", "|---|---|---|"]
    for source, count in sources.items():
        origin = ORIGINS.get(source)
        work, licence = (origin.work, origin.licence) if origin else (source, "not stated")
        rows.append(f"| {work} | {licence} | {count:,} |")
    return "\n".join(rows) + "\n\nThe data itself is not part of the project."
