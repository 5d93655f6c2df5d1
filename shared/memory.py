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
    seen, resident, ended = [0], [0], threading.Event()

    def look() -> None:
        processes = psutil.Process().children(recursive=True)
        held = sum(each.memory_info().rss for each in processes)
        if held <= resident[0]:
            return  # what follows stops the processes for a moment, so it is done at new heights
        resident[0] = held
        sizes = [each.memory_full_info() for each in processes]
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
