"""The error budget: what all claims together may spend is below 1e-6 at every depth, and none spends more."""

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.verdict.budget import FAMILY_WISE, SHARES, Account, Overdrawn, spent
from proofs_check.verdict.effort import DEPTHS


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_shares_of_all_claims_add_up_to_less_than_the_budget(depth: str) -> None:
    assert FAMILY_WISE == 1e-6
    assert sum(share.count(depth) * share.alpha(depth) for share in SHARES) == pytest.approx(spent(depth))
    assert 0 < spent(depth) <= FAMILY_WISE
    assert all(share.alpha(depth) > 0 and share.count(depth) >= 1 for share in SHARES)


def test_every_share_belongs_to_a_claim_and_is_named_once() -> None:
    assert {share.claim for share in SHARES} <= {claim.id for claim in CLAIMS}
    assert len({(share.claim, share.check) for share in SHARES}) == len(SHARES)


@pytest.mark.parametrize("share", SHARES, ids=lambda share: f"{share.claim}: {share.check}")
def test_an_account_pays_for_the_planned_tests_and_for_no_more(share) -> None:
    account = Account(share.claim, "standard")
    assert account.alpha(share.check, share.count("standard")) == share.alpha("standard")
    with pytest.raises(Overdrawn, match=f"the budget has {share.count('standard')}"):
        account.alpha(share.check)


def test_an_account_has_no_money_for_what_was_not_planned() -> None:
    with pytest.raises(Overdrawn, match="no share"):
        Account("clt").alpha("another check")
    with pytest.raises(Overdrawn, match="no share"):
        Account("ridge").alpha(SHARES[0].check)
