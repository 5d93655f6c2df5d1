"""Chromium, where there is one: it prints pages as PDF, and tests look with it as a person does."""

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
    """Start the machine's Chromium without a window, and end it."""
    with sync_playwright() as playwright:
        # A root user's Chromium has no sandbox to start in.
        arguments = ["--no-sandbox"] if AS_ROOT else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
