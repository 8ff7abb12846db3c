import json

import jsonschema
import numpy as np
import pytest

from homespun.errors import HomespunError, UsageError
from models.inference.engine import Engine, Request
from models.inference.grammar import Grammar, GrammarState, GrammarVocabulary, embedded
from models.inference.sampling import SamplingParams
from models.inference.schema import bounded
from models.inference.text import TextStream
from models.nets.decoder import Decoder
from models.tokenizers.fast import Tokenizer

STOP = frozenset({0, 8})

SCHEMAS = {
    "constant": {"const": {"a": [1, None, "x"]}},
    "enum": {"enum": ["red", "green", 3, None]},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "pattern": {"type": "string", "pattern": "^[a-z]+-[0-9]{2}$"},
    "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"},
    "integer": {"type": "integer"},
    "half-bounded integer": {"type": "integer", "minimum": 10**12},
    "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "list": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "boolean"}],
        "items": False,
        "minItems": 2,
    },
    "object": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array"}},
        "required": ["name", "age"],
    },
    "closed object": {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": ["string", "null"]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
    "open object": {"type": "object"},
    "mapping": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
    "required but unstated": {"type": "object", "required": ["x"]},
    "anything": {},
    "union": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
    "definitions": {
        "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
        "type": "object",
        "properties": {"from": {"$ref": "#/$defs/Point"}, "to": {"$ref": "#/$defs/Point"}},
        "required": ["from", "to"],
    },
    "recursive": {
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "value": {"type": "integer"},
                    "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
                },
                "required": ["value", "next"],
            }
        },
        "$ref": "#/$defs/Node",
    },
    "both": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]},
        ],
        "additionalProperties": False,
        "properties": {"a": True, "b": True},
    },
    "annotated": {
        "title": "X",
        "type": "object",
        "properties": {"any": {"title": "Any", "default": 1}},
        "required": ["any"],
    },
}


def write(
    engine: Engine, tokenizer: Tokenizer, grammar: Grammar, seed: int, **options: object
) -> tuple[str, str]:
    """The text of one output and why it ended."""
    sampling = SamplingParams(temperature=1, seed=seed)
    stream, text = TextStream(), ""
    for step in engine.generate(Request([3, 40, 50], sampling, grammar=grammar, stop_ids=STOP, **options)):
        if step.finish is None:
            text += stream.push(tokenizer.token_bytes(step.token))
    return text + stream.finish(), str(step.finish)


@pytest.fixture(scope="module")
def engine(talker: Decoder, tokenizer: Tokenizer) -> Engine:
    return Engine(talker, tokenizer=tokenizer)


@pytest.fixture(scope="module")
def vocabulary(tokenizer: Tokenizer) -> GrammarVocabulary:
    return GrammarVocabulary(tokenizer.json, tokenizer.vocab_size + 6, tokenizer.special("<|end|>"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_random_net_writes_what_the_schema_asks(engine: Engine, tokenizer: Tokenizer, name: str) -> None:
    schema = SCHEMAS[name]
    grammar = Grammar.from_json_schema(bounded(schema, max_string=12, max_items=3, max_properties=3))
    for seed in range(3):
        text, finish = write(engine, tokenizer, grammar, seed, max_tokens=900)
        assert finish in ("grammar", "stop"), text
        value = json.loads(text)
        jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
        assert len(text) < 700


def test_json_is_written_without_whitespace(engine: Engine, tokenizer: Tokenizer) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"const": [1, 2]}},
        "required": ["a", "b"],
    }
    for grammar in (
        Grammar.from_json_schema(bounded(schema)),
        Grammar.from_lark("start: call\ncall: " + embedded(bounded(schema))),
    ):
        text, _ = write(engine, tokenizer, grammar, 0)
        assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_a_lark_grammar_lets_the_net_choose_between_call_and_text(
    engine: Engine, tokenizer: Tokenizer, vocabulary: GrammarVocabulary
) -> None:
    schema = {"type": "object", "properties": {"name": {"const": "f"}}, "required": ["name"]}
    lark = "start: <|call|> call | text\ncall: " + embedded(bounded(schema)) + "\ntext: /(.|\\n)+/"
    grammar = Grammar.from_lark(lark)
    call = tokenizer.special("<|call|>")
    state = GrammarState(grammar, vocabulary, STOP)
    choices = np.flatnonzero(state.allowed()).tolist()
    assert choices[0] == call
    assert len(choices) > 200
    assert min(choices[1:]) >= 16  # no other special token is text
    state.accept(call)
    made = b""
    while not state.finished:
        for token in state.forced() or np.flatnonzero(state.allowed())[-1:].tolist():
            made += tokenizer.token_bytes(token)
            state.accept(token)
    assert made == b'{"name":"f"}'
    text, finish = write(engine, tokenizer, grammar, 0, max_tokens=12)
    assert finish in ("length", "stop")
    assert text


