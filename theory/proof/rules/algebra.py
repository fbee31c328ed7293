"""Rules of algebra: what follows for matrices, whatever they depend on."""

from __future__ import annotations

import sympy

from theory.proof.normal_form import Reading
from theory.proof.polynomials import Poly, Word, scaled
from theory.proof.relations import ConstantRank, Equal, Integrable, Invertible, Polynomial, Relation, Tight
from theory.proof.rules.core import Premises, Rejected, Rule, compare, equation, expect
from theory.proof.terms import Applied, Identity, Product, PseudoInverse, Scaled, Sum, Term


def _substitution(claim: Relation, premises: Premises) -> None:
    if isinstance(claim, Invertible | Integrable | Polynomial | ConstantRank | Tight):
        reading = premises.reading()
        wanted = reading.of(claim.term)
        if any(
            reading.of(known.term) == wanted
            and getattr(known, "given_datum", False) <= getattr(claim, "given_datum", False)
            for known in premises.of(type(claim))
        ):
            return
        raise Rejected(f"no premise becomes the claim about {claim.term} by substitution")
    found = equation(claim)
    compare(found.left, found.right, premises.reading())


def _hypothesis(claim: Relation, premises: Premises) -> None:
    if claim not in premises.relations:
        raise Rejected("no cited hypothesis or definition says this")


def _cancellation(claim: Relation, premises: Premises) -> None:
    if not premises.of(Invertible):
        raise Rejected("nothing says that a matrix is invertible")
    found = equation(claim)
    compare(found.left, found.right, premises.reading())


