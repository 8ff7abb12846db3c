"""Fixtures that every part of the tests shares."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

# The same examples on every run, and no time limit that a busy machine breaks.
settings.load_profile("ci")
# A job in the background has Ctrl-C ignored and would hand that on to the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

TEXT = """Hello! How are you today? I am fine, thank you. What is your name? My name is Home.
The weather in San Francisco is sunny. Tell me a joke about cats.
{"name":"tool","arguments":{"location":"here"}}
Write two short poems about rain and wind. Thank you, goodbye, see you tomorrow.
"""


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Nothing leaves this machine; servers on it may be reached. The plugin's teardown lifts this."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def homespun_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of each test's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOMESPUN_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights: two layers, 400 tokens, a context of 1,024."""
    import torch

    from models.nets.decoder import Decoder, DecoderConfig
    from models.store import save_model
    from models.tokenizers.bpe import BPETokenizer

    tokenizer = BPETokenizer.train([TEXT] * 4, 400)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        net = Decoder(DecoderConfig.llama(tokenizer.vocab_size, 32, 2, 2, max_positions=1024))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return save_model(
        folder,
        net,
        tokenizer.to_json(),
        generation={"max_tokens": 24},
        card="# Tiny\n\nRandom weights for tests.\n\nLicense: Apache-2.0\n",
    )


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of tiny checkpoints in the layout of transformers: `llama`, `qwen`, `gpt2`, `gemma`."""
    pytest.importorskip("transformers")
    module = _beside("checkpoints")

    @cache
    def make(family: str) -> Path:
        return module.make_checkpoint(family, tmp_path_factory.mktemp("hf") / family, TEXT)

    return make


@pytest.fixture(scope="session")
def openai_server() -> Callable[[Any], AbstractContextManager[Any]]:
    """Starts a server that speaks OpenAI's protocol on a free port, answered by a chat model."""
    module = _beside("openai_server")

    @contextmanager
    def serve(model: Any) -> Iterator[Any]:
        with module.OpenAIServer(model) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return serve


@pytest.fixture(scope="session")
def check_state() -> Callable[[Path], None]:
    """Fails where a file of state isn't whole; see `statefile.py`."""
    check: Callable[[Path], None] = _beside("statefile").check
    return check


@pytest.fixture(scope="session")
def taught() -> ModuleType:
    """The module `taught.py`: what adapters made by hand know by heart."""
    return _beside("taught")


@pytest.fixture(scope="session")
def teacher(taught: ModuleType) -> Callable[[Path], Any]:
    """Makes what writes adapters on the real encoder into a state folder; see `taught.Teacher`."""
    from homespun.errors import ModelNotFound
    from models.encoders.places import find_minilm

    try:
        find_minilm()
    except ModelNotFound as error:
        pytest.skip(str(error))
    make: Callable[[Path], Any] = taught.Teacher
    return make


@pytest.fixture
def teach(teacher: Callable[[Path], Any], homespun_home: Path) -> Any:
    """The same for the test's own state folder."""
    return teacher(homespun_home)


def _beside(name: str) -> ModuleType:
    """A module of helpers in this folder."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


class Zygote:
    """Starts commands by forking `zygote.py`, in which the imports are done."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process, self.out, self.err = process, folder / "out", folder / "err"
        assert self._answer() == 0

    def start(self, *command: str, seconds: int = 200) -> int:
        """Starts one (`homespun …`, `finetune …` or a script) and gives its process id.

        Its standard output and error go to the files `out` and `err`. SIGALRM ends it if it hangs.
        """
        for path in (self.out, self.err):
            path.write_text("")  # or a process killed at once would seem to have said what the last one did
        return self._ask(
            command=command,
            seconds=seconds,
            out=str(self.out),
            err=str(self.err),
            environment={"HOMESPUN_HOME": os.environ["HOMESPUN_HOME"]},
        )

    def wait(self, pid: int) -> int:
        """Gives its exit status, or minus the signal that ended it."""
        return self._ask(wait=pid)

    def kill(self, pid: int, number: signal.Signals) -> int:
        """Sends a signal and waits; until then the process id is its own, also if it has ended."""
        os.kill(pid, number)
        return self.wait(pid)

    def _ask(self, **request: object) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("zygote.py"))],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Zygote(process, tmp_path_factory.mktemp("zygote"))
        process.kill()
