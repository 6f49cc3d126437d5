"""Does not stop when it is asked to."""

import contextlib
import time


def work(request, tell):
    tell.progress(1, 2)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(30)
