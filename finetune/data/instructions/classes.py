"""Putting a text into one of the classes that the prompt names; the answer is that label to the letter.

Texts and what they are come from data that say so: topics and intents of CLINC150, tools of MetaTool,
services of Schema-Guided Dialogue, the reviews among the claims (whether the speaker liked it), the articles
of Wikipedia; things and kinds come from the lexicon, and forms ("an e-mail address") are written by code.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from finetune.data.conversations.words import lexicon
from finetune.data.documents import Message
from finetune.data.enumeration import joined
from finetune.data.instructions.forms import FORMS
from finetune.data.instructions.labels import SERVICES, TOOLS, TOPICS, intent_label, unlike
from finetune.data.instructions.passages import passages
from finetune.data.instructions.wording import BLANK, Shuffled, exchange, worded
from finetune.data.sources import lines, records

_SHARES = {
    "topic": 2.0, "intent": 2.5, "tool": 2.0, "service": 1.5, "review": 1.5, "article": 1.5, "kind": 1.0,
    "form": 1.0,
    "yes": 2.0,
}  # fmt: skip
_LONGEST = 400
_OTHERS = ("other", "none of these", "something else", "none")

_REQUESTS = (
    "[Which|What] [label|class|category] fits [the {what}|this {what}]? [Answer with one of|Choose "
    "from|Options]: {labels}",
    "[Classify|Label|Sort|File] [the|this] {what} [under|as] one of: {labels}",
    "[Choose|Pick|Take|Select] the [right|fitting|matching] [label|class|category] for [the|this] "
    "{what}: {labels}",
    "[Labels|Classes|Categories|Choices|Possible answers]: {labels} / "
    "[Which one is it|Which of them fits|Which is right for this {what}]?",
    "[Is this {what}|Does this {what} go under] {or}?",
    "[Answer|Reply] with [one label only|only the label|just the label]. [Labels|Choose from]: {labels}",
    "[Where does this {what} belong|Where would you file this {what}]? {labels}",
    "[Put|Sort] [the|this] {what} into one of these [groups|classes|bins]: {labels}",
    "[We have|There are] {n} [labels|classes|groups]: {labels} / [Which one is right|Name the right one].",
    "[Only one of these fits|One of these is right] [for the|for this] {what}: {labels}",
    "[Tag|Mark] [the|this] {what} with [exactly one|a single] tag out of: {labels}",
    "[Decide|Tell me] which it is, [without explaining|label only|nothing else]: {labels}",
)
_IS_ABOUT = (
    "Is this {what} about {x}? [Answer yes or no|Yes or no|Say yes or no|Just yes or no].",
    "[Yes or no|Answer with yes or no]: is this {what} about {x}?",
    "[Does|Would] this {what} [fall under|belong to|go under] {x}, [yes or no|yes/no]?",
    "Say yes if this {what} [is about|concerns] {x}[, otherwise no|, and no if it isn't].",
    "[Check|Decide] [whether|if] this {what} is about {x}. [Reply yes or no|Your answer: yes or no|Only "
    "yes or no].",
    '[Can|Should] I file this {what} under "{x}"? [Yes or no|Answer yes or no].',
    "{x}: is that what this {what} is about? yes/no",
    "[I look for|I collect] [texts|notes] about {x}. Is this one, yes or no?",
)
_LIKED = (
    "Did {name} like it? [Answer yes or no|Yes or no|Just yes or no].",
    "[Yes or no|Answer yes or no]: was {name} [pleased|happy with it|satisfied]?",
    "Say yes if {name} liked it, [otherwise no|and no if not].",
    "[Is|Would you say] this [a good|a favourable] review, [yes or no|yes/no]?",
    "[Check|Decide] [whether|if] {name} liked it. [Reply yes or no|Only yes or no].",
    "Is {name} [content|glad about it|in favour of it]? yes/no",
    "Would {name} recommend it, by these words? [Yes or no|Answer yes or no].",
    "[Does that sound|Does {name} sound] [pleased|happy], yes or no?",
)
_MOODS = (
    ("positive", "negative"), ("good", "bad"), ("liked", "disliked"), ("happy", "unhappy"),
    ("praise", "complaint"), ("satisfied", "not satisfied"), ("for", "against"), ("thumbs up", "thumbs down"),
)  # fmt: skip
_KINDS = {
    "animal": "animals", "colour": "colours", "vegetable": "vegetables", "sport": "sports", "month": "months",
    "country": "countries", "instrument": "musical instruments", "city": "cities", "language": "languages",
    "job": "jobs", "day": "days of the week", "clothes": "clothes", "flower": "flowers",
}  # fmt: skip
_CASES: Sequence[Callable[[str], str]] = (
    str, str, str, str.upper, lambda text: text[:1].upper() + text[1:], lambda text: text.replace(" ", "_"),
    lambda text: "".join(part.capitalize() for part in text.split()),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A text, its right label, and the other labels that it certainly doesn't have.

    Attributes:
        text: What is put into a class.
        what: What sort of text it is: "message", "review".
        label: The right one; "" where none of a set's labels is.
        others: Wrong ones, of which some are offered.
    """

    text: str
    what: str
    label: str
    others: tuple[str, ...]


