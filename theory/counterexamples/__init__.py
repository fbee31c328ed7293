"""Networks at which a statement of the paper fails, with exact values."""
