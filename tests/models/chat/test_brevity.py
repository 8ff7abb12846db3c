"""Tools told in fewer words where the context is short."""

from models.chat.brevity import shorter

TOOL = {
    "name": "book",
    "description": "Books a table.",
    "parameters": {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "Whose table", "title": "Title"},
            "when": {"type": "object", "properties": {"description": {"type": "string", "default": "now"}}},
        },
        "required": ["title"],
    },
}


def test_less_and_less_is_said_and_names_stay():
    whole, bare, named, least = shorter([TOOL])
    assert whole == [TOOL]
    properties = bare[0]["parameters"]["properties"]
    # A property may be called like an annotation.
    assert properties == {
        "title": {"type": "string"},
        "when": {"type": "object", "properties": {"description": {"type": "string"}}},
    }
    assert bare[0]["parameters"]["required"] == ["title"]
    assert named == [{"name": "book", "description": "Books a table.", "parameters": ["title", "when"]}]
    assert least == [{"name": "book", "parameters": ["title", "when"]}]
    sizes = [len(str(form)) for form in (whole, bare, named, least)]
    assert sizes == sorted(sizes, reverse=True)


def test_the_tools_themselves_are_left_as_they_were():
    before = str(TOOL)
    list(shorter([TOOL]))
    assert str(TOOL) == before


def test_a_tool_without_parameters_has_none():
    assert [form[0].get("parameters") for form in shorter([{"name": "now"}])][2:] == [[], []]