def _pseudo_inverse(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    equations = Premises(tuple(premises.of(Equal)))  # where X is invertible X⁺ would be read as X⁻¹
    compare(found.left, found.right, equations.reading(penrose=True))


def _vanishing_moment(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    plain = Reading()
    rest = plain.of(found.left - found.right)
    for known in premises.of(Equal):
        match known.left:
            case Applied("E" | "Avg" as operator, Product((first, second))) if (
                (operator == "E" or found.sample)
                and (operator == "Avg" or _square_integrable(rest, premises))
                and _same_up_to_sign(plain.of(first), rest)
                and plain.of(second) == plain.of(first.T)
                and not plain.of(known.right).terms
            ):
                return
    raise Rejected(f"nothing says that the second moments of {found.left - found.right} exist and vanish")


def _square_integrable(poly: Poly, premises: Premises) -> bool:
    """Whether it is a sum of constants times u, for a u with integrable u uᵀ."""
    for known in premises.of(Integrable):
        match known.term:
            case Product((first, second)) if not known.given_datum and _is_square(first, second):
                own = Reading().of(first).as_word()
                if own is not None and all(_constant_times(own, m.letters) for m, _ in poly.terms):
                    return True
    return False


def _constant_times(own: Word, letters: Word) -> bool:
    """Whether the letters end in those of u and are constants before."""
    before = letters[: len(letters) - len(own)]
    return letters[len(before) :] == own and not any(letter.dependence[0] for letter in before)


def _is_square(first: Term, second: Term) -> bool:
    return Reading().of(first) == Reading().of(second.T)


def _definite(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    plain = Reading()
    rest = plain.of(found.left - found.right)
    invertible = [plain.of(known.term) for known in premises.of(Invertible)]
    for known in premises.of(Equal):
        match known.left:
            case Product((first, gram, second)) if (
                _same_up_to_sign(plain.of(second), rest)
                and plain.of(first) == plain.of(second.T)
                and is_gram(gram, premises)
                and plain.of(gram) in invertible
                and not plain.of(known.right).terms
            ):
                return
    raise Rejected(f"nothing says that ZᵀGZ = 0 for Z = {found.left - found.right} and an invertible Gram G")


def _same_up_to_sign(left: Poly, right: Poly) -> bool:
    return left == right or scaled(sympy.Integer(-1), left) == right


def _ridge(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Invertible, "that a matrix is invertible")
    match found.term:
        case Sum((gram, Scaled(number, Identity()))) if is_gram(gram, premises) and number.is_positive:
            return
    raise Rejected(f"{found.term} is no Gram matrix plus a positive multiple of the identity")


def _solution(claim: Relation, premises: Premises) -> None:
    found, plain = equation(claim), Reading()
    invertible = [plain.of(known.term) for known in premises.of(Invertible)]
    for known in premises.of(Equal):
        match known.left:
            case Product((matrix, *rest)) if plain.of(matrix) in invertible:
                unknown = rest[0] if len(rest) == 1 else Product(tuple(rest))
                if plain.of(found.left) == plain.of(matrix.inverse * known.right) and plain.of(
                    found.right
                ) == plain.of(unknown):
                    return
    raise Rejected("expected X⁻¹ b = a, from X a = b for an invertible X")


def is_gram(term: Term, premises: Premises) -> bool:
    """Whether the term is Avg[v vᵀ], E[v vᵀ] for an integrable v vᵀ, or MᵀGM for such a G: positive
    semi-definite as it is written.
    """
    match term:
        case Applied("E" | "Avg" as operator, Product((first, last))) if _is_square(first, last):
            if operator == "E":
                premises.integrable(term.term, Reading())
            return True
        case Product((first, gram, last)):
            return _is_square(first, last) and is_gram(gram, premises)
    return False


def _projection(claim: Relation, premises: Premises) -> None:
    """I - M (MᵀGM)⁺ MᵀG for a Gram matrix G with an invertible limit; M may be the identity."""
    found = expect(claim, Tight, "that a term is bounded in probability")
    gram = _projected_by(found.term)
    if gram is None or not is_gram(gram, premises):
        raise Rejected(f"{found.term} is no projection I - M (MᵀGM)⁺ MᵀG")
    plain = Reading()
    invertible = [plain.of(known.term) for known in premises.of(Invertible)]
    for known in premises.of(Equal):
        match known.left:
            case Applied("plim" | "plim0", inside) if inside == gram and plain.of(known.right) in invertible:
                return
    raise Rejected(f"nothing says that {gram} has an invertible limit")


def _projected_by(term: Term) -> Term | None:
    """G in I - M (MᵀGM)⁺ MᵀG."""
    plain = Reading()
    match term:
        case Sum((Identity(), Scaled(minus, Product((PseudoInverse(gram), again))))) if minus == -1:
            return gram if plain.of(again) == plain.of(gram) else None
        case Sum((Identity(), Scaled(minus, Product((first, PseudoInverse(Product(inner)), *rest))))) if (
            minus == -1 and len(inner) == 3 and len(rest) == 2
        ):
            copies = [first, inner[2], inner[0].T, rest[0].T]
            same = all(plain.of(copy) == plain.of(first) for copy in copies)
            return inner[1] if same and plain.of(rest[1]) == plain.of(inner[1]) else None
    return None


DEFINITION = Rule("definition", "Put in what a symbol stands for, and rearrange.", _substitution)
SUBSTITUTION = Rule("substitution", "Put equals for equals, and rearrange.", _substitution)
HYPOTHESIS = Rule("hypothesis", "The claim is what a hypothesis says.", _hypothesis)
CANCELLATION = Rule("cancellation of an inverse", "X X⁻¹ = I for an invertible X.", _cancellation)
PSEUDO_INVERSE = Rule(
    "pseudo-inverse", "X X⁺ X = X and X⁺ X X⁺ = X⁺; for a symmetric X also X⁺ X = X X⁺.", _pseudo_inverse
)
VANISHING_MOMENT = Rule(
    "vanishing second moment",
    "E[v vᵀ] = 0 makes v = 0 for almost every row, if v vᵀ is integrable; Avg[v vᵀ] = 0 makes it for every "
    "row of the sample.",
    _vanishing_moment,
)
SOLUTION = Rule("solution", "X a = b makes a = X⁻¹ b, for an invertible X.", _solution)
DEFINITE = Rule("positive definite", "ZᵀGZ = 0 makes Z = 0, for an invertible Gram matrix G.", _definite)
RIDGE = Rule(
    "positive ridge",
    "A Gram matrix, where it exists, plus a positive multiple of the identity is invertible.",
    _ridge,
)
PROJECTION = Rule(
    "projection",
    "I - M (MᵀGM)⁺ MᵀG is a projection, orthogonal in the inner product of G: its norm is at most the root "
    "of the condition number of G, bounded in probability where G has an invertible limit.",
    _projection,
)
