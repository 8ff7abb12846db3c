"""Chat templates of others: written as `transformers` writes them, and in a sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from homespun.errors import CorruptWeights, UsageError
from models.chat.foreign_template import ForeignTemplate

TALK = [
    {"role": "user", "content": 'Grüße & <b>"quotes"</b>\n'},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "And now?"},
]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "ä": "<é>"}}}]


def folder_with(path: Path, template: Any = None, files: Mapping[str, str] | None = None) -> Path:
    path.mkdir()
    config = {"eos_token": {"content": "</s>", "special": True}, "bos_token": "<s>"}
    config |= {} if template is None else {"chat_template": template}
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    for name, text in (files or {}).items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text)
    return path


@pytest.mark.parametrize("family", ["llama", "qwen", "gpt2", "gemma"])
@pytest.mark.parametrize("tools", [None, TOOLS], ids=["plain", "tools"])
def test_a_conversation_is_written_as_transformers_writes_it(
    family: str, tools: Any, checkpoint: Callable[[str], Path]
) -> None:
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(checkpoint(family), local_files_only=True, trust_remote_code=False)
    ours = ForeignTemplate(checkpoint(family)).render(TALK, tools)
    assert ours == theirs.apply_chat_template(
        TALK, tools=tools, add_generation_prompt=True, enable_thinking=False, tokenize=False
    )


def test_names_filters_and_tags_of_transformers_are_there(tmp_path: Path) -> None:
    template = (
        "{{ bos_token }}{% for m in messages %}{% if m.content == 'skip' %}{% continue %}{% endif %}"
        "{% generation %}{{ m.content }}{% endgeneration %}{{ eos_token }}{% endfor %}"
        "{{ {'b': '<é>', 'a': 1} | tojson(indent=1, sort_keys=True) }}{{ strftime_now('%Y') | length }}"
        "{{ mask_token is defined }}{{ enable_thinking }}{{ tools is none }}"
    )
    rows = [{"role": "user", "content": text} for text in ("one", "skip", "two")]
    written = ForeignTemplate(folder_with(tmp_path / "m", template)).render(rows)
    assert written == '<s>one</s>two</s>{\n "a": 1,\n "b": "<é>"\n}4FalseFalseTrue'


def test_a_file_goes_before_the_configuration_and_tools_may_have_a_template_of_their_own(
    tmp_path: Path,
) -> None:
    listed = [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "with tools"}]
    files = {"chat_template.jinja": "plain", "additional_chat_templates/tool_use.jinja": "with tools"}
    for folder in (folder_with(tmp_path / "a", listed), folder_with(tmp_path / "b", "old", files)):
        template = ForeignTemplate(folder)
        assert template.render(TALK) == "plain"
        assert template.render(TALK, TOOLS) == "with tools"
        assert template.end == "</s>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{{ messages.append(1) }}",
        "{% for i in range(10000000) %}{% endfor %}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(tmp_path: Path, template: str) -> None:
    made = ForeignTemplate(folder_with(tmp_path / "m", template))
    with pytest.raises(UsageError, match="refuses"):
        made.render(TALK)
    assert len(TALK) == 3


def test_what_is_wrong_with_a_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no chat template"):
        ForeignTemplate(folder_with(tmp_path / "none"))
    with pytest.raises(CorruptWeights, match="no template"):
        ForeignTemplate(folder_with(tmp_path / "broken", "{% if %}"))
    stern = ForeignTemplate(folder_with(tmp_path / "stern", "{{ raise_exception('No\nmore!') }}"))
    with pytest.raises(UsageError, match="refuses this conversation: No more!"):
        stern.render(TALK)
