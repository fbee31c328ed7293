"""What every test of the command needs."""

import pytest


@pytest.fixture(autouse=True)
def _no_terminal_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """A width set for whoever runs the tests is not a width for what they print."""
    monkeypatch.delenv("COLUMNS", raising=False)
