"""Forward gradients (Baydin and others, 2022), of activities: one `torch.func.jvp` along the noise.

The directional derivative is what (L̃ - L) / c tends to for c → 0: no step, no rounding error, no bias. At a
finite c it is another number, so every claim about λ̂ at that c, the definition first, rejects it.
"""

import torch
from two_pass import LOSSES, TwoPass


class ForwardGradient(TwoPass):
    name = "forward gradient by torch.func.jvp"

    def gradient_estimates(self, network, x, y, noise, c):
        def noisy_loss(*added):
            return LOSSES[network.loss](self.output(network, x, added), y)

        rest = tuple(torch.zeros_like(xi) for xi in noise)
        _, slope = torch.func.jvp(noisy_loss, rest, tuple(noise))
        return [slope[:, None] * xi for xi in noise]
