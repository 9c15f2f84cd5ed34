"""A page of a headless Chromium for the tests here; they are skipped where there is none."""

from collections.abc import Iterator

import chromium
import pytest


@pytest.fixture(scope="session")
def page() -> Iterator[chromium.Page]:
    program = chromium.find()
    if program is None:
        pytest.skip(f"no Chromium is installed ({', '.join(chromium.NAMES)}): 'apt-get install chromium' gives one")
    with chromium.browser(program) as opened:
        yield opened
