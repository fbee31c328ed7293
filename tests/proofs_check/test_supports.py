"""A subject may offer a part: what it lacks is not applicable, with the reason; what it has is checked."""

from dataclasses import replace

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.ledger.ledger import check
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from tests.numpy_subject import NumpySubject

# What each part leaves out: claims that are then not applicable.
PARTS = {
    "FA alone": ({"rules": ["FA"]}, {"corollary-1"}),
    "DFA alone": ({"rules": ["DFA"]}, {"theorem-2", "theorem-3", "pseudo-inverse"}),
    "squared error, tanh and identity, Gaussian noise": (
        {"activations": ["tanh", "identity"], "losses": ["mse"], "noise": ["gaussian"]},
        set(),
    ),
    "no identity": (
        {"activations": ["tanh", "sigmoid"]},
        {"theorem-2", "corollary-1", "zero-bias", "rank", "pseudo-inverse"},
    ),
    "cross-entropy alone": (
        {"losses": ["cross_entropy"]},
        {"theorem-1", "theorem-2", "corollary-1", "theorem-3", "zero-bias", "noise-law"},
    ),
    "quartic, sigmoid and identity": (
        {"losses": ["quartic"], "activations": ["sigmoid", "identity"]},
        {"zero-bias"},
    ),
}
NAMED = {name for _, left_out in PARTS.values() for name in left_out}
ALWAYS = {"estimator", "signals", "solves", "noise", "expansion", "orthogonality"}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.id in NAMED | ALWAYS], ids=lambda claim: claim.id)
def test_a_part_is_checked_as_far_as_it_goes(claim, part: str) -> None:
    supports, left_out = PARTS[part]
    subject = LocalSubject(type("Part", (NumpySubject,), {"supports": supports}))
    examined = replace(claim, confirm=lambda effort: ())  # the statements do not depend on the subject
    row = check(examined, subject, Effort("quick", 0))
    expected = "not applicable" if claim.id in left_out else "pass"
    assert row.verdict.outcome == expected, row.verdict.reason
    if claim.id in left_out:
        assert row.verdict.reason is not None
        assert "support" in row.verdict.reason
