"""A page of a headless Chromium for the tests here, skipped where there is none, and results to open in it."""

from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
from small_pages import FAULTY, result

import mxbench


@pytest.fixture(scope="session")
def page() -> Iterator[chromium.Page]:
    program = chromium.find()
    if program is None:
        pytest.skip(f"no Chromium is installed ({', '.join(chromium.NAMES)}): 'apt-get install chromium' gives one")
    with chromium.browser(program) as opened:
        yield opened


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = result(tmp_path_factory.mktemp("small"))
    mxbench.report(folder)
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = result(tmp_path_factory.mktemp("faulty"), transfers=12, more=FAULTY)
    mxbench.report(folder)
    return folder
