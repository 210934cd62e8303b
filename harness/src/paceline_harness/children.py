"""Processes that measure: a fresh interpreter, or a fork of this one. Both write events to a pipe until they end."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import msgspec

from paceline_harness.environment import THREADS, checkout, machine
from paceline_harness.launch import Asked, Failed, Named, Plan, Spec, Tell, measure_all, teller

if TYPE_CHECKING:
    from paceline_harness.comparison import Comparison

PAD_VARIABLE = "PACELINE_HARNESS_PAD"
PAD_LIMIT = 4096
HASH_SEEDS = 2**32


class Child:
    """A process that measures, and its events as lines."""

    def __init__(self, pid: int, events: BinaryIO, wait: Callable[[], tuple[int, str]]) -> None:
        self.pid, self.events, self._wait = pid, events, wait

    def interrupt(self) -> None:
        """Ask it to stop after the sample at hand, and to tell what it has."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def ended(self) -> str:
        """Wait for its end; return an empty string when that was orderly, else how it ended."""
        code, said = self._wait()
        if code == 0:
            return ""
        with contextlib.suppress(ValueError):
            if code < 0:
                return f"it was killed by {signal.Signals(-code).name}"
        last = f": {said}" if said else ""
        return f"it ended with exit code {code}{last}"

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def fresh(what: Asked | Named, plan: Plan) -> Child:
    """Start a fresh interpreter: a hash seed of its own, an environment of another length, one thread per pool.

    It is a process group of its own, so that Ctrl-C reaches it once: from here.
    """
    reading, writing = os.pipe()
    pad = secrets.randbelow(PAD_LIMIT)
    spec = Spec(what, msgspec.structs.replace(plan, env_pad_bytes=pad), writing, sys.path, sys.argv)
    variables = {
        **dict.fromkeys(THREADS, "1"),
        **os.environ,
        "PYTHONHASHSEED": str(secrets.randbelow(HASH_SEEDS)),
        PAD_VARIABLE: "x" * pad,
    }
    said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
    process = subprocess.Popen(
        [sys.executable, "-m", "paceline_harness.launch"],
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=said,
        env=variables,
        pass_fds=(writing,),
        process_group=0,
    )
    os.close(writing)
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it ended at once: how, its exit code tells
        process.stdin.write(msgspec.json.encode(spec))
        process.stdin.close()

    def wait() -> tuple[int, str]:
        code = process.wait()
        with said:
            said.seek(0)
            lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
        return code, lines[-1] if lines else ""

    return Child(process.pid, os.fdopen(reading, "rb"), wait)


def forked(comparisons: Sequence[Comparison], plan: Plan) -> Child:
    """Start a copy of this process: for comparisons that nothing but this process knows, such as a test's lambdas."""
    machine()  # asked for here once, known in every fork
    checkout()
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads' locks: a pool's, which measuring ignores
        pid = os.fork()
    if pid == 0:
        os.close(reading)
        _be_child(comparisons, plan, writing)
    os.close(writing)

    def wait() -> tuple[int, str]:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), ""

    return Child(pid, os.fdopen(reading, "rb"), wait)


def _be_child(comparisons: Sequence[Comparison], plan: Plan, writing: int) -> NoReturn:
    code = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if plan.launch.core is not None:
            os.sched_setaffinity(0, {plan.launch.core})
        with os.fdopen(writing, "wb") as stream:
            tell = teller(stream)
            try:
                measure_all(comparisons, plan, tell)
                code = 0
            except BaseException as error:  # nothing may leave this function: the caller's code is not for this process
                _tell_failure(tell, error)
    finally:
        os._exit(code)


def _tell_failure(tell: Tell, error: BaseException) -> None:
    tell(Failed(f"{type(error).__name__}: {error}"))
