"""Change a definition or drop a hypothesis, one at a time: the proofs must break.

    python -m proofs_check.formal.mutations [NAME ...]

A theorem about the wrong definition would be worth nothing, and a hypothesis that no proof uses should not be
there. Every change below is applied to a copy of the compiled proofs and built. Where the build goes through
all the same, the reason why the theorems still hold is given with the change (``harmless``). Exit 0 if every
outcome is the expected one, 1 if not, 0 with one line where Coq is not installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofs_check.formal.build import ABSENT, NotProved, copied, installed, run


@dataclass(frozen=True)
class Mutation:
    """Replace ``old``, which occurs once in ``file``, by ``new``; ``harmless``: why nothing breaks then."""

    name: str
    file: str
    old: str
    new: str
    harmless: str = ""

    def apply(self, folder: Path) -> None:
        """Rewrite the file in the folder; `ValueError` where the old text does not occur exactly once."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


DIFFERENCE = "(loss_of (offset c xi) x y - loss_of unperturbed x y) / c."
ROW = "gram (q : X -> S -> R) m (e : X -> 'cV[R]_m) : 'M_m :=\n  \\sum_x \\sum_s q x s *: (e x *m (e x)^T)."

MUTATIONS: tuple[Mutation, ...] = (
    Mutation("no baseline", "Definitions.v", DIFFERENCE, "loss_of (offset c xi) x y / c."),
    Mutation(
        "not divided by c",
        "Definitions.v",
        DIFFERENCE,
        "(loss_of (offset c xi) x y - loss_of unperturbed x y) * 1.",
    ),
    Mutation("c squared for c", "Definitions.v", DIFFERENCE, DIFFERENCE.replace("/ c", "/ c ^+ 2")),
    Mutation(
        "noise on the output too",
        "Definitions.v",
        "  match k with\n  | 0 => 0\n  | j.+1 => c *: xi j.+1",
        "  match k with\n  | 0 => c *: xi 0%N\n  | j.+1 => c *: xi j.+1",
    ),
    Mutation(
        "noise before the activation",
        "Definitions.v",
        "map_mx (act net k) (weight net k *m pass z x d' k.+1) + z k",
        "map_mx (act net k) (weight net k *m pass z x d' k.+1 + z k)",
    ),
    Mutation(
        "noise not multiplied in", "Definitions.v", "slope x s *: xi s k.", "slope x s *: (xi s k + xi s k)."
    ),
    Mutation(
        "samples not weighted",
        "Definitions.v",
        "q x s *: (estimate slope x s k *m",
        "1 *: (estimate slope x s k *m",
    ),
    Mutation("a ridge of 1 on the mean", "Definitions.v", ROW, ROW[:-1] + " + 1%:M."),
    Mutation(
        "Gram matrix not inverted",
        "Definitions.v",
        "(cross q slope k e *m pinvmx (gram q e))^T",
        "(cross q slope k e *m gram q e)^T",
    ),
    Mutation(
        "errors without the slope of the activation",
        "Definitions.v",
        "| j.+1 => D x j.+1 *m ((B j)^T *m errors B x j)",
        "| j.+1 => (B j)^T *m errors B x j",
    ),
    Mutation(
        "output error without the slope of the activation",
        "Definitions.v",
        "slopes x 0 *m dloss net (layer unperturbed x 0) y.",
        "dloss net (layer unperturbed x 0) y.",
    ),
    Mutation(
        "slopes taken at the activations",
        "Definitions.v",
        "diag_mx (map_mx (dact net k) (preactivation unperturbed x k))^T",
        "diag_mx (map_mx (dact net k) (layer unperturbed x k))^T",
    ),
    Mutation(
        "E[xi xi^T] = I not asked", "Definitions.v", "moment p k k = 1%:M)", "moment p k k = moment p k k)"
    ),
    Mutation(
        "layers may share noise",
        "Definitions.v",
        "k != l -> moment p k l = 0)",
        "k != l -> moment p k l = moment p k l)",
    ),
    Mutation("noise depends on the datum", "Definitions.v", "x s := w x * p s.", "x s := w x * p s * w x."),
    Mutation(
        "activations need not be differentiable",
        "Backpropagation.v",
        "in has_derivative (act net k) a (dact net k a)) /\\",
        "in a = a) /\\",
    ),
    Mutation(
        "no gradient asked of the loss",
        "Backpropagation.v",
        "u 0 = layer unperturbed x 0 -> has",
        "False -> has",
    ),
    Mutation(
        "theorem 1 without an invertible Gram matrix",
        "Theorems.v",
        "Theorem theorem_1 : white xi N p -> (0 < N)%N -> true_gram 0 \\in unitmx ->",
        "Theorem theorem_1 : white xi N p -> (0 < N)%N -> True ->",
    ),
    Mutation(
        "theorem 1 for a network without hidden layers",
        "Theorems.v",
        "Theorem theorem_1 : white xi N p -> (0 < N)%N ->",
        "Theorem theorem_1 : white xi N p -> True ->",
    ),
    Mutation(
        "theorem 3 without white noise",
        "Theorems.v",
        "Theorem theorem_3 : white xi N p ->",
        "Theorem theorem_3 : True ->",
    ),
    Mutation(
        "theorem 3 without invertible Gram matrices",
        "Theorems.v",
        "Theorem theorem_3 : white xi N p ->\n  (forall k, (k < N)%N -> true_gram k \\in unitmx) ->",
        "Theorem theorem_3 : white xi N p ->\n  (forall k, (k < N)%N -> True) ->",
    ),
    Mutation(
        "theorem 2 without a rank condition on the weights",
        "Theorems.v",
        "(forall k, (k.+1 < N)%N -> row_full (W k)) ->",
        "(forall k, (k.+1 < N)%N -> True) ->",
    ),
    Mutation(
        "theorem 2 without linearity",
        "Theorems.v",
        "Theorem theorem_2 : linear_layers ->",
        "Theorem theorem_2 : True ->",
        harmless="it is Theorem 3 then: with A3 asked of every layer, linearity is not needed",
    ),
    Mutation(
        "corollary 1 in nonlinear networks",
        "Theorems.v",
        "Theorem corollary_1 : linear_layers ->",
        "Theorem corollary_1 : True ->",
    ),
    Mutation(
        "gradients of data that never occur",
        "Theorems.v",
        "  white xi N p -> (forall i, 0 < w i) ->\n  (\\forall c",
        "  white xi N p -> True ->\n  (\\forall c",
    ),
    Mutation(
        "probabilities that do not add up to 1",
        "Theorems.v",
        "(forall i, 0 <= w i) /\\ \\sum_i w i = 1.",
        "(forall i, 0 <= w i) /\\ \\sum_i w i = \\sum_i w i.",
    ),
    Mutation(
        "frequencies of another sample size",
        "Sampling.v",
        "(\\sum_i (o i == z)%:R) / m%:R.",
        "(\\sum_i (o i == z)%:R) / m.+1%:R.",
    ),
    Mutation(
        "another gradient of the squared loss",
        "Instances.v",
        "dsquare (u t : R) := u - t.",
        "dsquare (u t : R) := t - u.",
    ),
    Mutation(
        "Rademacher signs not fair",
        "Instances.v",
        "sign (b : bool) : R := (-1) ^+ b.",
        "sign (b : bool) : R := b%:R.",
    ),
    Mutation(
        "noise that is not symmetric",
        "Rates.v",
        "[/\\ injective nu, forall s, p (nu s) = p s &",
        "[/\\ injective nu, forall s, p s = p s &",
    ),
    Mutation("matrices of another loss", "Bridge.v", "r_loss := Quartic |}.", "r_loss := Mse |}."),
)


