"""Tells whether a call gives other threads a turn."""

from __future__ import annotations

import sys
import threading
import time


def runs_during(call):
    """Say whether another thread got to run inside of a call.

    Threads take no turns while this is asked, so that only giving the lock away lets the other one run.
    """
    gate, ran = threading.Lock(), []
    gate.acquire()

    def other():
        with gate:
            ran.append(True)

    turn = sys.getswitchinterval()
    thread = threading.Thread(target=other)
    thread.start()
    time.sleep(0.002)  # until it waits
    sys.setswitchinterval(1_000.0)
    try:
        gate.release()
        before = len(ran)
        call()
        after = len(ran)
    finally:
        sys.setswitchinterval(turn)
        thread.join()
    assert before == 0
    return after == 1