def test_a_regular_expression_holds_from_end_to_end(engine: Engine, tokenizer: Tokenizer) -> None:
    for seed in range(5):
        text, finish = write(engine, tokenizer, Grammar.from_regex("(yes|no), [a-c]{3,5}\\."), seed)
        assert finish == "grammar"
        assert text.startswith(("yes, ", "no, "))
        assert text.endswith(".")


def test_a_grammar_ends_although_the_request_names_no_stop_token(engine: Engine) -> None:
    steps = list(engine.generate(Request([3], grammar=Grammar.from_regex("[ab]{3}"), max_tokens=50)))
    assert steps[-1].finish == "grammar"
    assert len(steps) <= 4


def test_stop_tokens_are_allowed_exactly_where_the_output_may_end(
    vocabulary: GrammarVocabulary, tokenizer: Tokenizer
) -> None:
    state = GrammarState(Grammar.from_regex("a+b?"), vocabulary, STOP)
    (a,), (b,) = tokenizer.encode("a"), tokenizer.encode("b")
    assert not state.satisfied
    assert state.allowed()[a]
    assert not state.allowed()[[b, *STOP]].any()
    state.accept(a)
    assert state.satisfied
    assert state.allowed()[[a, b, *STOP]].all()
    state.accept(b)
    assert state.finished
    assert np.flatnonzero(state.allowed()).tolist() == sorted(STOP)


def test_the_end_token_is_not_allowed_where_the_request_does_not_stop_at_it(
    vocabulary: GrammarVocabulary,
) -> None:
    state = GrammarState(Grammar.from_regex("a*"), vocabulary, {0})
    assert state.allowed()[0]
    assert not state.allowed()[vocabulary.end]


def test_a_token_that_the_grammar_forbids_is_an_error(
    vocabulary: GrammarVocabulary, tokenizer: Tokenizer
) -> None:
    state = GrammarState(Grammar.from_regex("a+"), vocabulary)
    with pytest.raises(HomespunError, match="constrained decoding failed"):
        state.accept(tokenizer.encode("b")[0])
    with pytest.raises(HomespunError, match="constrained decoding failed"):
        state.allowed()
    assert not state.finished


def test_forced_tokens_end_where_a_choice_begins(vocabulary: GrammarVocabulary, tokenizer: Tokenizer) -> None:
    state = GrammarState(
        Grammar.from_json_schema(
            {
                "type": "object",
                "properties": {"name": {"enum": ["a", "b"]}},
                "required": ["name"],
                "additionalProperties": False,
            }
        ),
        vocabulary,
    )
    forced = state.forced()
    text = b"".join(tokenizer.token_bytes(token) for token in forced)
    assert len(forced) >= 1
    assert b'{"name":"'.startswith(text)
    for token in forced:
        state.accept(token)
    assert np.count_nonzero(state.allowed()) > 1


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"not": {"type": "string"}}, "not"),
        ({"if": {"type": "string"}, "then": {"maxLength": 3}}, "if, then"),
        (
            {"type": "object", "properties": {"deep": {"type": "array", "contains": {"type": "integer"}}}},
            "contains",
        ),
        ({"type": "string", "format": "no-such"}, "no-such"),
        ({"$ref": "#/$defs/Missing"}, "Missing"),
        ({"type": "integer", "minimum": 5, "maximum": 3}, "minimum"),
    ],
)
def test_a_schema_that_cannot_be_enforced_is_refused_with_the_reason(schema: dict, named: str) -> None:
    with pytest.raises(UsageError, match="JSON schema") as caught:
        Grammar.from_json_schema(schema)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_malformed_grammars_are_refused() -> None:
    with pytest.raises(UsageError, match="no JSON schema"):
        Grammar.from_json_schema("{")
    with pytest.raises(UsageError, match="regular expression"):
        Grammar.from_regex("[a-")
    with pytest.raises(UsageError, match="Lark grammar"):
        Grammar.from_lark("start: nowhere")


def test_a_special_token_that_the_vocabulary_lacks_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="no_such_token"):
        next(engine.generate(Request([3], grammar=Grammar.from_lark("start: <|no_such_token|>"))))


def test_a_tokenizer_whose_tokens_are_no_bytes_is_refused() -> None:
    from tokenizers import Tokenizer, decoders, models

    unigram = Tokenizer(models.Unigram([("a", -1.0), ("<eos>", -2.0)], 0))
    unigram.decoder = decoders.Metaspace()
    with pytest.raises(UsageError, match="grammars can't follow this tokenizer"):
        GrammarVocabulary(unigram.to_str(), 2, 1)
