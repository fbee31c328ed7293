"""Networks as Hypothesis draws them, and its search for one that falsifies a check."""
