"""Chromium, where it is installed: it prints pages as PDF, and tests see pages as people do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
AS_ROOT = os.name == "posix" and os.geteuid() == 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium without a window, and close it at the end."""
    with sync_playwright() as playwright:
        # Chromium refuses to start in a sandbox as root.
        arguments = ["--no-sandbox"] if AS_ROOT else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
