"""Average two stages of one model: `python -m finetune.average_stages NEWER OLDER OUT --share 0.3`.

Weights on the line between a stage and the one it began from can be better than both ends (Wortsman et al.
2022, arXiv:2109.01903). The result has the newer stage's configuration and history, and says what it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from homespun.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("newer", type=Path, help="folder of the stage whose history is kept")
    parser.add_argument("older", type=Path, help="folder of the stage that it began from")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--share", type=float, required=True, help="of the older weights, between 0 and 1")
    given = parser.parse_args(arguments)
    average(given.newer, given.older, given.out, given.share)
    print(f"{given.out} holds the average.")  # noqa: T201
    return 0


def average(newer: Path, older: Path, out: Path, share: float) -> Path:
    """Write the average of two stages.

    Args:
        newer: Folder of the stage whose configuration and history are kept.
        older: Folder of the stage that it began from.
        out: Folder to write; what is there is replaced.
        share: Of the older weights.

    Raises:
        UsageError: The share isn't between 0 and 1, or the models differ in shape or tokens.
    """
    import torch

    from models.store import load_model, read_config, save_model

    if not 0.0 < share < 1.0:
        raise UsageError(f"share is between 0 and 1, not {share}")
    net, other = load_model(newer).net, load_model(older).net
    tokens = (newer / "tokenizer.json").read_text(encoding="utf-8")
    if net.config != other.config or tokens != (older / "tokenizer.json").read_text(encoding="utf-8"):
        raise UsageError(f"{newer} and {older} differ in their shape or their tokens")
    with torch.no_grad():
        for own, before in zip(net.parameters(), other.parameters(), strict=True):
            own.lerp_(before, share)
    config = read_config(newer)
    training = {**config["training"], "averaged": share}
    return save_model(
        out,
        net,
        tokens,
        generation=config["generation"],
        proposals=config.get("proposals"),
        training=training,
        card=(newer / "README.md").read_text(encoding="utf-8"),
    )


if __name__ == "__main__":
    raise SystemExit(main())
