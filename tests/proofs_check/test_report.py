"""The report: what it shows of a run, and that nothing of it is written by hand."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from proofs_check import report
from proofs_check.claims import CLAIMS
from proofs_check.claims.claim import Claim
from proofs_check.command import run as command
from proofs_check.ledger.ledger import Ledger, Row, check
from proofs_check.questions.question import Question
from proofs_check.report import curves
from proofs_check.report.context import Context, Inquiry
from proofs_check.report.evidenceview import MEANINGS, by_strength
from proofs_check.report.graph import Graph, Node, build, used_where
from proofs_check.report.guidance import GUIDES, METHODS, follows_from
from proofs_check.report.html import Markup, tag
from proofs_check.report.layout import layout
from proofs_check.report.lemmas import derive, derives, lemmas
from proofs_check.report.mathml import NotShown, displayed, formula, sentence
from proofs_check.report.status import own_level, problems, shown_level
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import KINDS, Evidence, Falsified
from tests.planted_bugs import BUGS, Correct
from tests.proofs_check.fakes import BAD, CONFIRMED, GOOD, SUBJECT, claim
from tests.proofs_check.test_command import STRANGE
from theory import STATEMENTS
from theory.paper import PAPER
from theory.proof.checker import steps_of
from theory.proof.text import claim as written
from theory.proofs.catalogue import PROOFS
from theory.results.assumptions import N1, S1
from theory.results.statement import Assumption

QUICK = Effort("quick")
COMMANDS = {claim.id: f"python -m proofs_check --only {claim.id}" for claim in CLAIMS}
BUG = {bug.__name__: bug for bug in BUGS}


def some_claims(*ids: str) -> list[Claim]:
    """Claims of the project, in the order of the ledger."""
    return [claim for claim in CLAIMS if claim.id in ids]


def ledger_of(*rows: Row) -> Ledger:
    """A ledger with these rows."""
    return Ledger("mine.py:Mine", QUICK, {"python": "3.11", "torch": "2.13.0"}, 1.5, rows)


def page_of(subject: LocalSubject, *ids: str) -> str:
    """The page of a subject for some claims; the checks of the statements are left out."""
    rows = [
        check(replace(claim, confirm=lambda effort: [CONFIRMED]), subject, QUICK)
        for claim in some_claims(*ids)
    ]
    return report.render(ledger_of(*rows), COMMANDS, report.inquire(subject, rows, QUICK))


@pytest.fixture(scope="module")
def derivations():
    return tuple(derive(proof) for proof in PROOFS)


@pytest.fixture(scope="module")
def graph(derivations):
    return build(STATEMENTS, derivations, lemmas(derivations), {})


@pytest.fixture(scope="module")
def passing():
    return page_of(LocalSubject(Correct), "estimator", "solves", "theorem-1", "theorem-2")


# Formulas.


def test_every_formula_of_the_theory_is_shown_as_mathematics():
    for statement in STATEMENTS.values():
        displayed(statement.latex)
        for text in (statement.title, statement.source, statement.as_printed, statement.repair):
            sentence(text)
        for assumption in statement.assumptions:
            sentence(assumption.words)
            formula(assumption.latex, block=True)
    for proof in PROOFS:
        for step in steps_of(proof):
            formula(written(step.claim, as_latex=True), block=True)


def test_every_formula_of_the_paper_is_shown_as_mathematics():
    for entry in PAPER:
        for text in (entry.label, entry.printed, entry.problem, entry.fixed):
            sentence(text)


def test_no_latex_is_left_over(passing):
    shown = re.sub(r"<pre.*?</pre>|<code.*?</code>|<style>.*?</style>", "", passing, flags=re.DOTALL)
    assert re.findall(r".{30}\\[a-zA-Z]+.{10}", shown) == []
    assert "$" not in shown


@pytest.mark.parametrize("text", [r"$\unheard B$", r"\hat B outside", "one $ alone"])
def test_what_cannot_be_shown_is_refused(text):
    with pytest.raises(NotShown):
        sentence(text)


def test_brackets_with_an_exponent_grow_with_what_they_hold():
    assert "<msup><mrow><mo>[</mo>" in formula(r"\Bigl[\sum_t e_t\Bigr]^{-1}")


# The graph and the statuses: computed.


def test_the_hypotheses_that_a_statement_rests_on_are_those_its_proofs_use(graph, derivations):
    for id in STATEMENTS:
        proofs = [one.proof for one in derivations if one.proof.statement == id]
        if proofs:
            above = graph.ancestors[f"claim-{id}"]
            rests = {graph.by_id[one].label for one in above if graph.by_id[one].kind == "hypothesis"}
            assert rests == {assumption.id for proof in proofs for assumption in proof.hypotheses}, id


def test_every_lemma_is_derived_in_the_proofs_that_share_it(graph, derivations):
    found = lemmas(derivations)
    assert len(found) >= 5
    for lemma in found:
        assert len(lemma.statements) >= 4
        sharing = [one for one in derivations if derives(one, lemma)]
        assert {one.proof.statement for one in sharing} == set(lemma.statements)
    assert "lemma-cross-limit" in graph.ancestors["claim-theorem-1"]


def test_no_lemma_is_shared_by_more_statements_than_there_are(derivations):
    assert lemmas(derivations, shared_by=100) == ()


def test_everything_stands_right_of_what_it_rests_on_and_nowhere_twice(graph):
    places = layout(graph)
    for node in graph.nodes:
        assert all(places[parent].column < places[node.id].column for parent in node.parents)
    assert len({(place.column, place.row) for place in places.values()}) == len(graph.nodes)


def row_of(*findings, confirmed=(CONFIRMED,), of="theorem-1"):
    return check(claim(of, *findings, confirmed=confirmed), SUBJECT, QUICK)


MACHINE = object.__new__(Evidence)
for _name, _value in {
    "kind": "machine-checked",
    "name": "Coq",
    "value": "accepted",
    "bound": "accepted",
}.items():
    object.__setattr__(MACHINE, _name, _value)

OWN = {
    "nothing known": ((), None, "none"),
    "proved, not run": ((True,), None, "proved"),
    "proved and confirmed": ((True, True), row_of(GOOD), "proved"),
    "a step was not accepted": ((True, False), row_of(GOOD), "refuted"),
    "its own check failed": ((True,), row_of(GOOD, confirmed=(BAD,)), "refuted"),
    "computed": ((), row_of(GOOD), "computed"),
    "a check in which nothing could fail": ((), row_of(GOOD, confirmed=()), "none"),
    "machine-checked for finite laws alone": ((), row_of(GOOD, confirmed=(MACHINE,)), "part"),
    "machine-checked in part": ((), row_of(GOOD, confirmed=(MACHINE,), of="linearisation"), "computed"),
    "what the code does says nothing of the statement": ((True,), row_of(BAD), "proved"),
}


@pytest.mark.parametrize("case", OWN)
def test_the_level_of_a_statement_by_itself(case):
    proofs, row, level = OWN[case]
    assert own_level(proofs, row) == level
    in_part = "part" if level == "proved" else level
    assert own_level(proofs, row, "its rate is computed") == in_part


@pytest.mark.parametrize("machine", [(), (MACHINE,)], ids=["in steps", "in steps and by Coq"])
def test_no_statement_is_proved_whose_proofs_leave_something_out(derivations, machine):
    """Whatever a run found of it, and whatever it rests on."""
    rows = {name: row_of(GOOD, confirmed=(CONFIRMED, *machine), of=name) for name in STATEMENTS}
    for found in ({}, rows):
        graph = build(STATEMENTS, derivations, lemmas(derivations), found)
        for name, statement in STATEMENTS.items():
            level = graph.level(f"claim-{name}")
            if statement.beyond:
                assert level == "part", name
            elif any(one.proof.statement == name for one in derivations):
                assert level in ("proved", "verified"), name
            for above in graph.ancestors[f"claim-{name}"]:
                if above in {f"claim-{id}" for id, one in STATEMENTS.items() if one.beyond}:
                    assert level != "verified", (name, above)


@pytest.mark.parametrize("above", ["none", "computed", "part", "refuted"])
def test_dark_only_where_all_ancestors_are_verified(above):
    assert shown_level("proved", ["proved", above]) == "proved"
    assert shown_level("proved", ["proved", "proved"]) == "verified"
    assert shown_level("computed", ["proved"]) == "computed"
    assert shown_level("part", ["proved"]) == "part"
    nodes = (
        Node("hypothesis-D", "hypothesis", "D", ""),
        Node("claim-lower", "statement", "lower", "", ("hypothesis-D",), "new", above),
        Node("lemma-one", "lemma", "one", "", ("claim-lower",), own="proved"),
        Node("claim-upper", "statement", "upper", "", ("lemma-one", "hypothesis-D"), "new", "proved"),
    )
    graph = Graph(nodes)
    assert graph.level("claim-upper") == "proved"
    assert [node.label for node in graph.holding_back("claim-upper")] == ["lower"]
    mended = Graph((nodes[0], replace(nodes[1], own="proved"), *nodes[2:]))
    assert mended.level("claim-upper") == "verified"
    assert mended.level("hypothesis-D") is None


def test_a_rejected_proof_leaves_its_statement_light(derivations):
    one = next(one for one in derivations if one.proof.statement == "theorem-1")
    broken = derive(replace(one.proof, hypotheses=tuple(a for a in one.proof.hypotheses if a is not N1)))
    assert not broken.accepted
    others = [other for other in derivations if other is not one]
    graph = build(STATEMENTS, [broken, *others], lemmas(others), {})
    assert graph.level("claim-theorem-1") == "refuted"


def test_the_project_fits_together():
    known = [claim.id for claim in CLAIMS]
    assert [problem for problem in problems(STATEMENTS, PROOFS, known, ()) if problem.error] == []


def test_what_does_not_fit_together_is_found():
    statements = {id: STATEMENTS[id] for id in ("theorem-1", "theorem-2")}
    proofs = [proof for proof in PROOFS if proof.statement in ("theorem-1", "theorem-3")]
    unstated = replace(proofs[0], hypotheses=(*proofs[0].hypotheses, Assumption("X9", "more", "x")))
    rows = [row_of(GOOD, confirmed=())]
    found = problems(statements, [unstated, *proofs[1:]], ["theorem-1", "theorem-9", "theorem-1"], rows)
    assert [(one.about, one.error) for one in found] == [
        ("theorem-2", False),
        ("theorem-9", True),
        ("theorem-1", True),
        ("theorem-1", True),
        ("theorem-3", True),
        ("theorem-1", False),
    ]
    said = " ".join(one.says for one in found)
    assert all(
        words in said for words in ("without a check", "is no statement", "twice", "X9", "nothing could")
    )


def test_where_a_hypothesis_is_used_is_read_from_the_proofs(derivations):
    used = {one.proof.statement: numbers for one, numbers in used_where(derivations, S1.id)}
    assert used["theorem-1"]
    assert "self-correction" not in used


# The plots.


@pytest.mark.parametrize("id", curves.EXAMPLES)
@pytest.mark.parametrize("law", curves.LAWS)
def test_the_exact_curve_meets_its_prediction_and_stays_below_its_bound(id, law):
    found = curves.predicted(id, law)
    for exact, leading, bound in zip(found.exact, found.leading, found.bound, strict=True):
        assert all(y > 0 for _, y in exact)
        assert exact[-1][1] == pytest.approx(leading[-1][1], rel=1e-5)
        assert all(below[1] <= above[1] for below, above in zip(exact, bound, strict=bool(bound)))
    assert bool(found.bound[0]) == (id != "theorem-3")


@pytest.mark.parametrize("id", curves.EXAMPLES)
def test_the_points_of_right_code_lie_on_the_curve_and_those_of_wrong_code_do_not(id):
    right = curves.measure(LocalSubject(Correct), id, 60.0)
    assert right.refused == ""
    assert 0 < right.used <= 1
    assert curves.measure(LocalSubject(BUG["ScaleWrong"]), id, 60.0).used > 1e6
    assert all(len(chart.series) >= 6 for chart in curves.charts(id, right))


def test_code_that_does_not_support_the_network_has_no_points():
    subject = LocalSubject(type("Few", (Correct,), {"supports": {"losses": ["quartic"]}}))
    assert curves.measure(subject, "theorem-1", 60.0).refused == "the subject does not support this network"


# What a failing subject is told.

TOLD = {
    ("estimator", "ScaleWrong"): "is 1.001 times the right one",
    ("estimator", "SignWrong"): "The sign is wrong",
    ("estimator", "NotDividedByC"): "the division by c is missing",
    ("estimator", "LossDividedByBatch"): "That is 1/T",
    ("estimator", "LossDividedByOutputs"): "That is 1/p",
    ("estimator", "CInSinglePrecision"): "float32",
    ("estimator", "OneLayerAtATime"): "each layer is perturbed alone",
    ("estimator", "FirstLayerNotNoisy"): "the first hidden layer is left clean",
    ("estimator", "CentralDifference"): "(L(+c) − L(−c)) ξ / 2c",
    ("estimator", "LastUnitsNoiseDropped"): "the last unit of every layer is not perturbed",
    ("estimator", "BaselineKept"): "something kept between calls",
    ("signals", "SlopeOfLayerAbove"): "the slope of the activation one layer up is used",
    ("signals", "OutputSlopeForgotten"): "forgotten at the output",
    ("signals", "WeightTransport"): "W is used in place of B",
    ("signals", "FeedbackTransposed"): "B is used without its transpose",
    ("signals", "DirectRuleFedFromAbove"): "the rule DFA is carried out as FA",
    ("signals", "SignalsOfNoisyPass"): "Before gradient_estimates was called",
    ("solves", "RidgeIgnored"): "it is ignored",
    ("solves", "Centred"): "the means are subtracted first",
    ("solves", "BasicSolution"): "the one of minimum norm is asked for",
    ("theorem-1", "NoiseInsideActivation"): "gradient_estimates, asked by itself on a larger network, is off",
}


@pytest.mark.parametrize(("id", "bug"), TOLD, ids=[f"{id}-{bug}" for id, bug in TOLD])
def test_the_mistake_is_named(id, bug):
    subject = LocalSubject(BUG[bug])
    row = check(replace(some_claims(id)[0], confirm=lambda effort: [CONFIRMED]), subject, QUICK)
    said = report.inquire(subject, [row], QUICK).found[id]
    assert TOLD[id, bug] in " ".join(said)
    assert len([one for one in said if one.startswith("These are exactly")]) <= 1


LED = {
    "NoiseInsideActivation": (
        "estimator",
        "the noise is added before the nonlinearity",
        "gradient_estimates",
    ),
    "SlopeOfH": ("signals", "σ' is taken at h in place of a", "error_signals"),
    "RidgePerRow": ("solves", "it is multiplied by the number of rows", "fit_feedback"),
}


@pytest.mark.parametrize("bug", LED)
def test_the_page_of_a_failing_subject_leads_to_the_broken_line(bug):
    id, mistake, method = LED[bug]
    text = page_of(LocalSubject(BUG[bug]), id)
    (mend,) = re.findall(
        r'<section id="mend".*?</section>|<section [^>]*id="mend".*?</section>', text, re.DOTALL
    )
    assert f'href="#claim-{id}"' in mend
    assert mistake in mend
    article = text[text.index(f'<article id="claim-{id}"') :]
    article = article[: article.index("</article>")]
    for shown in (
        mistake,
        f"<code>{method}</code>",
        "What was asked",
        "found / expected",
        "rerun.",
        COMMANDS[id],
    ):
        assert shown in article
    assert article.index("Wrong answers") < article.index("The statement")


def test_what_follows_from_another_failure_says_so():
    assert follows_from("theorem-1", frozenset({"theorem-1", "signals", "noise"})) == ("signals",)
    assert follows_from("signals", frozenset({"signals"})) == ()
    assert follows_from("no such claim", frozenset({"signals"})) == ()


def test_every_claim_of_the_project_is_explained_or_explains_itself():
    assert set(GUIDES) <= set(STATEMENTS)
    assert set(METHODS.values()) <= set(COMMANDS)
    for guide in GUIDES.values():
        assert guide.asked
        assert set(guide.methods) <= set(METHODS)
        assert formula(guide.formula, block=True)


def test_a_question_of_the_report_alone_never_costs_the_run():
    row = row_of(GOOD, Falsified("wrong", (BAD,), Question("conduct", "place")))
    (said,) = report.inquire(LocalSubject(Correct), [row], QUICK).found["theorem-1"]
    assert said.startswith("The report could not ask once more: ")


def test_a_counterexample_that_is_code_alone_is_shown_and_asks_nothing():
    row = row_of(GOOD, Falsified("wrong", (BAD,), "raise SystemExit"))
    assert report.inquire(LocalSubject(Correct), [row], QUICK).found == {}


# The page.


def test_the_page_needs_nothing_else_and_every_link_resolves(passing):
    assert passing.startswith("<!DOCTYPE html>")
    assert "<script" not in passing
    assert re.findall(r'(?:src|href)="(?!#|data:,)[^"]*"', passing) == []
    assert "@import" not in passing
    assert re.findall(r"url\((?!#)", passing) == []
    ids = re.findall(r' id="([^"]*)"', passing)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', passing)) <= set(ids)


def test_the_page_keeps_the_two_questions_apart_and_names_the_run(passing):
    for words in (
        "Every applicable claim passed: 4 of 4.",
        "Does the statement hold?",
        "Does this implementation behave so?",
        "mine.py:Mine",
        "python 3.11, torch 2.13.0",
        "Evidence about the statement",
        "Evidence about this implementation",
        COMMANDS["theorem-1"],
    ):
        assert words in passing
    assert passing.count("<article") == len(STATEMENTS)
    assert 'id="mend"' not in passing


def test_a_page_without_asking_the_subject_is_whole_too():
    text = report.render(ledger_of(row_of(GOOD)), {})
    assert "This implementation was not asked" in text


def test_hostile_text_stays_text():
    hostile = '<script>alert("x")</script>&<b>'
    row = row_of(GOOD, Falsified(hostile, (replace(BAD, name=hostile),), f"# {hostile}"))
    text = report.render(replace(ledger_of(row), subject=hostile), {"theorem-1": hostile}, Inquiry())
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_a_fault_of_the_suite_is_not_blamed_on_the_code():
    text = report.render(ledger_of(row_of(GOOD, confirmed=(BAD,))), {}, Inquiry())
    assert "The suite itself is at fault" in text
    assert "nothing is said about the code" in text


def test_the_same_run_gives_the_same_page():
    pages = {report.render(ledger_of(replace(row_of(GOOD), seconds=1.0)), {}, Inquiry()) for _ in range(2)}
    assert len(pages) == 1


def test_every_kind_of_evidence_has_a_meaning_and_failures_come_first():
    assert set(KINDS) <= set(MEANINGS)
    rows = (GOOD, CONFIRMED, replace(CONFIRMED, kind="symbolic"), BAD)
    assert [one.kind for one in by_strength(rows)] == [
        "implementation",
        "symbolic",
        "exact",
        "implementation",
    ]
    assert by_strength(rows)[0] is BAD


def test_the_context_knows_the_reference():
    ledger = replace(ledger_of(), subject="impl.reference:Reference")
    assert Context(ledger, {}, Inquiry()).is_reference


def test_text_is_escaped_and_markup_is_not():
    assert (
        tag("p", "a < b", Markup("<i>c</i>"), class_='"x"') == '<p class="&quot;x&quot;">a &lt; b<i>c</i></p>'
    )
    assert tag("details", None, open=True, hidden=False) == "<details open></details>"


# The command.

FEW = (claim("estimator", GOOD), claim("theorem-1", GOOD, Falsified("too large", (BAD,), "code")))


def test_the_command_writes_the_page(tmp_path, capsys):
    folder = tmp_path / "a new" / "folder"
    assert command.main(["--subject", STRANGE, "--report", str(folder)], FEW) == 1
    assert [path.name for path in folder.iterdir()] == ["index.html"]
    assert capsys.readouterr().out.splitlines()[-1] == f"The report: {folder / 'index.html'}"
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "1 of 2 claims did not pass: theorem-1" in text
    assert f"--subject {STRANGE} --only theorem-1" in text


def test_a_report_that_cannot_be_written_is_one_line_before_any_work(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert command.main(["--subject", STRANGE, "--report", str(tmp_path / "file")], FEW) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "is not a folder" in printed.err


def test_a_full_disk_leaves_no_page(tmp_path, capsys, monkeypatch):
    def full(_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    assert command.main(["--subject", STRANGE, "--report", str(tmp_path / "r")], FEW) == 2
    assert list((tmp_path / "r").iterdir()) == []


def test_a_run_without_a_report_does_not_even_import_it():
    program = (
        "import sys; from proofs_check.command import run; run.main(['--list']);"
        "print([name for name in sys.modules if 'proofs_check.report' in name or 'math_core' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_sub_command_gets_the_other_arguments(monkeypatch):
    seen = []
    module = type("Module", (), {"main": staticmethod(lambda arguments: seen.append(arguments) or 5)})
    monkeypatch.setitem(sys.modules, "proofs_check.made_up", module)
    monkeypatch.setitem(command.SUBCOMMANDS, "made-up", "proofs_check.made_up")
    assert command.main(["made-up", "--a", "b"]) == 5
    assert seen == [["--a", "b"]]
