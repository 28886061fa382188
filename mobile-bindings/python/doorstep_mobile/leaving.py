"""The interpreter must not end while a thread of the library is on its way out of it: whoever calls the library last has
its answer before the thread that brought it has left Python, and an interpreter that ends meanwhile takes the process down.
"""

import atexit
import sys
import threading
import time

# Far longer than leaving takes. A listener that never returns must not keep the interpreter for ever.
AT_MOST_MS = 5_000


def inside() -> set[int]:
    """Threads that run Python and that Python did not start."""
    started = {one.ident for one in threading.enumerate() if not isinstance(one, threading._DummyThread)}
    return sys._current_frames().keys() - started


@atexit.register
def wait_for_those_inside() -> None:
    """Gives them the interpreter until they have left."""
    for _ in range(AT_MOST_MS):
        if not inside():
            return
        time.sleep(0.001)
