"""The formulas of papers in plain Python, for what few libraries have."""

from lrdecay.rosetta.library import Call, Functions

CALLS = (
    Call(
        "`exp(-k t)`",
        "lambda t: 0.1 * exp(-0.05 * t)",
        "ExponentialDecay(0.1, decay_rate=0.05)",
        "Paddle's NaturalExpDecay.",
    ),
    Call(
        "warmup, inverse square root (Noam)",
        "lambda t: (512 * 10) ** 0.5 * 0.1 * 512 ** -0.5 * min((t or 1) ** -0.5, t * 10 ** -1.5)",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
        "Vaswani et al. with width 512, scaled to a peak of 0.1; they count from 1.",
    ),
)


LIBRARY = Functions(
    name="formula",
    module="math",
    package="",
    tolerance=1e-12,
    calls=CALLS,
)
