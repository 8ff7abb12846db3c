"""What makes an answer broken, whatever was asked: empty, special tokens, loops, echoes, garbage, cut off.

Contract: each detector is general and knows no model. They err towards silence: an answer that is merely bad
isn't broken.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from evals.wording import words

Fault = Literal["empty", "special tokens", "loop", "echo", "garbage", "cut off"]

_SPECIAL = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|<\/?s>|\[\/?INST\]|<<\/?SYS>>|<\/?(bos|eos|pad|unk|mask)>|\[(PAD|UNK|CLS|SEP|MASK)\]|"
    r"<(start|end)_of_turn>|<\/?think>|\ufffd|^\s*#{0,3}\s*(user|human|assistant)\s*:\s",
    re.IGNORECASE | re.MULTILINE,
)
_CUT = frozenset({"length", "max_tokens", "deadline"})
_CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
_FILLERS = frozenset(
    "yes no ok okay please sorry well oh and so the a i see you said asked".split()  # noqa: SIM905
)
_VOWELS = "aeiouyáéíóúäöüàèìòùâêîôûæøåœãõ"


def fault(prompt: str, answer: str, finish: str | None = None) -> Fault | None:
    """Returns what is broken about an answer, or None.

    Args:
        prompt: what was asked.
        answer: the text.
        finish: why the model stopped, in its provider's word.
    """
    if not any(char.isalnum() or _pictorial(char) for char in answer):
        return "empty"
    if _SPECIAL.search(answer):
        return "special tokens"
    if loops(answer):
        return "loop"
    if echoes(prompt, answer):
        return "echo"
    if garbled(prompt, answer):
        return "garbage"
    if (finish or "").lower() in _CUT:
        return "cut off"
    return None


def loops(answer: str) -> bool:
    """Returns whether the answer runs in a circle.

    That is: one sentence of three words or more comes three times, a word five times in a row, two to eight
    words four times in a row (three, if they're five or more), or, in a long answer, most runs of three words
    have come before.
    """
    text = _CODE.sub(" ", answer)
    if re.search(r"([^\W\d_])\1{11,}", text):
        return True
    sentences = [" ".join(words(part)) for part in re.split(r"[.!?\n]+", text)]
    longer = [sentence for sentence in sentences if sentence.count(" ") >= 2]
    if any(longer.count(sentence) >= 3 for sentence in set(longer)):
        return True
    said = words(text)
    for size in range(1, 9):
        times = 5 if size == 1 else 4 if size < 5 else 3
        run = 1
        for at in range(size, len(said)):
            # `run` counts words in a row that equal the word `size` places before.
            run = run + 1 if said[at] == said[at - size] else 1
            if run > size * (times - 1):
                return True
    threes = [tuple(said[at : at + 3]) for at in range(len(said) - 2)]
    return len(threes) >= 40 and len(set(threes)) < 0.4 * len(threes)


def echoes(prompt: str, answer: str) -> bool:
    """Returns whether the answer says no more than the prompt did; "hello" for "hello" is no echo."""
    asked, said = words(prompt), words(answer)
    if not asked:
        return prompt.strip() == answer.strip() and len(prompt.strip()) > 3
    if len(asked) < 4 and len("".join(asked)) < 20:
        return False
    if said == asked:
        return True
    rest = " ".join(said).replace(" ".join(asked), "", 1).split()
    return len(rest) < len(said) and set(rest) <= _FILLERS


def garbled(prompt: str, answer: str) -> bool:
    """Returns whether the answer is mostly no text, or in a script that nobody used.

    A script is taken as known if it's Latin or the prompt's own; a quotation in another is no garbage.
    """
    text = _CODE.sub(" ", answer)
    letters = [char for char in text if char.isalpha()]
    if letters:
        known = {_script(char) for char in prompt if char.isalpha()} | {"LATIN"}
        strange = sum(_script(char) not in known for char in letters)
        asked_for = re.search(
            r"\b(chinese|japanese|russian|greek|arabic|hebrew|hindi|korean|thai|ukrainian)\b", prompt.lower()
        )
        if strange > 0.5 * len(letters) and not asked_for:
            return True
    runs = [run for run in re.findall(r"\S+", text) if any(char.isalpha() for char in run)]
    if len(runs) < 4:
        return bool(runs) and all(_unspeakable(run) for run in runs) and len("".join(runs)) > 8
    return sum(map(_unspeakable, runs)) > 0.4 * len(runs)


def _unspeakable(word: str) -> bool:
    core = "".join(char for char in word.lower() if char.isalpha())
    if not core or _script(core[0]) != "LATIN" or "/" in word or "@" in word:
        return False
    if len(core) > 3 and not any(char in _VOWELS for char in core) and not word.isupper():
        return True
    return len(core) > 24 or bool(re.search(r"[^\W\d_]\d[^\W\d_]\d|[{}\\^~|]{2}", word))


def _script(char: str) -> str:
    name = unicodedata.name(char, "OTHER").split(" ", 1)[0]
    return "CJK" if name in {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"} else name


def _pictorial(char: str) -> bool:
    return unicodedata.category(char) == "So"
