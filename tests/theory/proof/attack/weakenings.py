"""Weakenings of the checker, planted one at a time: what the drawn attack has to find.

Each is a change of one condition in the text of a module, compiled in its place while it is tried.
"""
# ruff: noqa: E501 - the texts are those of the checker, to the letter

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType, ModuleType

from tests.theory.proof.attack.engine import Tally, all_points, batch, tempted
from tests.theory.proof.attack.mutants import Mutant, source_of
from tests.theory.proof.attack.weakenings_of_limits import OF_LIMITS
from tests.theory.proof.attack.weakenings_of_means import OF_MEANS
from theory.proof import normal_form
from theory.proof.rules import RULES


@dataclass(frozen=True)
class Weakening:
    """``old`` text of the module, ``new`` text instead; the rule that is weaker for it."""

    rule: str
    what: str
    module: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


@contextmanager
def planted(weakening: Weakening | Mutant) -> Iterator[None]:
    """Inside, the functions of the module have the code of the changed text."""
    module = import_module(weakening.module)
    changed: str | ast.Module
    if isinstance(weakening, Mutant):
        changed = source_of(weakening)
    else:
        source = inspect.getsource(module)
        if source.count(weakening.old) != 1:
            raise ValueError(
                f"{weakening}: its text is {source.count(weakening.old)} times in {weakening.module}"
            )
        changed = source.replace(weakening.old, weakening.new)
    names = dict(vars(module))
    exec(compile(changed, module.__file__ or "", "exec"), names)
    before = [
        (function, function.__code__)
        for function, code in _pairs(module, names)
        if function.__code__.co_freevars == code.co_freevars
    ]
    codes = {id(function): code for function, code in _pairs(module, names)}
    try:
        for function, _ in before:
            function.__code__ = codes[id(function)]
        normal_form._normalise.cache_clear()
        yield
    finally:
        for function, code in before:
            function.__code__ = code
        normal_form._normalise.cache_clear()


def _pairs(module: ModuleType, names: dict[str, object]) -> Iterator[tuple[FunctionType, CodeType]]:
    """The functions and methods of the module with the code that the changed text gives them."""
    for name, value in vars(module).items():
        function, other = _plain(value), _plain(names.get(name))
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(function, FunctionType) and isinstance(other, FunctionType):
            yield function, other.__code__
        elif isinstance(value, type) and isinstance(names.get(name), type):
            for inner, method in vars(value).items():
                changed = vars(names[name]).get(inner)
                both = isinstance(method, FunctionType) and isinstance(changed, FunctionType)
                if both and method.__module__ == module.__name__ and not method.__closure__:
                    yield method, changed.__code__


def _plain(value: object) -> object:
    """What an lru_cache wraps."""
    return getattr(value, "__wrapped__", value)


def found_after(weakening: Weakening | Mutant, most: int, seed: int = 0) -> Tally:
    """The attack on the weaker rules, until it finds a hole or has tried ``most`` false conclusions.

    Every other place is a step of these rules, then come their tempting steps; only these rules are tried.
    """
    names = weakening.rules if isinstance(weakening, Mutant) else (weakening.rule,)
    rules = tuple(rule for rule in RULES if rule.name in names) or RULES
    points = tuple(point for point in all_points() if point.checked.step.rule in rules)
    total = Tally()
    with planted(weakening):
        place = 0
        while not total.holes and total.false < most:
            one = rules[place % len(rules)]
            total.add(tempted(seed, place, (one,) if names else RULES))
            total.add(batch(seed, place, points if place % 2 else all_points(), rules))
            place += 1
    return total


_ALGEBRA, _BOUNDS, _MEANS, _LIMITS, _STATISTICS, _UNITS, _CORE = (
    f"theory.proof.rules.{name}"
    for name in ("algebra", "bounds", "expectation", "limits", "statistics", "units", "core")
)
_FORM, _SIZES, _EXISTENCE = "theory.proof.normal_form", "theory.proof.sizes", "theory.proof.existence"

