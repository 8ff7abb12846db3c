"""Speed of greedy decoding, one stream: ours beside `transformers` on the same exported weights, in one run.

Contract: `run()` returns plain figures (tokens/s, prefill included) and prints nothing. Each engine is
measured at each thread count in a process of its own, by turns, because torch's thread count is a setting of
the process and more threads than free cores ruin everything; each is then compared at its better count. Both
load the same folder, get the same prompt, and must make the same number of tokens. Wall time is what counts;
where other work shares the machine `cpu_ratio`, by processor time on the fewest threads, is the steadier
figure.
"""

from __future__ import annotations

import itertools
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.bench.apart import measured, serve
from homespun.errors import HomespunError, ModelNotFound, UsageError

if TYPE_CHECKING:
    from models.nets.decoder import Decoder

_ENGINES = ("ours", "transformers")


def run(
    model: Path | str | None = None,
    *,
    tokens: int = 200,
    prompt_tokens: int = 32,
    threads: Sequence[int] = (1, 2),
    repeat: int = 3,
    rounds: int = 2,
) -> dict[str, Any]:
    """Decode with both engines.

    Args:
        model: A model folder or name; `None` takes the shipped `home`, or where there is none random weights
            of the shape of `home-base` (4,096 tokens, width 256, 5 layers).
        tokens: Tokens to make.
        prompt_tokens: Tokens of the prompt.
        threads: Thread counts to try.
        repeat: Measured outputs of a process, after one to warm up; the quickest counts.
        rounds: Processes of each engine at each thread count; the quickest counts.

    Returns:
        Figures; `ratio` is our tokens/s over theirs, each at its better thread count. `equal_tokens` says
        whether both made the same output.

    Raises:
        UsageError: If a number is not positive, the model's context is too short, or `transformers` is
        missing.
        HomespunError: If a measuring process fails.
    """
    if not threads or min(tokens, prompt_tokens, repeat, rounds, *threads) < 1:
        raise UsageError("tokens, prompt_tokens, threads, repeat and rounds must be positive")
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise UsageError("this comparison needs transformers: pip install -e '.[hf]'") from error
    from models.interop.huggingface import to_transformers

    name, net = _net(model)
    if tokens + prompt_tokens > net.config.max_positions:
        raise UsageError(
            f"{prompt_tokens} + {tokens} tokens are too many:"
            f" this model's context is {net.config.max_positions}"
        )
    wall: dict[tuple[str, int], float] = {}
    cpu: dict[tuple[str, int], float] = {}
    outputs: list[list[int]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "exported"
        to_transformers(net, folder)
        # Beyond the special tokens, the same for every run.
        prompt = [16 + 37 * place % (net.config.vocab_size - 16) for place in range(prompt_tokens)]
        job = {"folder": str(folder), "prompt": prompt, "tokens": tokens, "repeat": repeat}
        for _ in range(rounds):
            for case in itertools.product(_ENGINES, threads):
                what = f"{case[0]} on {case[1]} threads"
                result = measured(__name__, {**job, "engine": case[0], "threads": case[1]}, what)
                wall[case] = min(result["seconds"], wall.get(case, math.inf))
                cpu[case] = min(result["cpu_seconds"], cpu.get(case, math.inf))
                outputs.append(result["output"])
    ours, theirs = (
        {str(count): round(tokens / wall[engine, count], 1) for count in threads} for engine in _ENGINES
    )
    best, best_theirs = max(ours.values()), max(theirs.values())
    few = min(threads)
    return {
        "model": name,
        "parameters": net.num_parameters(),
        "prompt_tokens": prompt_tokens,
        "tokens": tokens,
        "tokens_per_second": ours,
        "tokens_per_second_transformers": theirs,
        "best": best,
        "best_transformers": best_theirs,
        "ratio": round(best / best_theirs, 2),
        "cpu_ratio": round(cpu["transformers", few] / cpu["ours", few], 2),
        "equal_tokens": all(output == outputs[0] for output in outputs),
    }


def _net(model: Path | str | None) -> tuple[str, Decoder]:
    import torch

    from models.nets.decoder import Decoder, DecoderConfig
    from models.shelves import find_model
    from models.store import load_model

    try:
        folder = find_model("home" if model is None else model)
    except ModelNotFound:
        if model is not None:
            raise
        with torch.random.fork_rng():
            torch.manual_seed(0)
            config = DecoderConfig.llama(4096, 256, 5, 4, num_kv_heads=2, max_positions=512, qk_norm=True)
            return "random weights", Decoder(config)
    return folder.name, load_model(folder).net


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """Measure one engine at one thread count, in this process."""
    import torch

    torch.set_num_threads(job["threads"])
    decode = (_ours if job["engine"] == "ours" else _theirs)(job)
    decode()
    wall, cpu = [], []
    output: list[int] = []
    for _ in range(job["repeat"]):
        start, start_cpu = time.perf_counter(), time.process_time()
        output = decode()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    if len(output) != job["tokens"]:
        raise HomespunError(f"{len(output)} tokens came instead of {job['tokens']}")
    return {"seconds": min(wall), "cpu_seconds": min(cpu), "output": output}


def _ours(job: dict[str, Any]) -> Callable[[], list[int]]:
    from models.inference.engine import Engine, Request
    from models.interop.huggingface import from_transformers

    engine = Engine(from_transformers(job["folder"]), threads=job["threads"])
    request = Request(job["prompt"], max_tokens=job["tokens"])
    return lambda: [step.token for step in engine.generate(request) if step.finish is None]


def _theirs(job: dict[str, Any]) -> Callable[[], list[int]]:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(job["folder"], dtype=torch.float32).eval()
    # Nothing may end the output early; without a padding token `generate` complains.
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    ids = torch.tensor([job["prompt"]])
    length = job["tokens"]

    def decode() -> list[int]:
        with torch.inference_mode():
            made = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=length
            )
        output: list[int] = made[0, ids.shape[1] :].tolist()
        return output

    return decode


if __name__ == "__main__":
    serve(_work)
