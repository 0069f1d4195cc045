"""How a formula is shown: symbolic (LaTeX, JavaScript), plots, explorers."""
