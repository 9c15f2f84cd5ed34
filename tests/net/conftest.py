"""Every test in this folder leaves no process behind; being here also lets them import clusters."""

import uuid
from collections.abc import Iterator

import pytest
from clusters import MARK, marked, until


@pytest.fixture(autouse=True)
def _no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(MARK, uuid.uuid4().hex)
    yield
    until(lambda: not marked(), "the end of every process")
