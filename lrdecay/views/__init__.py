"""How a schedule is shown: symbolic (LaTeX, JavaScript), plots, explorers."""