def classes(folder: Path, seed: int, count: int) -> Iterator[list[Message]]:
    """Yield texts with a closed set of labels, and the right label.

    Args:
        folder: Of public data: CLINC150, `metatool/`, SGD, `claims.jsonl.gz`, Wikipedia and the news.
        seed: Decides everything; longer runs begin with shorter ones.
        count: How many.

    Raises:
        UsageError: A file is missing.
    """
    pools = {
        name: Shuffled(cases, f"classes {seed}:{name}") for name, cases in _cases(folder).items() if cases
    }
    kinds = [kind for kind in _SHARES if kind in pools or kind in ("kind", "form", "yes")]
    drawn = dict.fromkeys(pools, 0)
    for number in range(count):
        rng = Random(f"classes {seed}:{number}")
        kind = rng.choices(kinds, weights=[_SHARES[kind] for kind in kinds])[0]
        asked_yes = kind == "yes"
        if asked_yes:
            kind = rng.choice(
                [name for name in kinds if name in ("topic", "tool", "service", "review", "article")]
            )
        if kind == "kind":
            case = _of_a_kind(rng)
        elif kind == "form":
            case = _of_a_form(rng)
        else:
            case = pools[kind][drawn[kind]]
            drawn[kind] += 1
        yield _yes_or_no(case, rng) if asked_yes else _labelled(case, rng)


def _cases(folder: Path) -> dict[str, list[Case]]:
    return {
        "topic": list(_topics(folder)),
        "intent": list(_intents(folder)),
        "tool": list(_tools(folder)),
        "service": list(_services(folder)),
        "review": list(_reviews(folder)),
        "article": list(_articles(folder)),
    }


def _topics(folder: Path) -> Iterator[Case]:
    topic_of = {intent: topic for topic, intents in TOPICS.items() for intent in intents.split()}
    others = {topic: tuple(other for other in TOPICS if unlike(topic, other)) for topic in TOPICS}
    for record in records(folder / "clinc150.jsonl"):
        if topic := topic_of.get(record["intent"]):
            # Cards are banking too, and so is pay.
            money = {"banking", "credit cards", "work"}
            wrong = tuple(one for one in others[topic] if not {one, topic} <= money)
            yield Case(record["text"].strip(), "message", topic, wrong)


