"""What all tests of the theory have in common."""

import pytest


@pytest.fixture(autouse=True)
def _width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are printed for one width, whatever terminal the tests run in, or whether in any."""
    monkeypatch.setenv("COLUMNS", "100")
