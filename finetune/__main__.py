"""One training stage on a machine with only torch, numpy, safetensors and tokenizers.

python -m finetune TOKENS_FOLDER OUT_FOLDER --set max_minutes=120 --set model.num_layers=6 [--resume]
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

from homespun.errors import HomespunError


def main(arguments: list[str] | None = None) -> int:
    """Run the stage; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m finetune", description=__doc__)
    parser.add_argument("tokens", help="folder of prepared tokens")
    parser.add_argument("out", help="folder of the run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    parser.add_argument("--resume", action="store_true", help="continue what the out folder holds")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; continue from the last checkpoint with --resume\n")
        return 130


def _run(given: argparse.Namespace) -> int:
    from finetune.config import TrainConfig
    from finetune.loop import Trainer
    from finetune.memory import keep_freed_memory
    from finetune.overrides import split_overrides
    from finetune.progress import Reporter
    from finetune.sample import sample

    config = TrainConfig()
    stored = Path(given.out) / "config.json"
    if given.resume and stored.is_file():
        config = config.with_overrides(json.loads(stored.read_text(encoding="utf-8")))
    config = config.with_overrides({"tokens": given.tokens, "out": given.out, **split_overrides(given.set)})
    again = shlex.join([*_prefix(), given.tokens, given.out, "--resume"])
    reporter = Reporter(quiet=given.quiet)
    keep_freed_memory()
    trainer = Trainer(config, resume=given.resume, reporter=reporter, again=again)
    result = trainer.run()
    for prompt, chat in (("Once upon a time", False), ("Hello", True)):
        words = sample(trainer.net, trainer.folder.tokenizer_json, prompt, chat=chat)
        reporter.say(f"{'user: ' if chat else ''}{prompt}{' → ' if chat else ''}{words}")
    sys.stdout.write(f"homespun chat --model {shlex.quote(str(result.folder.resolve()))} Hello\n")
    return 0


def _prefix() -> list[str]:
    return [Path(sys.executable).name, "-m", "finetune"]


if __name__ == "__main__":
    sys.exit(main())