def _intents(folder: Path) -> Iterator[Case]:
    rows = [(record["text"].strip(), record["intent"]) for record in records(folder / "clinc150.jsonl")]
    labels = {intent: label for _, intent in rows if (label := intent_label(intent))}
    topic_of = {intent: topic for topic, intents in TOPICS.items() for intent in intents.split()}
    every = tuple(labels.values())
    wrong = {
        intent: tuple(other for name, other in labels.items() if name != intent and unlike(label, other))
        for intent, label in labels.items()
    }
    near = {
        intent: tuple(
            labels[name]
            for name in labels
            if name != intent and intent in topic_of and topic_of.get(name) == topic_of[intent]
            and unlike(labels[intent], labels[name])
        )
        for intent in labels
    }  # fmt: skip
    for number, (text, intent) in enumerate(rows):
        rng = Random(number)
        if intent == "oos":
            yield Case(text, "request", "", every)
        elif intent in labels:
            close = rng.sample(near[intent], min(len(near[intent]), rng.choice((0, 1, 2))))
            far = rng.sample(wrong[intent], min(len(wrong[intent]), 8 - len(close)))
            yield Case(text, "request", labels[intent], tuple(dict.fromkeys((*close, *far))))


def _tools(folder: Path) -> Iterator[Case]:
    others = {label: tuple(one for one in TOOLS.values() if unlike(label, one)) for label in TOOLS.values()}
    for row in csv.DictReader(lines(folder / "metatool" / "all_clean_data.csv")):
        text, label = " ".join(row["Query"].split()), TOOLS.get(row["Tool"].strip())
        if label and 15 <= len(text) <= _LONGEST:
            yield Case(text, "request", label, others[label])


def _services(folder: Path) -> Iterator[Case]:
    every = tuple(SERVICES.values())
    for record in records(folder / "sgd.jsonl.gz"):
        names = {SERVICES.get(name.rpartition("_")[0], "") for name in record["services"]}
        text = record["turns"][0]["text"].strip()
        # With several services it isn't told which one the first line is about.
        if len(names) == 1 and "" not in names and len(text) > 25:
            label = names.pop()
            yield Case(text, "request", label, tuple(one for one in every if unlike(label, one)))


_SAID = re.compile(r"^When asked about the (\w+), (\w+) said, '(.+?)\.? *'\.$")
_JUDGED = re.compile(r"^(\w+) (liked|did not like) the \w+ ?\.$")


def _reviews(folder: Path) -> Iterator[Case]:
    """Of each review once: what the speaker is said to feel, if the claim is right, and else the opposite."""
    seen = set()
    for record in records(folder / "claims.jsonl.gz"):
        said, judged = _SAID.match(record["premise"]), _JUDGED.match(record["claim"])
        if record["source"] != "dnc" or not said or not judged or said[3] in seen or said[2] != judged[1]:
            continue
        seen.add(said[3])
        liked = (judged[2] == "liked") == bool(record["label"])
        mood = ("liked", "disliked") if liked else ("disliked", "liked")
        if 15 < len(said[3]) < _LONGEST:
            yield Case(f"{said[2]} on the {said[1]}: {said[3]}.", "review", mood[0], (mood[1],))


def _articles(folder: Path) -> Iterator[Case]:
    """Openings with the title of their article, and other titles that share no word with the text."""
    found = [
        (re.sub(r" \(.*", "", one.title), one.sentences)
        for one in passages(folder)
        if one.opening and len(one.title) < 40
    ]
    titles = [title for title, _ in found]
    for number, (title, sentences) in enumerate(found):
        text = " ".join(sentences[:2])
        if title.lower() not in text.lower() or len(text) > _LONGEST + 100:
            continue
        drawn = Random(number).sample(titles, min(8, len(titles)))
        words = set(re.findall(r"\w{4,}", text.lower()))
        wrong = [one for one in drawn if one != title and not words & set(re.findall(r"\w{4,}", one.lower()))]
        yield Case(text, "text", title, tuple(dict.fromkeys(wrong)))


