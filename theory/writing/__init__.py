"""Mathematics as it is read: in a terminal, and as LaTeX."""