WEAKENINGS = (
    Weakening(
        "definition",
        "any symbols may be exchanged",
        _CORE,
        "if sides[0] != sides[1]:",
        "if sides[0].shape != sides[1].shape:",
    ),
    Weakening(
        "substitution",
        "a mean given the datum for a mean",
        _ALGEBRA,
        'getattr(known, "given_datum", False) <= getattr(claim, "given_datum", False)',
        "True",
    ),
    Weakening(
        "substitution",
        "any fact of the kind will do",
        _ALGEBRA,
        "reading.of(known.term) == wanted\n            and getattr",
        "True\n            and getattr",
    ),
    Weakening(
        "hypothesis",
        "says anything",
        _ALGEBRA,
        "if claim not in premises.relations:",
        "if not premises.relations:",
    ),
    Weakening(
        "linearity of expectation",
        "what varies goes out of a mean",
        _FORM,
        "return any(letter.dependence[0] & over for letter in letters)",
        'return any(letter.dependence[0] & over and getattr(letter.atom, "name", "") != "λ̂" for letter in letters)',
    ),
    Weakening(
        "tower property",
        "what stands beside may be noisy",
        _FORM,
        "if not any(NOISE in other.dependence[0] for other in others):",
        "if True:",
    ),
    Weakening(
        "tower property",
        "the mean need not exist",
        _MEANS,
        "    _, made = _changed(found, reading)\n    _is_a_mean_that_exists(made, found, premises, reading)\n",
        "",
    ),
    Weakening(
        "independence",
        "the datum may stand between the noise",
        _FORM,
        "            if any(DATUM in letter.dependence[0] for letter in block):\n                continue\n",
        "",
    ),
    Weakening(
        "cancellation of an inverse",
        "any X X⁻¹ and X X⁺ is the identity",
        _FORM,
        "return poly in self.invertible or poly.T in self.invertible",
        "return bool(self.invertible)",
    ),
    Weakening(
        "solution",
        "of another equation",
        _ALGEBRA,
        "if plain.of(found.left) == plain.of(matrix.inverse * known.right) and plain.of(\n                    found.right\n                ) == plain.of(unknown):",
        "if plain.of(found.left) == plain.of(matrix.inverse * known.right):",
    ),
    Weakening(
        "pseudo-inverse",
        "X X⁺ is the identity",
        _FORM,
        "        if before == inner and after == inner:\n",
        "        if before == inner:\n            return of_word(word[: start - size] + word[start + 1 :], ends)\n        if before == inner and after == inner:\n",
    ),
    Weakening(
        "pseudo-inverse",
        "X⁺ X = X X⁺ for any X",
        _FORM,
        "if after == inner and inner == reverse(inner):",
        "if after == inner and inner[0].shape[0] == inner[-1].shape[1]:",
    ),
    Weakening(
        "vanishing second moment",
        "of another term",
        _ALGEBRA,
        '                and _same_up_to_sign(plain.of(first), rest)\n                and plain.of(second) == plain.of(first.T)\n                and not plain.of(known.right).terms\n            ):\n                return\n    raise Rejected(f"nothing says that the second moments',
        '                and plain.of(second) == plain.of(first.T)\n                and not plain.of(known.right).terms\n            ):\n                return\n    raise Rejected(f"nothing says that the second moments',
    ),
    Weakening(
        "positive definite",
        "the Gram matrix need not be invertible",
        _ALGEBRA,
        "                and plain.of(gram) in invertible\n",
        "",
    ),
    Weakening(
        "positive ridge",
        "the number may be negative",
        _ALGEBRA,
        "and number.is_positive:",
        "and number.is_real:",
    ),
    Weakening(
        "positive ridge",
        "of any matrix",
        _ALGEBRA,
        "case Sum((gram, Scaled(number, Identity()))) if is_gram(gram, premises) and number.is_positive:",
        "case Sum((gram, Scaled(number, Identity()))) if number.is_positive:",
    ),
    Weakening(
        "projection",
        "G need have no invertible limit",
        _ALGEBRA,
        'case Applied("plim" | "plim0", inside) if inside == gram and plain.of(known.right) in invertible:',
        "case _:",
    ),
    Weakening(
        "norms",
        "bounds up to their order",
        _BOUNDS,
        'if sympy.expand(found - wanted) != 0:\n        raise Rejected(f"the bound is',
        'if found.free_symbols != wanted.free_symbols:\n        raise Rejected(f"the bound is',
    ),
    Weakening(
        "c ≤ 1",
        "the bound may fall with c",
        _BOUNDS,
        "if not sympy.expand(sympy.diff(relation.bound, c)).is_nonnegative:",
        "if False:",
    ),
    Weakening(
        "moments",
        "any power of the noise",
        _SIZES,
        "if power != 0 and not any((top - power).is_nonnegative for top in highest):",
        "if power != 0 and not highest:",
    ),
    Weakening(
        "moments",
        "any part of the datum",
        _SIZES,
        "if rest != 1 and not given_datum and not any(_multiple(rest, k) for k in known):",
        "if rest != 1 and not given_datum and not known:",
    ),
    Weakening(
        "domination",
        "given the datum for a mean",
        _BOUNDS,
        'known.given_datum <= claim.given_datum and sympy.expand(known.value - relation.bound) == 0\n            for known in premises.of(Finite)\n        ):\n            return\n    raise Rejected(f"nothing bounds {claim.term} by',
        'sympy.expand(known.value - relation.bound) == 0\n            for known in premises.of(Finite)\n        ):\n            return\n    raise Rejected(f"nothing bounds {claim.term} by',
    ),
    Weakening(
        "domination",
        "the bound need not be finite in the mean",
        _BOUNDS,
        "if plain.of(relation.term) == wanted and any(",
        "if plain.of(relation.term) == wanted or any(",
    ),
    Weakening(
        "Cauchy-Schwarz",
        "one of the two squares",
        _BOUNDS,
        "for symbol in (first, second):",
        "for symbol in (first,):",
    ),
    Weakening(
        "convergent, hence bounded",
        "any bound",
        _BOUNDS,
        "or claim.term.varies or claim.bound != largest(claim.term):",
        "or claim.term.varies:",
    ),
    Weakening(
        "limit in c", "of numbers for generic constants", _FORM, "if not below.is_nonzero:", "if below == 0:"
    ),
    Weakening(
        "limit in c",
        "inverses of any limit",
        _FORM,
        "            if reading.inverts(inside):\n                return invert(inside, reading)\n",
        "            return invert(inside, reading)\n",
    ),
    Weakening(
        "limit in c",
        "what moves with c stays",
        _FORM,
        'return not (grows and operator != "lim") and not (moves and operator != "plim")',
        'return not (grows and operator != "lim")',
    ),
    Weakening(
        "invertible matrices form an open set",
        "the limit need not be invertible",
        _LIMITS,
        '            and reading.of(relation.right) in invertible\n        ):\n            return\n    raise Rejected(f"nothing says that {found.term} has an',
        '        ):\n            return\n    raise Rejected(f"nothing says that {found.term} has an',
    ),
    Weakening(
        "polynomial in statistics",
        "coefficients may depend on T",
        _LIMITS,
        "    if read.counts:\n",
        "    if False:\n",
    ),
    Weakening(
        "polynomial in statistics",
        "statistics need not converge",
        _LIMITS,
        "if not (isinstance(letter.atom, Symbol) and not varies & ROW and plim(letter.atom) in converging):",
        "if isinstance(letter.atom, Symbol) and varies & ROW:",
    ),
    Weakening(
        "vanishing product",
        "the first factor need not be bounded",
        _LIMITS,
        "if not any(plain.of(known.term) == plain.of(first) for known in premises.of(Tight)):",
        "if not premises.of(Tight):",
    ),
    Weakening(
        "vanishing product",
        "the second need not vanish",
        _LIMITS,
        "            and plain.of(known.left.term) == other\n",
        "",
    ),
    Weakening(
        "arithmetic",
        "powers of c are dropped one too early",
        _UNITS,
        "return bool(power >= below) and",
        "return bool(power >= below - 1) and",
    ),
    Weakening(
        "independent units",
        "means need not exist",
        "theory.proof.unit_moments",
        "if SMOOTH not in premises.assumptions and total > _highest(premises):",
        "if False:",
    ),
    Weakening(
        "independent units",
        "all units are independent of themselves",
        "theory.proof.units",
        "if other & noise:",
        "if False:",
    ),
    Weakening(
        "triangle inequality",
        "an inequality up to an order",
        _UNITS,
        "    _vanishes(bound - found.bound, None)\n",
        "    _vanishes(bound - found.bound, 2)\n",
    ),
    Weakening(
        "weak law of large numbers",
        "rows need not be integrable",
        _LIMITS,
        "    premises.integrable(inside, plain)\n",
        "",
    ),
    Weakening(
        "weak law of large numbers",
        "rows may depend on T",
        _LIMITS,
        "    if any(isinstance(term, Scaled) and term.coefficient.has(SAMPLES_T) for term in deep(row)):\n",
        "    if False:\n",
    ),
    Weakening(
        "weak law along c → 0",
        "no bound",
        _LIMITS,
        "    _dominated(inside, premises, given_datum=False)\n    _resolved(lim(inside)",
        "    _resolved(lim(inside)",
    ),
    Weakening(
        "weak law along c → 0",
        "rows may depend on the sample",
        _LIMITS,
        '    if any(SAMPLE in letter.dependence[0] for letter in Reading().of(inside).letters):\n        raise Rejected(f"{inside} depends on the sample: its rows are not independent")\n    _no_row',
        "    _no_row",
    ),
    Weakening(
        "continuous mapping",
        "infinite numbers times 0",
        _FORM,
        "        if kept is None:\n            return nest(operator, poly)\n",
        "        if kept is None:\n            kept = coefficient\n",
    ),
    Weakening(
        "dominated convergence",
        "no bound",
        _LIMITS,
        '    _dominated(inside, premises, given_datum=operator == "E|")\n',
        "",
    ),
    Weakening(
        "dominated convergence",
        "bounds that depend on c",
        _LIMITS,
        "if relation.bound.has(c, SAMPLES_T):",
        "if False:",
    ),
    Weakening(
        "continuity of the pseudo-inverse",
        "whatever the ranks",
        _LIMITS,
        "    known = {plain.of(relation.term) for relation in premises.of(ConstantRank)}\n    match",
        "    known = {letter.atom.inner for letter in premises.reading().of(claim.left.term if isinstance(claim, Equal) and isinstance(claim.left, Applied) else claim.left).letters if isinstance(letter.atom, Nested)}\n    match",
    ),
    Weakening(
        "Taylor with remainder",
        "the bound of another order",
        _UNITS,
        "if sympy.expand(taylor_bound(alpha, unit, order) - claim.bound) != 0:",
        "if False:",
    ),
    Weakening(
        "Taylor under the mean",
        "the rest is of one order more",
        _UNITS,
        'rest = sympy.Function("O")(*map(xi, units)) * c ** (degree + 1)',
        'rest = sympy.Function("O")(*map(xi, units)) * c ** (degree + 2)',
    ),
    Weakening(
        "Gaussian integration by parts",
        "of any two symbols",
        _STATISTICS,
        "left.index in HIDDEN and left == estimate(left.index) and right == noisy_gradient(left.index)",
        "left.shape == right.shape",
    ),
    Weakening(
        "first order",
        "T inside",
        _STATISTICS,
        '    if poly.counts:\n        raise Rejected("a number that depends on T may',
        '    if False:\n        raise Rejected("a number that depends on T may',
    ),
    Weakening(
        "first order",
        "what is left out need not be integrable",
        _STATISTICS,
        "            _only_integrable(monomial, allowed)\n    return",
        "            pass\n    return",
    ),
    Weakening(
        "first order",
        "one small factor is left out",
        _STATISTICS,
        "        elif size == 1:\n",
        "        elif size == 1 and len(monomial.letters) < 3:\n",
    ),
    Weakening(
        "central limit theorem",
        "another covariance",
        _STATISTICS,
        "    if plain.of(found.covariance) != square:\n",
        "    if False:\n",
    ),
    Weakening(
        "central limit theorem",
        "any mean",
        _STATISTICS,
        "        plain.of(known.left) == centred and not plain.of(known.right).terms for known in premises.of(Equal)\n",
        "        True for known in premises.of(Equal)\n",
    ),
    Weakening(
        "central limit theorem",
        "squares need not be integrable",
        _STATISTICS,
        "    premises.integrable(row * row.T, plain)\n",
        "",
    ),
    Weakening(
        "Slutsky",
        "another covariance",
        _STATISTICS,
        "if reading.of(found.term) == reading.of(same.left) and wanted == reading.of(\n                        found.covariance\n                    ):",
        "if reading.of(found.term) == reading.of(same.left):",
    ),
    Weakening(
        "Slutsky",
        "another term",
        _STATISTICS,
        "if reading.of(found.term) == reading.of(same.left) and wanted == reading.of(\n                        found.covariance\n                    ):",
        "if wanted == reading.of(found.covariance):",
    ),
    Weakening(
        "cancellation of an inverse",
        "inverses need not exist",
        _EXISTENCE,
        "        if not is_known(term):\n",
        "        if False:\n",
    ),
    Weakening(
        "limit in c",
        "limits need not exist",
        _EXISTENCE,
        "        if _has_limit(resolved) and mentioned",
        "        if False and mentioned",
    ),
    Weakening(
        "independence",
        "the mean need not exist",
        _MEANS,
        "    changed, _ = _changed(found, reading)\n    _is_a_mean_that_exists(changed, found, premises, reading)\n",
        "",
    ),
    Weakening(
        "pseudo-inverse",
        "X⁺ X drops out before any X⁺",
        _FORM,
        "if after == inner and following < len(word) and word[following] == letter:",
        "if after == inner and following < len(word) and word[following].shape == letter.shape:",
    ),
    Weakening(
        "pseudo-inverse",
        "X X⁺ X = X for any last factor",
        _FORM,
        "if before == inner and after == inner:",
        "if before == inner and after and after[-1].shape[1] == inner[-1].shape[1]:",
    ),
    Weakening(
        "positive definite",
        "of any matrix between",
        _ALGEBRA,
        "                and is_gram(gram, premises)\n                and plain.of(gram) in invertible\n",
        "                and plain.of(gram) in invertible\n",
    ),
    Weakening(
        "positive definite",
        "whatever stands on the left",
        _ALGEBRA,
        "                and plain.of(first) == plain.of(second.T)\n                and is_gram",
        "                and is_gram",
    ),
    Weakening(
        "c ≤ 1",
        "any smaller bound",
        _BOUNDS,
        "if sympy.expand(relation.bound.subs(c, 1) - claim.bound) != 0:",
        "if sympy.expand(relation.bound.subs(c, sympy.Rational(1, 2)) - claim.bound) != 0:",
    ),
    Weakening(
        "moments",
        "a mean given the datum for a mean",
        _BOUNDS,
        "known = [relation.value for relation in premises.of(Finite) if relation.given_datum <= claim.given_datum]\n    problem",
        "known = [relation.value for relation in premises.of(Finite)]\n    problem",
    ),
    Weakening(
        "Cauchy-Schwarz",
        "first moments are enough",
        _BOUNDS,
        "if norm(symbol) ** 2 not in known:",
        "if norm(symbol) ** 2 not in known and not any(v.has(norm(symbol)) for v in known):",
    ),
    Weakening(
        "Taylor with remainder",
        "half of Lagrange's bound",
        "theory.proof.units",
        "(c * sympy.Abs(xi(unit))) ** order / sympy.factorial(order)",
        "(c * sympy.Abs(xi(unit))) ** order / sympy.factorial(order + 1)",
    ),
    Weakening(
        "independent units",
        "a function of the noise counts as without",
        "theory.proof.units",
        "                if noise_in(factor):\n                    inside.append(factor)",
        "                if noise_in(factor) and not factor.is_Pow:\n                    inside.append(factor)",
    ),
    # invented after the tempting steps about limits and samples were written
    Weakening(
        "continuous mapping",
        "a limit may be left",
        _LIMITS,
        "    if rest.contains(lambda letter: is_limit(letter, operator)):\n",
        "    if False:\n",
    ),
    Weakening(
        "weak law along c → 0",
        "rows may change with T",
        _LIMITS,
        "    _no_row_depends_on_t(inside)\n    _dominated(inside, premises, given_datum=False)\n",
        "    _dominated(inside, premises, given_datum=False)\n",
    ),
    Weakening(
        "weak law of large numbers",
        "statistics need not be polynomials",
        _LIMITS,
        "if SAMPLE in letter.dependence[0] and not is_one_of(letter, polynomials):",
        "if False:",
    ),
    Weakening(
        "dominated convergence",
        "given the datum for a mean",
        _LIMITS,
        "if known.given_datum <= given_datum and sympy.expand(known.value - relation.bound) == 0:",
        "if sympy.expand(known.value - relation.bound) == 0:",
    ),
    Weakening(
        "dominated convergence",
        "any limit is integrable",
        _LIMITS,
        "if limits.of(lim(known.term)) == limits.of(claim.term):",
        "if limits:",
    ),
    Weakening(
        "vanishing product", "any limit", _LIMITS, "    if plain.of(found.right).terms:\n", "    if False:\n"
    ),
    Weakening(
        "central limit theorem",
        "rows may depend on T",
        _STATISTICS,
        "    if plain.of(row).counts:\n",
        "    if False:\n",
    ),
    Weakening(
        "Slutsky",
        "the factor need not be constant",
        _STATISTICS,
        "if known_matrix.counts or known_matrix.dependence[0] & (ROW | {SAMPLE}):",
        "if False:",
    ),
    Weakening(
        "first order",
        "what stands beside may be large",
        _STATISTICS,
        "if size + sum(map(_may_be_large, monomial.letters)) > 1:",
        "if False:",
    ),
    Weakening(
        "convergent, hence bounded",
        "need not converge",
        _BOUNDS,
        "    if not any(relation.left == lim(claim.term) for relation in converging):\n",
        "    if False:\n",
    ),
    *(Weakening(*one) for one in (*OF_LIMITS, *OF_MEANS)),
    Weakening(
        "cancellation of an inverse",
        "the inverse of a product is that of its factors, in their order",
        _FORM,
        "for poly in reversed(letters):",
        "for poly in letters:",
    ),
    Weakening(
        "substitution",
        "limits need not exist",
        _EXISTENCE,
        "if _has_limit(resolved) and mentioned.isdisjoint(_forms(limit, readings)):",
        "if False:",
    ),
    Weakening(
        "tower property",
        "anything is integrable",
        _MEANS,
        "if whole.terms and whole in wanted:",
        "if whole.terms:",
    ),
    Weakening(
        "independence",
        "of noise of which nothing is supposed",
        _MEANS,
        "    premises.need(SAMPLES, GAUSSIAN_NOISE)\n",
        "",
    ),
    Weakening(
        "independence",
        "integrable with the mean of the noise put in",
        _MEANS,
        "    changed, _ = _changed(found, reading)\n",
        "    _, changed = _changed(found, reading)\n",
    ),
    Weakening(
        "vanishing second moment",
        "for rows that the sample lacks",
        _ALGEBRA,
        '(operator == "E" or found.sample)\n                and ',
        "",
    ),
    Weakening(
        "vanishing second moment",
        "of anything times what has a second moment",
        _ALGEBRA,
        " and not any(letter.dependence[0] for letter in before)",
        "",
    ),
    Weakening(
        "positive ridge",
        "E[u wᵀ] is a Gram matrix",
        _ALGEBRA,
        "    return Reading().of(first) == Reading().of(second.T)",
        "    return first.shape == second.T.shape",
    ),
    Weakening(
        "positive ridge",
        "its mean need not exist",
        _ALGEBRA,
        '            if operator == "E":\n                premises.integrable(term.term, Reading())\n',
        "",
    ),
    Weakening(
        "projection",
        "some limit is invertible",
        _ALGEBRA,
        "if inside == gram and plain.of(known.right) in invertible:",
        "if plain.of(known.right) in invertible:",
    ),
    Weakening(
        "projection",
        "the last copy of M may be another",
        _ALGEBRA,
        "copies = [first, inner[2], inner[0].T, rest[0].T]",
        "copies = [first, inner[2], inner[0].T]",
    ),
)
"""For each rule at least one."""
