"""Noise before the activation, as most node perturbation has it (nodepert of Mehta and others, for one).

σ(a + c ξ) makes (L̃ - L) ξ / c an estimate of dL/da = λ ∘ σ'(a), not of λ = dL/dh, which the paper regresses
on the errors above. So B̂ tends to W with σ' mixed in, and the theorems say nothing about it, except where
σ' = 1: in linear networks the two are the same, and all that is asked passes.
"""

from two_pass import ACTIVATIONS, TwoPass


class PreActivation(TwoPass):
    name = "noise before the activation"

    def output(self, network, x, noise=()):
        h = x
        for k, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
            a = h @ weight.T
            h = ACTIVATIONS[name](a + noise[k] if k < len(noise) else a)
        return h


class OnLinearNetworks(PreActivation):
    name = "noise before the activation, in linear networks"
    supports = {**TwoPass.supports, "activations": ["identity"]}
