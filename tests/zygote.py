"""A process in which the imports are done, forked once for each command.

Started as a script by the fixture `zygote`: hundreds of processes to be killed then take minutes.
It reads one JSON object a line, `{"command": …}` to start one or `{"wait": pid}` for its exit status, and
answers each with a number. The commands run as they do from a shell: their own process, standard streams and
signals. What ends in ".py" is a script.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import sys
from typing import Any

PRELOADED = (
    "apps.cli.entry",
    "apps.cli.talk",
    "apps.compose",
    "finetune.loop",
    "graphs.chatbot.graph",
    "graphs.persistence",
    "models.chat.scripted",
    "models.shelves",
    "models.store",
    "torch._dynamo",  # what an optimiser imports when it's made
)


def run(request: dict[str, Any]) -> int:
    """The child: takes its streams and runs the command as the console script does."""
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, request["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ.update(request["environment"])
    sys.argv = request["command"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.argv[0] == "finetune":
        from finetune.__main__ import main as train

        return train(sys.argv[1:])
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
        return 0
    from apps.cli import main

    return main()


def serve() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # until there's a command to be interrupted
    for name in PRELOADED:
        __import__(name)
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    answers.write("0\n")
    answers.flush()
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        elif (answer := os.fork()) == 0:
            answers.close()
            signal.alarm(request["seconds"])
            status = run(request)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # taking all those imports down would be most of the time
        answers.write(f"{answer}\n")
        answers.flush()


if __name__ == "__main__":
    serve()