def _of_a_kind(rng: Random) -> Case:
    """A thing or several of one kind of the lexicon, which stand in no other."""
    words = lexicon()
    kinds = [kind for kind in _KINDS if kind in words]
    kind = rng.choice(kinds)
    several = rng.choice((1, 1, 2, 3))
    things = rng.sample(words[kind], several)
    others = [_KINDS[one] for one in kinds if one != kind and not set(things) & set(words[one])]
    return Case(", ".join(things), "word" if several == 1 else "list of words", _KINDS[kind], tuple(others))


def _of_a_form(rng: Random) -> Case:
    name = rng.choice(list(FORMS))
    return Case(FORMS[name](rng), "entry", name, tuple(one for one in FORMS if one != name))


def _labelled(case: Case, rng: Random) -> list[Message]:
    label, others = case.label, list(case.others)
    if case.what == "review":
        good, bad = rng.choice(_MOODS)
        label, others = (good, [bad]) if label == "liked" else (bad, [good])
    chosen = rng.sample(others, min(len(others), rng.choice((1, 2, 2, 3, 3, 4, 5))))
    # None of the labels may be right, where another is there for that.
    if not label or (case.what != "review" and rng.random() < 0.08):
        rest = rng.choice(_OTHERS)
        chosen = chosen or others[:1]
        label = rest
    elif case.what != "review" and rng.random() < 0.1:
        chosen.append(rng.choice(_OTHERS))
    write = rng.choice(_CASES) if case.what not in ("text",) else str
    offered = [write(one) for one in (label, *chosen)]
    answer = offered[0]
    rng.shuffle(offered)
    return exchange(_asking(case, offered, rng), answer)


def _asking(case: Case, offered: list[str], rng: Random) -> str:
    """The request with the labels and the text, in one of many layouts."""
    layout = rng.random()
    if layout < 0.3:
        listed = "".join(f"\n- {one}" for one in offered)
    elif layout < 0.4:
        listed = "\n" + "\n".join(offered)
    elif layout < 0.55:
        listed = joined([f'"{one}"' for one in offered], "or")
    elif layout < 0.75:
        listed = ", ".join(offered)
    elif layout < 0.85:
        listed = " | ".join(offered)
    else:
        listed = joined(offered, "or")
    request = worded(
        [pattern.replace(" / ", "\n") for pattern in _REQUESTS],
        rng, what=case.what, labels=listed, **{"or": joined(offered, "or")}, n=str(len(offered)),
    )  # fmt: skip
    return _with_text(case, request, rng)


def _yes_or_no(case: Case, rng: Random) -> list[Message]:
    right = rng.random() < 0.5
    if case.what == "review":
        name = case.text.split()[0]
        answer = case.label == "liked"
        request = worded(_LIKED, rng, name=name)
    else:
        answer = (right or not case.others) and bool(case.label)
        about = case.label if answer else rng.choice(case.others)
        request = worded(_IS_ABOUT, rng, what=case.what, x=about)
    written = ("yes", "no") if rng.random() < 0.5 else ("Yes", "No")
    if written[0] == "Yes":
        request = re.sub("yes or no", "Yes or No", request, flags=re.IGNORECASE).replace("yes/no", "Yes/No")
        request = (
            request.replace("Say yes", "Say Yes")
            .replace("otherwise no", "otherwise No")
            .replace("and no", "and No")
        )
    return exchange(_with_text(case, request, rng), written[0] if answer else written[1])


def _with_text(case: Case, request: str, rng: Random) -> str:
    request = request[:1].upper() + request[1:]
    kind = rng.random()
    if kind < 0.3:
        return f"{case.text}{BLANK}{request}"
    if kind < 0.6:
        return f"{request}{BLANK}{case.text}"
    if kind < 0.8:
        return f"{request}{BLANK}{case.what.capitalize()}: {case.text}"
    quoted = f'"{case.text}"' if '"' not in case.text else case.text
    return f"{quoted}\n{request}" if kind < 0.9 else f"{request}\n{quoted}"
