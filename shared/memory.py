"""Watch how much memory other processes take."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Watch the processes started by this one; yield a function that returns their peak in bytes.

    They are looked at twice a second, so a shorter peak may be missed. What several share is
    counted once on Linux (proportional set size), and not at all elsewhere (unique set size).
    """
    seen, ended = [0], threading.Event()

    def look() -> None:
        sizes = [each.memory_full_info() for each in psutil.Process().children(recursive=True)]
        seen[0] = max(seen[0], sum(getattr(size, "pss", size.uss) for size in sizes))

    def watch() -> None:
        while not ended.wait(0.5):
            with suppress(psutil.Error):  # a process that ends while it is looked at
                look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: seen[0]
    finally:
        ended.set()
        thread.join()
