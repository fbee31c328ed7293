"""The pytest plugin of feedback-proofs: adds options, and loads nothing unless a run asks for the suite.

    pytest --pyargs proofs_check --subject mine.py:Mine [--depth standard] [--seed N] [-m theorem_1]

It lies outside the package, because importing `proofs_check` would already bind names that other projects may
have. A run asks for the suite by naming it (`--pyargs proofs_check`), or by `--proofs-check-subject`, also in
`addopts`: then the claims are collected beside the tests. A run that asks for the suite and in which no claim
was asked, for whatever reason, is not green. The short options exist only in runs that name it: elsewhere
they are free for others.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

SUITE = "proofs_check/pytest_suite.py"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options: long names always, short ones where the run names the suite and uses them."""
    config = pluginmanager.getplugin("pytestconfig")
    given = [str(word) for word in config.invocation_params.args] if config is not None else []
    group = parser.getgroup("feedback-proofs", "claims about node perturbation, asked of an implementation")
    for name, metavar, text in (
        ("subject", "PLACE:NAME", "FILE.py:NAME or MODULE:NAME (default: the project's reference)"),
        ("depth", "DEPTH", "quick, standard or thorough (default: quick)"),
        ("seed", "N", "same seed, same verdict (default: 0)"),
    ):
        names = [f"--proofs-check-{name}"]
        if names_suite(given) and any(word.split("=")[0] == f"--{name}" for word in given):
            names.append(f"--{name}")
        group.addoption(*names, dest=f"proofs_check_{name}", default=None, metavar=metavar, help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the suite where it is asked for; raises `pytest.UsageError`."""
    named = names_suite(config.args)
    if not named and config.getoption("proofs_check_subject", None) is None:
        for name in ("depth", "seed"):
            if config.getoption(f"proofs_check_{name}", None) is not None:
                asking = "--proofs-check-subject or --pyargs proofs_check"
                raise pytest.UsageError(f"--proofs-check-{name} asks nothing without {asking}")
        return
    suite = _suite()
    if config.pluginmanager.register(suite.Suite.of(config), "proofs-check-suite") is None:
        raise pytest.UsageError("-p no:proofs-check-suite leaves no claim to ask")
    if not named:
        config.args.append(str(suite.HERE))


def _suite() -> ModuleType:
    """The module of the suite, which must be the one beside this file."""
    try:
        found = importlib.import_module("proofs_check.pytest_suite")
    except ImportError as error:
        raise pytest.UsageError(f"feedback-proofs cannot be imported: {error}") from None
    if Path(str(found.__file__)).resolve() != Path(__file__).resolve().parent / SUITE:
        raise pytest.UsageError(f"a package that is called proofs_check too hides ours: {found.__file__}")
    return found


def names_suite(words: Iterable[object]) -> bool:
    """Whether one of the words of a command line is the package, its suite, or the folder of either."""
    for word in words:
        place = str(word).split("::")[0].replace(os.sep, "/")
        if place in ("proofs_check", "proofs_check.pytest_suite") or place.endswith(SUITE):
            return True
        if place.rstrip("/").endswith("proofs_check") and Path(place, "pytest_suite.py").is_file():
            return True
    return False
