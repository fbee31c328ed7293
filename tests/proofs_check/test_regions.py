"""The definitions ask in every region of the domain that is promised: a subject that is wrong there only is
rejected, at the depth that the table names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

import pytest
from torch import Tensor

from impl.reference import Reference
from proofs_check.claims import CLAIMS, estimator, signals, solves
from proofs_check.claims.noise import law_of
from proofs_check.float64.losses import FULL_RANK_LOSSES
from proofs_check.networks.drawn import ACTIVATIONS, LOSSES
from proofs_check.networks.search import Measurement
from proofs_check.questions import noise_regions, regions
from proofs_check.questions.regions import Far, FarArrays, FarSignals
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import LocalSubject
from proofs_check.subject.vocabulary import KNOWN
from proofs_check.verdict.budget import SHARES, Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, SubjectError
from proofs_check.verdict.families import FAMILIES
from tests.numpy_subject import NumpySubject
from tests.planted_bugs import Correct
from tests.planted_bugs.regions import ESTIMATES, FITS, NOISE, SIGNALS, NoiseRegion, Planted, Region

CLAIM = {claim.id: claim for claim in CLAIMS}
RULES = ("FA", "DFA")
NAMED = {
    "gradient_estimates": ("estimator", ESTIMATES),
    "error_signals": ("signals", SIGNALS),
    "fit_feedback": ("solves", FITS),
}
CASES = [(method, region) for method, (_, table) in NAMED.items() for region in table]


def asked_far(method: str, subject: Subject, depth: str) -> Iterator[Measurement]:
    """What the claim measures of a method far from the ordinary questions."""
    effort = Effort(depth)
    known = [tuple(subject.supports.get(key, KNOWN[key])) for key in ("activations", "losses")]
    if method == "gradient_estimates":
        networks = regions.networks(*known)
        yield from (estimator.far_measurement(subject, far) for far in networks)
        yield estimator.far_rows(subject, networks[0], effort)
    elif method == "error_signals":
        questions = regions.signals(*known, RULES)
        yield from (signals.far_measurement(subject, far) for far in questions)
        yield signals.far_rows(subject, questions[0], effort)
    else:
        yield from (solves.far_measurement(subject, far) for far in regions.arrays())


def holds(measured: Measurement) -> bool:
    return measured.value <= measured.bound


def rejected(claim: str, subject: Subject, depth: str) -> bool:
    try:
        return not all(row.holds for row in CLAIM[claim].examine(subject, Effort(depth, 0)))
    except (Falsified, SubjectError):
        return True


@pytest.mark.parametrize(("method", "region"), CASES, ids=lambda v: v.name if isinstance(v, Region) else v)
def test_code_that_is_wrong_in_one_region_only_is_rejected(method: str, region: Region) -> None:
    subject = LocalSubject(Planted(method, region))
    if all(map(holds, asked_far(method, subject, region.depth))):  # an ordinary question, or one at the edge
        assert rejected(NAMED[method][0], subject, region.depth)


PARTS = {
    "seed": noise_regions.seeds_and_layers,
    "layers": noise_regions.seeds_and_layers,
    "units": noise_regions.units,
    "draws": noise_regions.rows,
}


@pytest.mark.parametrize("region", NOISE, ids=lambda region: f"{region.argument}: {region.name}")
def test_noise_that_is_wrong_in_one_region_only_is_rejected(region: NoiseRegion) -> None:
    subject = LocalSubject(Planted("draw_noise", region))
    account = Account("noise", region.depth)
    asked = noise_regions.Asked(subject, "rademacher", law_of("rademacher"), Effort(region.depth), account)
    assert not all(row.holds for row in PARTS[region.argument](asked))


class OneStream(Correct):
    """Correct, by one stream for all layers: one seed with other sizes gives the same numbers elsewhere."""

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        generator = self.generator(family, seed, 0)
        return [self.draw(family, draws, n, generator) for n in sizes]


@pytest.mark.parametrize(
    ("subject_class", "family"),
    [
        (subject, family)
        for subject in (Reference, NumpySubject, OneStream)
        for family in getattr(subject, "supports", KNOWN)["noise"]
    ],
)
def test_correct_noise_is_accepted_everywhere(subject_class: type, family: str) -> None:
    asked = noise_regions.Asked(
        LocalSubject(subject_class), family, law_of(family), Effort("quick"), Account("noise")
    )
    assert [row.name for row in noise_regions.examine(asked) if not row.holds] == []


@pytest.mark.parametrize("module", [estimator, signals, solves])
def test_the_claim_asks_in_every_region(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[object]()

    def listed(given: Iterable[object], *_: object) -> Iterator[Evidence]:
        asked.extend(given)
        return iter(())

    monkeypatch.setattr(module, "ask_each", listed)
    monkeypatch.setattr(module, "search", lambda *_: iter(()))
    monkeypatch.setattr(module, "sweep", lambda *_: iter(()), raising=False)
    list(module.CLAIM.examine(LocalSubject(Reference), Effort("quick")))
    questions: tuple[Far | FarSignals | FarArrays, ...] = {
        estimator: regions.networks(ACTIVATIONS, LOSSES),
        signals: regions.signals(ACTIVATIONS, LOSSES, RULES),
        solves: regions.arrays(),
    }[module]
    assert {id(far) for far in questions} <= {id(far) for far in asked}
    assert len(asked) == len(questions) + (module is not solves)  # once more, on many rows


@pytest.mark.parametrize("family", FAMILIES)
def test_the_budget_has_as_many_tests_of_the_noise_as_are_made(family: str) -> None:
    account = Account("noise")
    asked = noise_regions.Asked(LocalSubject(Reference), family, law_of(family), Effort("quick"), account)
    assert all(row.holds for row in noise_regions.examine(asked))
    share = next(share for share in SHARES if share.check == noise_regions.SHARE)
    assert account.used[noise_regions.SHARE] == noise_regions.TESTS
    assert share.tests == (noise_regions.TESTS * len(FAMILIES),) * 3


@pytest.mark.parametrize("subject_class", [Reference, NumpySubject, Correct])
@pytest.mark.parametrize("method", NAMED)
def test_correct_code_keeps_far_inside_its_allowance_everywhere(method: str, subject_class: type) -> None:
    for measured in asked_far(method, LocalSubject(subject_class), "quick"):
        assert measured.value <= measured.bound / 4, measured.name


SUPPORTED = [("identity",), *((n,) for n in ACTIVATIONS[1:]), *((n, "identity") for n in ACTIVATIONS[1:])]
SINGLES = [
    (loss, names) for loss in LOSSES for names in SUPPORTED if loss in FULL_RANK_LOSSES or "identity" in names
]


@pytest.mark.parametrize(("loss", "activations"), SINGLES)
def test_few_regions_have_no_clear_row_for_a_subject_that_supports_little(
    loss: str, activations: tuple[str, ...]
) -> None:
    asked = {far.region for far in regions.networks(activations, (loss,))}
    every = {far.region for far in regions.networks(ACTIVATIONS, LOSSES)}
    assert len(every - asked) <= 3 + ("targets equal to the outputs" in every - asked)
    assert {far.rule for far in regions.signals(activations, (loss,), ("DFA",))} == {"DFA"}
