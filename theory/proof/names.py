"""The names of the symbols as LaTeX."""

from __future__ import annotations

_LATEX = {
    "β": r"\beta",
    "β̂": r"\hat\beta",
    "κ": r"\kappa",
    "μ": r"\mu",
    "γ": r"\gamma",
    "ΔB": r"\Delta B",
    "δe": r"\delta e",
    "ẽ′": r"\tilde e'",
    "ẽᶠ": r"\tilde e_{\mathrm{f}}",
    "B̂′": r"\hat B'",
    "B̂ᴰ": r"\hat B_{\mathrm{D}}",
    "W°": r"W_{\circ}",
    "M°": r"M_{\circ}",
    "ρ": r"\rho",
    "λ̂⁰": r"\hat\lambda_0",
    "Bₖ": "B_k",
    "Bₖ₊₁": "B_{k+1}",
    "B̂": r"\hat B",
    "W̃": r"\tilde W",
    "ẽ": r"\tilde e",
    "ē": r"\bar e",
    "λ": r"\lambda",
    "λ̂": r"\hat\lambda",
    "ξ": r"\xi",
    "ΔL/c": r"\tfrac{\tilde L-L}{c}",
    "M̂": r"\hat M",
    "M̃": r"\tilde M",
    "Γ": r"\Gamma",
    "η": r"\eta",
    "δ": r"\delta",
    "g̃": r"\tilde g",
    "λcv": r"\hat\lambda_{\mathrm{cv}}",
}


def in_latex(name: str) -> str:
    """The name of a symbol, without its layer."""
    return _LATEX.get(name, name)
