"""Names of the chat models over the encoder, what each does, and the adapters that it answers with."""

from homespun.errors import UsageError

READER, CALLER = "reader", "caller"
ENCODED = {
    READER: "Answers from passages that you send, word for word, or declines.",
    CALLER: "Chooses one of the tools that it's given and fills in what was said.",
}
"""No folder can be called so; behind a colon stand adapters: `reader:NAME`."""
ADAPTERS = {READER: ("read",), CALLER: ("choose", "fill")}
"""The adapters where none is named, each called after its task."""
_FORMS = {
    READER: f"{READER} or {READER}:<name or folder of an adapter>",
    CALLER: f"{CALLER} or {CALLER}:<chooser>+<filler> (names or folders)",
}


def adapters_of(kind: str, address: str) -> tuple[str, ...]:
    """Names or folders of the adapters that the address of a model over the encoder means.

    Args:
        kind: Which model it must be: `READER` or `CALLER`.
        address: `reader`, `reader:<adapter>`, `caller` or `caller:<chooser>+<filler>`.

    Raises:
        UsageError: It's of another form.
    """
    model, colon, rest = address.partition(":")
    named = (rest,) if kind == READER else tuple(rest.partition("+")[::2])
    if model != kind or (colon and not all(named)):
        raise UsageError(f"{address!r} is no {kind}: use {_FORMS[kind]}")
    return named if colon else ADAPTERS[kind]


def used_by(task: str, adapter: str) -> str | None:
    """The address of the model that answers with an adapter for a task; None where no model does."""
    for kind, tasks in ADAPTERS.items():
        if task in tasks:
            named = "+".join(adapter if one == task else one for one in tasks)
            return kind if adapter == task else f"{kind}:{named}"
    return None
