"""The rivals' calls and ours, side by side: one table, read by tests and by the reference page.

The text of a call is what is run, so that what the page shows is what was compared. Frameworks
are imported when a rival is run and not before; the table can be read without them.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lrdecay

STEPS = 56
LR = 0.1
"""The rate of the optimizer that PyTorch's kind of scheduler is given."""


@dataclass(frozen=True)
class Library:
    """Where a rival's names come from, and how its rates are read."""

    module: str
    package: str
    kind: str  # "function" of the step, or "scheduler" that is stepped with an optimizer
    tolerance: float  # 1e-12 in Python's floats, a few roundings in float32


LIBRARIES = {
    "Keras": Library("keras.optimizers.schedules", "keras", "function", 1e-6),
    "Optax": Library("optax", "optax", "function", 1e-6),
    "PyTorch": Library("torch.optim.lr_scheduler", "torch", "scheduler", 1e-12),
    "Transformers": Library("transformers.optimization", "transformers", "scheduler", 1e-12),
    "timm": Library("timm.scheduler", "timm", "scheduler", 1e-12),
    "pytorch_optimizer": Library(
        "pytorch_optimizer.lr_scheduler", "pytorch-optimizer", "scheduler", 1e-12
    ),
    "formula": Library("math", "python", "function", 1e-12),
}
"""The rivals; "formula" is a paper's formula in plain Python, for what few libraries have."""

FEATURES = {
    "Steps": ["constant", "step", "piecewise constant"],
    "Smooth decay": [
        "`ratio ** (t / T)`",
        "`exp(-k t)`",
        "inverse time",
        "polynomial",
        "polynomial, cycling",
        "linear",
        "REX",
    ],
    "Cosine": ["cosine", "cosine with a floor", "warm restarts (SGDR)"],
    "Warmup": [
        "warmup, constant",
        "warmup, linear",
        "warmup, polynomial",
        "warmup, exponential",
        "warmup, cosine",
        "warmup, inverse square root (Noam)",
    ],
    "Cycles": [
        "one-cycle, cosine",
        "one-cycle, linear",
        "one-cycle, three phases",
        "`triangular`",
        "`triangular2`",
        "`exp_range`",
    ],
    "Warmup, stay, decay": ["WSD, linear", "WSD, 1-sqrt", "WSD, cosine"],
    "Composition": ["one after another", "multiplied", "clipped", "delayed"],
}
"""The features that are functions of t, in groups."""

NOT_FUNCTIONS = {
    "reduce on plateau": "a feedback rule on a measured loss: Keras and PyTorch "
    "`ReduceLROnPlateau`, timm `PlateauLRScheduler`",
    "learning-rate finder": "an experiment on the model, not a schedule: fastai `lr_find`",
}
"""What libraries offer beside schedules, and why a function of t cannot be it."""


@dataclass(frozen=True)
class Row:
    """One comparison: a rival's call, and the lrdecay text that gives the same rates."""

    feature: str
    library: str
    call: str
    ours: str
    note: str = ""
    steps: int = STEPS  # fewer where the rival is only valid so far
    tolerance: float = 0.0  # 0: the library's

    @property
    def key(self) -> str:
        """What the rates are recorded under: a changed call is a new recording."""
        return f"{self.library}: {self.call}"

    @property
    def allowed(self) -> float:
        """The difference that passes."""
        return self.tolerance or LIBRARIES[self.library].tolerance


INCLUSIVE = "Keras' boundary belongs to the old value: ours is one later."
EARLY = "timm's milestone m applies at t = m - 1."
FRACTION = "`alpha` is a fraction of the first rate, not a rate."
LAST = (
    "PyTorch counts to the last update: N steps are a duration of N - 1, and a share p of them is "
    "a length of p N - 1."
)
TOTAL = "The rival's total includes the warmup."
END = "Compared up to its end: after it, the rival's rate rises again."
COS32 = "In float32, (1 + cos) / 2 has lost digits near the end."

