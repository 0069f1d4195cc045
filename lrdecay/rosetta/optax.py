"""Optax: functions of the step, computed in float32."""

import json
import math
import pickle
from typing import Any

from lrdecay.interop import to_optax
from lrdecay.rosetta.library import (
    COS32,
    COSINE32,
    FRACTION,
    LINE32,
    TOTAL,
    Answers,
    Call,
    Functions,
    defect,
    defects_in,
    error,
)
from lrdecay.schedules import Constant, CosineDecay, InverseSqrt, from_config

CALLS = (
    Call("constant", "constant_schedule(0.1)", "Constant(0.1)"),
    Call(
        "step",
        "exponential_decay(0.1, transition_steps=10, decay_rate=0.5, staircase=True)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Call(
        "piecewise constant",
        "piecewise_constant_schedule(0.1, {10: 0.1, 25: 0.1})",
        "PiecewiseConstant.from_ratio(0.1, [10, 25], ratio=0.1)",
        "A factor at each boundary, not a value.",
    ),
    Call(
        "`ratio ** (t / T)`",
        "exponential_decay(0.1, transition_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10)",
    ),
    Call(
        "log-linear",
        "exponential_decay(0.1, transition_steps=40, decay_rate=0.01, end_value=0.001)",
        "LogLinearDecay(0.1, duration=40, lr_end=0.001)",
    ),
    Call(
        "knots",
        "piecewise_interpolate_schedule('linear', 0.1, {10: 2.0, 40: 0.05})",
        "PiecewiseLinear([(0, 0.1), (10, 0.2), (40, 0.01)])",
        "Factors of the rate before.",
    ),
    Call(
        "polynomial",
        "polynomial_schedule(0.1, 0.001, power=2, transition_steps=40)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
    ),
    Call(
        "linear",
        "linear_schedule(0.1, 0.01, transition_steps=40)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Call(
        "cosine",
        "cosine_decay_schedule(0.1, decay_steps=40)",
        "CosineDecay(0.1, duration=40)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "cosine with a floor",
        "cosine_decay_schedule(0.1, decay_steps=40, alpha=0.1)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        FRACTION,
    ),
    Call(
        "warm restarts (SGDR)",
        "sgdr_schedule([dict(init_value=0.01, peak_value=p, warmup_steps=5, decay_steps=20) "
        "for p in (0.1, 0.05)])",
        "CosineDecay(0.1, duration=15).warmup(5, start=0.01)"
        ".then(CosineDecay(0.05, duration=15).warmup(5, start=0.01), at=20)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "warmup, constant",
        "warmup_constant_schedule(0.01, 0.1, warmup_steps=10)",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, linear",
        "join_schedules([linear_schedule(0.01, 0.1, 10), linear_schedule(0.1, 0.0, 40)], [10])",
        "LinearDecay(0.1, duration=40).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, polynomial",
        "join_schedules([linear_schedule(0.01, 0.1, 10), "
        "polynomial_schedule(0.1, 0.001, 2, 40)], [10])",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, exponential",
        "warmup_exponential_decay_schedule(0.01, 0.1, warmup_steps=10, "
        "transition_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, cosine",
        "warmup_cosine_decay_schedule(0.01, 0.1, warmup_steps=10, decay_steps=50)",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        f"{TOTAL} {COS32}",
        tolerance=COSINE32,
    ),
    Call(
        "warmup, cosine with a floor",
        "warmup_cosine_decay_schedule(0.01, 0.1, warmup_steps=10, decay_steps=50, end_value=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
        f"{TOTAL} `end_value` is a rate.",
    ),
    Call(
        "one-cycle, cosine",
        "cosine_onecycle_schedule(50, 0.1, pct_start=0.3)",
        "OneCycle(0.1, duration=50, warmup=15)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "one-cycle, linear",
        "join_schedules([linear_schedule(0.004, 0.1, 15), linear_schedule(0.1, 4e-7, 35)], [15])",
        "OneCycle(0.1, duration=50, warmup=15, shape='linear')",
        tolerance=LINE32,
    ),
    Call(
        "one-cycle, three phases",
        "linear_onecycle_schedule(50, 0.1, pct_start=0.3, pct_final=0.6)",
        "OneCycle(0.1, duration=50, warmup=15, shape='linear', three_phase=True)",
        tolerance=LINE32,
    ),
    Call(
        "WSD, linear",
        "join_schedules([linear_schedule(0.0, 0.1, 10), linear_schedule(0.1, 0.01, 10, 30)], [10])",
        "WSD(0.1, duration=50, warmup=10, cooldown=10, lr_end=0.01)",
    ),
    Call(
        "WSD, cosine",
        "join_schedules([linear_schedule(0.0, 0.1, 10), constant_schedule(0.1), "
        "cosine_decay_schedule(0.1, 10, alpha=0.1)], [10, 40])",
        "WSD(0.1, duration=50, warmup=10, cooldown=10, shape='cosine', lr_end=0.01)",
    ),
    Call(
        "one after another",
        "join_schedules([linear_schedule(0.02, 0.1, 10), exponential_decay(0.1, 10, 0.5), "
        "constant_schedule(0.005)], [10, 40])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).warmup(10, start=0.02)"
        ".then(Constant(0.005), at=40)",
    ),
    Call(
        "clipped",
        "exponential_decay(0.1, 10, 0.5, end_value=0.01)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).clip(low=0.01)",
    ),
    Call(
        "delayed",
        "exponential_decay(0.1, 10, 0.5, transition_begin=15)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).hold(15)",
    ),
    Call(
        "cooled down",
        "join_schedules([exponential_decay(0.1, 10, 0.5), "
        "linear_schedule(0.0125, 0.001, 10)], [30])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10).cooldown(10, at=30, lr_end=0.001)",
        "The rival must be told at which rate the fall begins.",
    ),
)