def outcomes(mutations: Sequence[Mutation]) -> Iterator[tuple[Mutation, bool]]:
    """Each change with whether the proofs break."""
    with tempfile.TemporaryDirectory(prefix="feedback-mutations-") as name:
        base = Path(name) / "base"
        base.mkdir()
        run(["make"], copied(base), lambda line: print(line, flush=True))
        for mutation in mutations:
            folder = Path(name) / "mutated"
            shutil.copytree(base, folder)
            mutation.apply(folder)
            built = subprocess.run(["make"], cwd=folder, capture_output=True, check=False)
            yield mutation, built.returncode != 0
            shutil.rmtree(folder)


def main(names: Sequence[str]) -> int:
    """The command; its exit code."""
    chosen = [mutation for mutation in MUTATIONS if not names or mutation.name in names]
    if unknown := set(names) - {mutation.name for mutation in chosen}:
        print(f"unknown: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if not installed():
        print(f"{ABSENT}: not one change was tried here.")
        return 0
    surprises = 0
    try:
        for mutation, broken in outcomes(chosen):
            surprises += broken == bool(mutation.harmless)
            verdict = "breaks the proofs" if broken else f"harmless: {mutation.harmless or 'UNEXPECTED'}"
            print(f"{mutation.file}: {mutation.name}: {verdict}", flush=True)
    except NotProved as problem:
        print(f"the proofs as they stand do not build: {problem}", file=sys.stderr)
        return 1
    print(f"{len(chosen)} changes, {surprises} unexpected outcomes")
    return int(surprises > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