# near the end of float32's (1 + cos) / 2 an error of 1e-7 of the peak is left
COSINE32 = 2e-4
# float32's end + (start - end) * weight, likewise
LINE32 = 2e-5
# the difference of recursions, which carry their rounding along
CHAINED = 1e-10

ROWS = [
    # Steps
    Row("constant", "Optax", "constant_schedule(0.1)", "Constant(0.1)"),
    Row(
        "constant",
        "PyTorch",
        "ConstantLR(optimizer, factor=0.5, total_iters=10)",
        "Constant(0.05).then(Constant(0.1), at=10)",
        "A constant factor, then none.",
    ),
    Row("constant", "Transformers", "get_constant_schedule(optimizer)", "Constant(0.1)"),
    Row(
        "constant",
        "timm",
        "create_scheduler_v2(optimizer, sched='constant', num_epochs=50)[0]",
        "Constant(0.1)",
    ),
    Row(
        "step",
        "Keras",
        "ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Row(
        "step",
        "Optax",
        "exponential_decay(0.1, transition_steps=10, decay_rate=0.5, staircase=True)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Row(
        "step",
        "PyTorch",
        "StepLR(optimizer, step_size=10, gamma=0.5)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Row(
        "step",
        "timm",
        "StepLRScheduler(optimizer, decay_t=10, decay_rate=0.5)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Row(
        "piecewise constant",
        "Keras",
        "PiecewiseConstantDecay([10, 25], [0.1, 0.01, 0.001])",
        "PiecewiseConstant([11, 26], [0.1, 0.01, 0.001])",
        INCLUSIVE,
    ),
    Row(
        "piecewise constant",
        "Optax",
        "piecewise_constant_schedule(0.1, {10: 0.1, 25: 0.1})",
        "PiecewiseConstant([10, 25], [0.1, 0.01, 0.001])",
        "Factors, not values.",
    ),
    Row(
        "piecewise constant",
        "PyTorch",
        "MultiStepLR(optimizer, milestones=[10, 25], gamma=0.1)",
        "PiecewiseConstant([10, 25], [0.1, 0.01, 0.001])",
    ),
    Row(
        "piecewise constant",
        "timm",
        "MultiStepLRScheduler(optimizer, decay_t=[10, 25], decay_rate=0.1)",
        "PiecewiseConstant([9, 24], [0.1, 0.01, 0.001])",
        EARLY,
    ),
    # Smooth decay
    Row(
        "`ratio ** (t / T)`",
        "Keras",
        "ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10)",
    ),
    Row(
        "`ratio ** (t / T)`",
        "Optax",
        "exponential_decay(0.1, transition_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10)",
    ),
    Row(
        "`ratio ** (t / T)`",
        "PyTorch",
        "ExponentialLR(optimizer, gamma=0.9)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1)",
    ),
    Row(
        "`exp(-k t)`",
        "formula",
        "lambda t: 0.1 * exp(-0.05 * t)",
        "ExponentialDecay(0.1, decay_rate=0.05)",
        "Paddle's NaturalExpDecay.",
    ),
    Row(
        "inverse time",
        "Keras",
        "InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)",
        "InverseTimeDecay(0.1, decay_rate=0.05)",
        "`decay_rate` here is Keras' `decay_rate / decay_steps`.",
    ),
    Row(
        "inverse time",
        "Keras",
        "InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)",
        "InverseTimeDecay(0.1, decay_rate=0.05).staircase(10)",
    ),
    Row(
        "polynomial",
        "Keras",
        "PolynomialDecay(0.1, decay_steps=40, end_learning_rate=0.001, power=2.0)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
        "Keras' end is 1e-4 unless it is given.",
    ),
    Row(
        "polynomial",
        "Optax",
        "polynomial_schedule(0.1, 0.001, power=2, transition_steps=40)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
    ),
    Row(
        "polynomial",
        "PyTorch",
        "PolynomialLR(optimizer, total_iters=40, power=2)",
        "PolynomialDecay(0.1, duration=40, power=2)",
        tolerance=CHAINED,
    ),
    Row(
        "polynomial",
        "timm",
        "PolyLRScheduler(optimizer, t_initial=40, power=2, lr_min=0.001)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
    ),
    Row(
        "polynomial, cycling",
        "Keras",
        "PolynomialDecay(0.1, decay_steps=20, end_learning_rate=0.001, power=2.0, cycle=True)",
        "PolynomialDecay(0.1, duration=20, power=2, lr_end=0.001, cycle=True)",
    ),
    Row(
        "polynomial, cycling",
        "timm",
        "PolyLRScheduler(optimizer, t_initial=20, power=2, cycle_decay=0.5, cycle_limit=9)",
        "PolynomialDecay(0.1, duration=20, power=2).repeat(20, scale=0.5)",
        "Restarts of the same length, lower each time.",
    ),
    Row(
        "linear",
        "Keras",
        "PolynomialDecay(0.1, decay_steps=40, end_learning_rate=0.01)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Row(
        "linear",
        "Optax",
        "linear_schedule(0.1, 0.01, transition_steps=40)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Row(
        "linear",
        "PyTorch",
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=40)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Row(
        "linear",
        "Transformers",
        "get_linear_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=40)",
        "LinearDecay(0.1, duration=40)",
    ),
    Row(
        "linear",
        "timm",
        "PolyLRScheduler(optimizer, t_initial=40, power=1, lr_min=0.01)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Row(
        "REX",
        "pytorch_optimizer",
        "REXScheduler(optimizer, total_steps=40, max_lr=0.1)",
        "Constant(0.0).then(REX(0.1, duration=40).shift(1), at=1)",
        "The rival makes its first update at its minimum, 0, and none at its peak.",
    ),
    # Cosine
    Row(
        "cosine",
        "Keras",
        "CosineDecay(0.1, decay_steps=40)",
        "CosineDecay(0.1, duration=40)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "cosine",
        "Optax",
        "cosine_decay_schedule(0.1, decay_steps=40)",
        "CosineDecay(0.1, duration=40)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "cosine",
        "PyTorch",
        "CosineAnnealingLR(optimizer, T_max=40)",
        "CosineDecay(0.1, duration=40)",
        END,
        steps=41,
        tolerance=CHAINED,
    ),
    Row(
        "cosine",
        "Transformers",
        "get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=40)",
        "CosineDecay(0.1, duration=40)",
        END,
        steps=41,
    ),
    Row(
        "cosine",
        "timm",
        "CosineLRScheduler(optimizer, t_initial=40)",
        "CosineDecay(0.1, duration=40)",
    ),
    Row(
        "cosine with a floor",
        "Keras",
        "CosineDecay(0.1, decay_steps=40, alpha=0.1)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        FRACTION,
    ),
    Row(
        "cosine with a floor",
        "Optax",
        "cosine_decay_schedule(0.1, decay_steps=40, alpha=0.1)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        FRACTION,
    ),
    Row(
        "cosine with a floor",
        "PyTorch",
        "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        END,
        steps=41,
    ),
    Row(
        "cosine with a floor",
        "Transformers",
        "get_cosine_with_min_lr_schedule_with_warmup("
        "optimizer, num_warmup_steps=0, num_training_steps=40, min_lr=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        END,
        steps=41,
    ),
    Row(
        "cosine with a floor",
        "timm",
        "CosineLRScheduler(optimizer, t_initial=40, lr_min=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Row(
        "warm restarts (SGDR)",
        "Keras",
        "CosineDecayRestarts(0.1, first_decay_steps=10, t_mul=2.0, m_mul=0.5)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2, scale=0.5)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "warm restarts (SGDR)",
        "Keras",
        "CosineDecayRestarts(0.1, first_decay_steps=10, t_mul=2.0, m_mul=0.5, alpha=0.1)",
        "CosineDecay(0.09, duration=10).repeat(10, stretch=2, scale=0.5) + Constant(0.01)",
        "The floor is not scaled with the cycles.",
    ),
    Row(
        "warm restarts (SGDR)",
        "Optax",
        "sgdr_schedule([dict(init_value=0.01, peak_value=p, warmup_steps=5, decay_steps=20) "
        "for p in (0.1, 0.05)])",
        "CosineDecay(0.1, duration=15).warmup(5, start=0.01)"
        ".then(CosineDecay(0.05, duration=15).warmup(5, start=0.01), at=20)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "warm restarts (SGDR)",
        "PyTorch",
        "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2)",
    ),
    Row(
        "warm restarts (SGDR)",
        "Transformers",
        "get_cosine_with_hard_restarts_schedule_with_warmup("
        "optimizer, num_warmup_steps=10, num_training_steps=50, num_cycles=2)",
        "CosineDecay(0.1, duration=20).repeat(20).then(Constant(0.0), at=40).warmup(10)",
        TOTAL,
    ),
    Row(
        "warm restarts (SGDR)",
        "timm",
        "CosineLRScheduler(optimizer, t_initial=10, cycle_mul=2, cycle_decay=0.5, cycle_limit=9)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2, scale=0.5)",
    ),
    # Warmup
    Row(
        "warmup, constant",
        "Optax",
        "warmup_constant_schedule(0.01, 0.1, warmup_steps=10)",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, constant",
        "PyTorch",
        "LinearLR(optimizer, start_factor=0.1, total_iters=10)",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, constant",
        "Transformers",
        "get_constant_schedule_with_warmup(optimizer, num_warmup_steps=10)",
        "Constant(0.1).warmup(10)",
    ),
    Row(
        "warmup, constant",
        "timm",
        "create_scheduler_v2(optimizer, sched='constant', num_epochs=50, "
        "warmup_epochs=10, warmup_lr=0.01)[0]",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, linear",
        "Optax",
        "join_schedules([linear_schedule(0.01, 0.1, 10), linear_schedule(0.1, 0.0, 40)], [10])",
        "LinearDecay(0.1, duration=40).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, linear",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=40)], milestones=[10])",
        "LinearDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, linear",
        "Transformers",
        "get_linear_schedule_with_warmup(optimizer, num_warmup_steps=10, num_training_steps=50)",
        "LinearDecay(0.1, duration=40).warmup(10)",
        TOTAL,
    ),
    Row(
        "warmup, linear",
        "timm",
        "PolyLRScheduler(optimizer, t_initial=40, power=1, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "LinearDecay(0.1, duration=40).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, polynomial",
        "Optax",
        "join_schedules([linear_schedule(0.01, 0.1, 10), "
        "polynomial_schedule(0.1, 0.001, 2, 40)], [10])",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, polynomial",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "PolynomialLR(optimizer, total_iters=40, power=2)], milestones=[10])",
        "PolynomialDecay(0.1, duration=40, power=2).warmup(10, start=0.01)",
        tolerance=CHAINED,
    ),
    Row(
        "warmup, polynomial",
        "timm",
        "PolyLRScheduler(optimizer, t_initial=40, power=2, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "PolynomialDecay(0.1, duration=40, power=2).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, polynomial",
        "Transformers",
        "get_polynomial_decay_schedule_with_warmup("
        "optimizer, num_warmup_steps=10, num_training_steps=50, lr_end=0.001, power=2)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001).warmup(10)",
        TOTAL,
    ),
    Row(
        "warmup, exponential",
        "Optax",
        "warmup_exponential_decay_schedule(0.01, 0.1, warmup_steps=10, "
        "transition_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, exponential",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ExponentialLR(optimizer, gamma=0.9)], milestones=[10])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1).warmup(10, start=0.01)",
    ),
    Row(
        "warmup, cosine",
        "Keras",
        "CosineDecay(0.01, decay_steps=40, warmup_target=0.1, warmup_steps=10)",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "warmup, cosine",
        "Optax",
        "warmup_cosine_decay_schedule(0.01, 0.1, warmup_steps=10, decay_steps=50, end_value=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
        TOTAL,
    ),
    Row(
        "warmup, cosine",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "CosineAnnealingLR(optimizer, T_max=40)], milestones=[10])",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        END,
        steps=51,
        tolerance=CHAINED,
    ),
    Row(
        "warmup, cosine",
        "Transformers",
        "get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=10, num_training_steps=50)",
        "CosineDecay(0.1, duration=40).warmup(10)",
        f"{TOTAL} {END}",
        steps=51,
    ),
    Row(
        "warmup, cosine",
        "timm",
        "CosineLRScheduler(optimizer, t_initial=40, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        "Without `warmup_prefix=True` the rate jumps when the warmup is over.",
    ),
    Row(
        "warmup, inverse square root (Noam)",
        "Transformers",
        "get_inverse_sqrt_schedule(optimizer, num_warmup_steps=10)",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
    ),
    Row(
        "warmup, inverse square root (Noam)",
        "Transformers",
        "get_inverse_sqrt_schedule(optimizer, num_warmup_steps=10, timescale=30)",
        "InverseSqrt(0.1, timescale=30).warmup(10)",
    ),
    Row(
        "warmup, inverse square root (Noam)",
        "timm",
        "create_scheduler_v2(optimizer, sched='rsqrt', num_epochs=55, decay_epochs=10, "
        "warmup_epochs=10, warmup_lr=0.0, warmup_prefix=True)[0]",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
        "Compared up to its cooldown.",
        steps=45,
    ),
    Row(
        "warmup, inverse square root (Noam)",
        "formula",
        "lambda t: (512 * 10) ** 0.5 * 0.1 * 512 ** -0.5 * min((t or 1) ** -0.5, t * 10 ** -1.5)",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
        "Vaswani et al. with width 512, scaled to a peak of 0.1; they count from 1.",
    ),
    # Cycles
    Row(
        "one-cycle, cosine",
        "Optax",
        "cosine_onecycle_schedule(50, 0.1, pct_start=0.3)",
        "OneCycle(0.1, duration=50, warmup=15)",
        COS32,
        tolerance=COSINE32,
    ),
    Row(
        "one-cycle, cosine",
        "PyTorch",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3)",
        "OneCycle(0.1, duration=49, warmup=14)",
        LAST,
        steps=50,
    ),
    Row(
        "one-cycle, linear",
        "Optax",
        "join_schedules([linear_schedule(0.004, 0.1, 15), linear_schedule(0.1, 4e-7, 35)], [15])",
        "OneCycle(0.1, duration=50, warmup=15, shape='linear')",
        tolerance=LINE32,
    ),
    Row(
        "one-cycle, linear",
        "PyTorch",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3, "
        "anneal_strategy='linear')",
        "OneCycle(0.1, duration=49, warmup=14, shape='linear')",
        LAST,
        steps=50,
    ),
    Row(
        "one-cycle, three phases",
        "Optax",
        "linear_onecycle_schedule(50, 0.1, pct_start=0.3, pct_final=0.6)",
        "OneCycle(0.1, duration=50, warmup=15, shape='linear', three_phase=True)",
        tolerance=LINE32,
    ),
    Row(
        "one-cycle, three phases",
        "PyTorch",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3, three_phase=True)",
        "OneCycle(0.1, duration=49, warmup=14, three_phase=True)",
        LAST,
        steps=50,
    ),
    Row(
        "`triangular`",
        "PyTorch",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8)",
        "Cyclic(0.01, 0.1, half_cycle=8)",
    ),
    Row(
        "`triangular`",
        "PyTorch",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=5, step_size_down=15)",
        "LinearDecay(0.1, duration=15, lr_end=0.01).warmup(5, start=0.01).repeat(20)",
        "Rise and fall of different lengths are a composition.",
    ),
    Row(
        "`triangular2`",
        "PyTorch",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8, mode='triangular2')",
        "Cyclic(0.01, 0.1, half_cycle=8, mode='triangular2')",
    ),
    Row(
        "`exp_range`",
        "PyTorch",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8, mode='exp_range', "
        "gamma=0.98)",
        "Cyclic(0.01, 0.1, half_cycle=8, mode='exp_range', decay_rate=0.02020270731751945)",
        "`decay_rate` is -log(gamma).",
    ),
    # Warmup, stay, decay
    Row(
        "WSD, linear",
        "Optax",
        "join_schedules([linear_schedule(0.0, 0.1, 10), linear_schedule(0.1, 0.01, 10, 30)], [10])",
        "WSD(0.1, duration=50, warmup=10, cooldown=10, lr_end=0.01)",
    ),
    Row(
        "WSD, linear",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ConstantLR(optimizer, factor=1.0), "
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=10)], "
        "milestones=[10, 40])",
        "WSD(0.1, duration=40, warmup=0, cooldown=10, lr_end=0.01).warmup(10, start=0.01)",
    ),
    Row(
        "WSD, linear",
        "timm",
        "WSDLRScheduler(optimizer, t_initial=40, decay_t=10, decay_fn='linear', "
        "stable_fn='rsqrt', warmup_t=10)",
        "InverseSqrt(0.1, timescale=10).warmup(10) * "
        "Constant(1.0).then(LinearDecay(1.0, duration=10), at=40)",
        "It goes on falling where others stay: a product here.",
    ),
    Row(
        "WSD, cosine",
        "Optax",
        "join_schedules([linear_schedule(0.0, 0.1, 10), constant_schedule(0.1), "
        "cosine_decay_schedule(0.1, 10, alpha=0.1)], [10, 40])",
        "WSD(0.1, duration=50, warmup=10, cooldown=10, shape='cosine', lr_end=0.01)",
    ),
    Row(
        "WSD, cosine",
        "PyTorch",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ConstantLR(optimizer, factor=1.0), "
        "CosineAnnealingLR(optimizer, T_max=10, eta_min=0.01)], milestones=[10, 40])",
        "WSD(0.1, duration=40, warmup=0, cooldown=10, shape='cosine', lr_end=0.01)"
        ".warmup(10, start=0.01)",
        END,
        steps=51,
    ),
    *(
        Row(
            f"WSD, {shape}",
            "Transformers",
            "get_wsd_schedule(optimizer, num_warmup_steps=10, num_decay_steps=10, "
            f"num_training_steps=50, decay_type='{shape}', min_lr_ratio=0.1)",
            f"WSD(0.1, duration=40, warmup=0, cooldown=10, shape='{shape}', lr_end=0.01)"
            ".warmup(10, start=0.01)",
            "The rival's warmup starts at its floor.",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
    *(
        Row(
            f"WSD, {shape}",
            "timm",
            f"WSDLRScheduler(optimizer, t_initial=40, decay_t=10, decay_fn='{shape}', "
            "lr_min=0.01, warmup_t=10)",
            f"WSD(0.1, duration=50, warmup=10, cooldown=10, shape='{shape}', lr_end=0.01)",
            "The rival's `t_initial` is without the warmup.",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
    *(
        Row(
            f"WSD, {shape}",
            "pytorch_optimizer",
            "get_wsd_schedule(optimizer, num_warmup_steps=10, num_stable_steps=30, "
            f"num_decay_steps=10, cooldown_type='{shape}')",
            f"WSD(0.1, duration=50, warmup=10, cooldown=10, shape='{shape}')",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
    # Composition
    Row(
        "one after another",
        "Optax",
        "join_schedules([linear_schedule(0.02, 0.1, 10), exponential_decay(0.1, 10, 0.5), "
        "constant_schedule(0.005)], [10, 40])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).warmup(10, start=0.02)"
        ".then(Constant(0.005), at=40)",
    ),
    Row(
        "one after another",
        "PyTorch",
        "SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 99), "
        "ExponentialLR(optimizer, 0.9), StepLR(optimizer, 5, 0.5)], milestones=[10, 30])",
        "Constant(0.05).then(ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1), at=10)"
        ".then(StepDecay(0.1, drop_rate=0.5, step_size=5), at=30)",
        "Each part's clock starts at 0, as here.",
    ),
    Row(
        "multiplied",
        "PyTorch",
        "ChainedScheduler([ExponentialLR(optimizer, 0.95), StepLR(optimizer, 10, 0.5)])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.95, every=1) * "
        "StepDecay(1.0, drop_rate=0.5, step_size=10)",
        "Parts must be recursive: with a `LambdaLR` the product is lost, see the last table.",
    ),
    Row(
        "multiplied",
        "PyTorch",
        "ChainedScheduler([LinearLR(optimizer, 0.1, total_iters=10), "
        "ExponentialLR(optimizer, 0.9)])",
        "Constant(0.1).warmup(10, start=0.01) * "
        "ExponentialDecay.from_ratio(1.0, ratio=0.9, every=1)",
    ),
    Row(
        "clipped",
        "Optax",
        "exponential_decay(0.1, 10, 0.5, end_value=0.01)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).clip(low=0.01)",
    ),
    Row(
        "delayed",
        "Optax",
        "exponential_decay(0.1, 10, 0.5, transition_begin=15)",
        "Constant(0.1).then(ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10), at=15)",
    ),
    Row(
        "delayed",
        "PyTorch",
        "SequentialLR(optimizer, [ConstantLR(optimizer, 1.0), ExponentialLR(optimizer, 0.9)], "
        "milestones=[15])",
        "Constant(0.1).then(ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1), at=15)",
    ),
]


def installed(library: str) -> bool:
    """Return whether `library` can be run here."""
    try:
        version(library)
    except metadata.PackageNotFoundError:
        return False
    return True


def version(library: str) -> str:
    """Return the version of `library` that is installed here."""
    package = LIBRARIES[library].package
    if package == "python":
        return "any"
    return metadata.version(package).split("+")[0]


def module(library: str) -> Any:
    """Import the module that `library`'s schedules are in."""
    name = LIBRARIES[library].module
    while True:
        try:
            return import_module(name)
        except RuntimeError as error:
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if not missing:
                raise
            # timm imports torchvision, whose operators do not load beside a PyTorch without
            # CUDA. No schedule uses them, so it is enough to declare them.
            import torch  # noqa: PLC0415

            torch.library.define(missing[1], "() -> ()")


def optimizer(lr: float = LR) -> Any:
    """Return a PyTorch optimizer with one weight, its rate `lr`."""
    import torch  # noqa: PLC0415

    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)


def make(library: str, call: str, optimizer: Any = None) -> Any:
    """Return what the text `call` makes in `library`."""
    names: Mapping[str, Any] = vars(module(library))
    return eval(call, {**names, "optimizer": optimizer})  # texts of this file alone


def stepped(scheduler: Any, optimizer: Any, n: int, step: Callable[..., Any]) -> list[float]:
    """Return the rates that the first `n` updates of `optimizer` are made at."""
    rates = []
    for t in range(n):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        step(t)
    return rates


def rates(library: str, call: str, n: int) -> list[float]:
    """Return the rival's rates of updates 0 .. n - 1, run now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the rivals' own
        if LIBRARIES[library].kind == "function":
            schedule = make(library, call)
            return [float(schedule(t)) for t in range(n)]
        group = optimizer()
        scheduler = make(library, call, group)
        if library == "timm":  # is told the number of the next epoch
            return stepped(scheduler, group, n, lambda t: scheduler.step(t + 1))
        return stepped(scheduler, group, n, lambda _: scheduler.step())


def ours(row: Row) -> NDArray[np.float64]:
    """Return lrdecay's rates for `row`."""
    return lrdecay.parse(row.ours).curve(row.steps)


def difference(row: Row, rival: list[float]) -> float:
    """Return the largest difference to `rival`, relative to the rate.

    Where a rate is below a thousandth of the highest, it is relative to that thousandth:
    0 and 1e-18 are the same rate.
    """
    expected = ours(row)
    if len(rival) != row.steps:
        raise ValueError(f"{row.key}: {len(rival)} rates recorded and {row.steps} expected")
    scale = np.maximum(expected, expected.max() / 1000)
    return float(np.max(np.abs(np.asarray(rival) - expected) / scale))
