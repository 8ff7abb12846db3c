"""Names of the chat models over the encoder, and what each does in a line. Imports nothing."""

READER, CALLER = "reader", "caller"
ENCODED = {
    READER: "Answers from the passages that you sent before the question, word for word, or says that they "
    "don't hold it.",
    CALLER: "Chooses among the tools that it's given and finds the arguments in what was said; it writes "
    "nothing of its own.",
}
"""No folder can be called so; behind a colon stands an adapter's name or folder: `reader:NAME`."""
