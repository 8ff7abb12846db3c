"""A few words from a net in training, without the engine: uncached, one stream, for the end of a run."""

import torch
from tokenizers import Tokenizer
from torch import nn

_MARKS = ("endoftext", "user", "assistant", "end")


@torch.no_grad()
def sample(
    net: nn.Module,
    tokenizer_json: str,
    prompt: str,
    *,
    chat: bool = False,
    tokens: int = 48,
    temperature: float = 0.7,
    seed: int = 1,
) -> str:
    """Continue a text, or answer a user's message.

    Args:
        net: ids [1, T] → logits [1, T, vocabulary]; put into evaluation mode and back.
        tokenizer_json: Its tokenizer.
        prompt: The text, or the user's message if `chat`.
        chat: Wrap the prompt as a user's turn.
        tokens: At most so many.
        temperature: 0 = greedy.
        seed: Of the draws.
    """
    tokenizer = Tokenizer.from_str(tokenizer_json)
    special = {name: int(tokenizer.token_to_id(f"<|{name}|>") or 0) for name in _MARKS}
    ids = tokenizer.encode(prompt, add_special_tokens=False).ids
    if chat:
        ids = [special["user"], *ids, special["end"], special["assistant"]]
    ids = [special["endoftext"], *ids]
    begin = len(ids)
    device = next(net.parameters()).device
    draw = torch.Generator().manual_seed(seed)
    was_training = net.training
    net.eval()
    for _ in range(tokens):
        logits = net(torch.tensor([ids], device=device), last_only=True)[0, -1].float().cpu()
        if temperature <= 0:
            token = int(logits.argmax())
        else:
            token = int(torch.multinomial((logits / temperature).softmax(-1), 1, generator=draw))
        if token in (special["endoftext"], special["end"]):
            break
        ids.append(token)
    net.train(was_training)
    return tokenizer.decode(ids[begin:], skip_special_tokens=True)
