"""Two-sided differences, as SPSA has them and MeZO for language models, here of activities.

(L(+c) - L(-c)) / 2c has no bias of odd order in c (the claim `antithetic` proves and measures it, for the
subject's one-sided estimates); it is not the one-sided λ̂ of the paper at the same c, and is told so. Where
L is quadratic in the perturbation and the law symmetric, the even terms that it loses average to nothing.
"""

from two_pass import LOSSES, TwoPass


class TwoSided(TwoPass):
    name = "two-sided differences"

    def gradient_estimates(self, network, x, y, noise, c):
        loss = LOSSES[network.loss]
        plus = loss(self.output(network, x, [c * xi for xi in noise]), y)
        minus = loss(self.output(network, x, [-c * xi for xi in noise]), y)
        return [(plus - minus)[:, None] * xi / (2 * c) for xi in noise]
