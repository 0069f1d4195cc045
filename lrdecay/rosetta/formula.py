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
        "power law",
        "lambda t: 0.1 * (1 + 0.1 * t) ** -0.75",
        "InversePower(0.1, timescale=10, power=0.75)",
        "Caffe's `inv`; scikit-learn's `invscaling` counts from 1.",
    ),
    Call(
        "warmup over the schedule",
        "lambda t: (min(t, 10) / 10) * 0.05 * (1 + cos(pi * max(t, 10) / 40)) * (t < 40)",
        "CosineDecay(0.1, duration=40).warmup(10, over=True)",
        "The habit of detectron2 and of TensorFlow's Model Garden.",
    ),
    Call(
        "warmup in a curve",
        "lambda t: 0.1 * min(t / 10, 1) ** 2",
        "Constant(0.1).warmup(10, shape='power', power=2)",
        "YOLOX.",
    ),
    Call(
        "a batch that grows",
        "lambda t: 0.1 * (1 - min(min(t, 10) + 2 * max(t - 10, 0), 60) / 60)",
        "LinearDecay(0.1, duration=60).paced([10], [1, 2])",
        "Each update takes twice the examples from update 10 on.",
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