@defect(
    "0 steps",
    "linear_schedule and warmup_constant_schedule over 0 steps stay at the first rate, 0.",
    seen=[0.0, 0.0],
    right=[0.1],
)
def _over_0_steps() -> Answers:
    calls = ["linear_schedule(0.0, 0.1, 0)", "warmup_constant_schedule(0.0, 0.1, 0)"]
    return (
        lambda: [float(LIBRARY.make(call)(1000)) for call in calls],
        lambda: [Constant(0.1).warmup(0)(1000)],
    )


@defect(
    "gradient of a join",
    "join_schedules evaluates every part: a root in one not in use makes the gradient NaN.",
    seen=["nan"],
    right=[0.0],
    needs=("jax",),
)
def _gradient_of_a_join() -> Answers:
    def slope(schedule: Any, t: float) -> str | float:
        import jax  # noqa: PLC0415

        value = float(jax.grad(schedule)(t))
        return "nan" if math.isnan(value) else value

    def today() -> list[Any]:
        call = (
            "join_schedules([constant_schedule(0.1), lambda t: 0.1 * (1 + t / 10) ** -0.5], [15])"
        )
        return [slope(LIBRARY.make(call), 5.0)]

    def ours() -> list[Any]:
        s = Constant(0.1).then(InverseSqrt(0.1, timescale=10), at=15)
        return [slope(to_optax(s), 5.0)]

    return today, ours


@defect(
    "kept in a file",
    "Can a schedule be pickled?",
    seen=[False],
    right=[True],
)
def _kept_in_a_file() -> Answers:
    s = CosineDecay(0.1, duration=40).warmup(10)

    def today() -> list[bool]:
        made = LIBRARY.make("cosine_decay_schedule(0.1, 40)")
        return [not error(lambda: pickle.dumps(made)).endswith("Error")]

    def ours() -> list[bool]:
        text = json.dumps(s.to_config())
        return [s == pickle.loads(pickle.dumps(s)) == from_config(json.loads(text))]

    return today, ours


LIBRARY = Functions(
    name="Optax",
    module="optax",
    package="optax",
    tolerance=1e-6,
    column=True,
    calls=CALLS,
    defects=defects_in(globals()),
)
