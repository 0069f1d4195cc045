"""Keras: functions of the step, computed in float32."""

from collections.abc import Callable
from typing import Any

from lrdecay.interop import to_keras
from lrdecay.rosetta.library import (
    COS32,
    COSINE32,
    FRACTION,
    Answers,
    Call,
    Functions,
    defect,
    defects_in,
    error,
)
from lrdecay.schedules import (
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
)

INCLUSIVE = "Keras' boundary belongs to the old value: ours is one later."

CALLS = (
    Call(
        "step",
        "ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Call(
        "piecewise constant",
        "PiecewiseConstantDecay([10, 25], [0.1, 0.01, 0.001])",
        "PiecewiseConstant([11, 26], [0.1, 0.01, 0.001])",
        INCLUSIVE,
    ),
    Call(
        "`ratio ** (t / T)`",
        "ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10)",
    ),
    Call(
        "inverse time",
        "InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)",
        "InverseTimeDecay(0.1, decay_rate=0.05)",
        "`decay_rate` here is Keras' `decay_rate / decay_steps`.",
    ),
    Call(
        "inverse time",
        "InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)",
        "InverseTimeDecay(0.1, decay_rate=0.05).staircase(10)",
    ),
    Call(
        "polynomial",
        "PolynomialDecay(0.1, decay_steps=40, end_learning_rate=0.001, power=2.0)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
        "Keras' end is 1e-4 unless it is given.",
    ),
    Call(
        "polynomial, cycling",
        "PolynomialDecay(0.1, decay_steps=20, end_learning_rate=0.001, power=2.0, cycle=True)",
        "PolynomialDecay(0.1, duration=20, power=2, lr_end=0.001, cycle=True)",
    ),
    Call(
        "linear",
        "PolynomialDecay(0.1, decay_steps=40, end_learning_rate=0.01)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Call(
        "cosine",
        "CosineDecay(0.1, decay_steps=40)",
        "CosineDecay(0.1, duration=40)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "cosine with a floor",
        "CosineDecay(0.1, decay_steps=40, alpha=0.1)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        FRACTION,
    ),
    Call(
        "warm restarts (SGDR)",
        "CosineDecayRestarts(0.1, first_decay_steps=10, t_mul=2.0, m_mul=0.5)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2, scale=0.5)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "warm restarts (SGDR)",
        "CosineDecayRestarts(0.1, first_decay_steps=10, t_mul=2.0, m_mul=0.5, alpha=0.1)",
        "CosineDecay(0.09, duration=10).repeat(10, stretch=2, scale=0.5) + Constant(0.01)",
        "The floor is not scaled with the cycles.",
    ),
    Call(
        "warmup, cosine",
        "CosineDecay(0.01, decay_steps=40, warmup_target=0.1, warmup_steps=10)",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        COS32,
        tolerance=COSINE32,
    ),
    Call(
        "warmup, cosine with a floor",
        "CosineDecay(0.01, decay_steps=40, warmup_target=0.1, warmup_steps=10, alpha=0.1)",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
        "With a warmup, `alpha` is a fraction of `warmup_target`, and not of the first rate.",
    ),
)


def _at(call: str, *steps: int) -> list[float]:
    """Return the rates of a schedule at some steps."""
    schedule = LIBRARY.make(call)
    return [float(schedule(t)) for t in steps]


@defect(
    "logs the next rate",
    "The learning rate that History records for an epoch is the next update's.",
    seen=[0.05, 0.025],
    right=[0.1, 0.05],
    needs=("keras",),
)
def _logs_the_next_rate() -> Answers:
    def today() -> list[float]:
        import keras  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        schedule = LIBRARY.make("ExponentialDecay(0.1, 1, 0.5)")
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(schedule), "mse")
        x = np.zeros((2, 1))
        patient = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=99)
        run = model.fit(x, x, batch_size=2, epochs=2, verbose=0, callbacks=[patient])
        return [float(rate) for rate in run.history["learning_rate"]]

    return today, None


@defect(
    "boundaries after the end",
    "Boundaries at 50,000 and 80,000 in a run of 17,190 updates: how many rates does it train at? "
    "Nothing is said (seen in handson-ml3, pull 206).",
    seen=[1],
    right=["unreached-milestone"],
)
def _boundaries_after_the_end() -> Answers:
    call = "PiecewiseConstantDecay([50_000, 80_000], [0.01, 0.005, 0.001])"
    return lambda: [len({round(rate, 6) for rate in _at(call, *range(0, 17_190, 955))})], None


@defect(
    "asked for its schedule",
    "Is optimizer.learning_rate the schedule that the optimizer was given? It is a number.",
    seen=[False],
    right=[True],
    source="keras-team/keras#20069",
)
def _asked_for_its_schedule() -> Answers:
    def today() -> list[bool]:
        import keras  # noqa: PLC0415

        schedule = LIBRARY.make("ExponentialDecay(0.1, 10, 0.5)")
        return [callable(keras.optimizers.SGD(schedule).learning_rate)]

    return today, lambda: [callable(ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10))]


@defect(
    "assigned and adjusted",
    "With a schedule, assigning a rate, ReduceLROnPlateau and LearningRateScheduler all fail.",
    seen=["TypeError", "TypeError", "TypeError"],
    right=[0.1, 0.05, 0.025],
    source="tensorflow/tensorflow#51399",
)
def _assigned_and_adjusted() -> Answers:
    def today() -> list[str]:
        import keras  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        def model() -> Any:
            made = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
            schedule = LIBRARY.make("ExponentialDecay(0.1, 10, 0.5)")
            made.compile(keras.optimizers.SGD(schedule), "mse")
            return made

        def fit(callback: Any) -> Any:
            x = np.zeros((2, 1))
            return model().fit(x, x, epochs=3, verbose=0, callbacks=[callback])

        plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1)
        given = keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr)
        return [
            error(lambda: setattr(model().optimizer, "learning_rate", 0.1)),
            error(lambda: fit(plateau)),
            error(lambda: fit(given)),
        ]

    # a cut by a half, made by hand, is a product
    s = ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10)
    return today, lambda: [s(0), (0.5 * s)(0), round((0.5 * s)(10), 12)]


@defect(
    "accumulated gradients",
    "With gradient_accumulation_steps=4 the schedule is asked for steps 3, 7 and 11.",
    seen=[3, 7, 11],
    right=[0, 1, 2],
    needs=("keras",),
)
def _accumulated_gradients() -> Answers:
    def asked(wrap: Callable[[Any], Any]) -> list[int]:
        import keras  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        steps: list[int] = []

        class Asked(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
            def __call__(self, step: Any) -> Any:
                steps.append(int(step))
                return wrap(step)

        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        optimizer = keras.optimizers.SGD(Asked(), gradient_accumulation_steps=4)
        model.compile(optimizer, "mse", run_eagerly=True)
        x = np.zeros((12, 1))
        model.fit(x, x, batch_size=1, verbose=0)
        return steps

    def ours() -> list[int]:
        # a schedule whose rate is its step
        counting = LinearDecay(1000.0, duration=1000)
        keras_schedule = to_keras(counting, every=4)
        return [round(1000 - float(keras_schedule(t))) for t in asked(keras_schedule)]

    def today() -> list[int]:
        return sorted(set(asked(lambda step: 0.1)) - {0})

    return today, ours


@defect(
    "restart missed",
    "CosineDecayRestarts gives 0 where the restart is due.",
    seen=[0.0],
    right=[0.1],
)
def _restart_missed() -> Answers:
    s = CosineDecay(0.1, duration=10).repeat(10, stretch=2)
    return lambda: _at("CosineDecayRestarts(0.1, 10, t_mul=2.0)", 81910), lambda: [s(81910)]


@defect(
    "steps above 2 ** 24",
    "In float32 the step before a drop has the rate after it.",
    seen=[2**-20],
    right=[2**-19],
)
def _steps_above_2_24() -> Answers:
    size = 2**20 + 1
    call = f"ExponentialDecay(1.0, {size}, 0.5, staircase=True)"
    s = StepDecay(1.0, 0.5, step_size=size)
    return lambda: _at(call, 20 * size - 1), lambda: [s(20 * size - 1)]


@defect(
    "two steps, one rate",
    "Are the rates of steps 2 ** 24 and 2 ** 24 + 1 the same? To float32 they are.",
    seen=[True],
    right=[False],
)
def _two_steps_one_rate() -> Answers:
    call = f"ExponentialDecay(1.0, {2**24}, 0.5)"
    s = ExponentialDecay.from_ratio(1.0, ratio=0.5, every=2**24)

    def today() -> list[bool]:
        first, second = _at(call, 2**24, 2**24 + 1)
        return [first == second]

    return today, lambda: [s(2**24) == s(2**24 + 1)]


@defect(
    "a whole number",
    "ExponentialDecay(1, ...) computes in integers, and 1 becomes 0.",
    seen=[0.0],
    right=[0.5],
)
def _a_whole_number() -> Answers:
    s = ExponentialDecay.from_ratio(1, ratio=0.5, every=10)
    return lambda: _at("ExponentialDecay(1, 10, 0.5)", 10), lambda: [round(s(10), 12)]


@defect(
    "a default that raises",
    "PolynomialDecay's default end, 1e-4, raises a rate of 1e-5.",
    seen=[1e-4],
    right=[0.0, "ValueError: lr_end"],
)
def _a_default_that_raises() -> Answers:
    return (
        lambda: [round(_at("PolynomialDecay(1e-5, 10)", 10)[0], 9)],
        lambda: [
            PolynomialDecay(1e-5, 10)(10),
            error(lambda: PolynomialDecay(1e-5, 10, lr_end=1e-4)),
        ],
    )


@defect(
    "boundary",
    "PiecewiseConstantDecay changes at b + 1: Optax, PyTorch and Paddle change at b.",
    seen=[1.0, 0.5],
    right=[0.5, 0.5],
)
def _boundary() -> Answers:
    s = PiecewiseConstant([10], [1.0, 0.5])
    call = "PiecewiseConstantDecay([10], [1.0, 0.5])"
    return lambda: _at(call, 10, 11), lambda: [s(10), s(11)]


@defect(
    "unsorted boundaries",
    "PiecewiseConstantDecay adds two values when the boundaries are not sorted.",
    seen=[1.1],
    right=["ValueError: boundaries"],
)
def _unsorted_boundaries() -> Answers:
    return (
        lambda: [round(_at("PiecewiseConstantDecay([10, 5], [1.0, 0.5, 0.1])", 8)[0], 6)],
        lambda: [error(lambda: PiecewiseConstant([10, 5], [1.0, 0.5, 0.1]))],
    )


@defect(
    "a fraction, not a rate",
    "alpha=0.01 of a cosine from 0.1 ends at 0.001.",
    seen=[0.001],
    right=[0.01],
    source="keras-team/keras#21772",
)
def _a_fraction_not_a_rate() -> Answers:
    s = CosineDecay(0.1, duration=10, lr_end=0.01)
    return lambda: [round(_at("CosineDecay(0.1, 10, alpha=0.01)", 10)[0], 9)], lambda: [s(10)]


@defect(
    "a warmup that falls",
    "A warmup target below the first rate is taken as it is.",
    seen=[0.1, 0.01],
    right=["ValueError: start"],
    source="keras-team/keras#18747",
)
def _a_warmup_that_falls() -> Answers:
    call = "CosineDecay(0.1, 10, warmup_target=0.01, warmup_steps=5)"
    return (
        lambda: [round(rate, 6) for rate in _at(call, 0, 5)],
        lambda: [error(lambda: CosineDecay(0.01, duration=10).warmup(5, start=0.1))],
    )


LIBRARY = Functions(
    name="Keras",
    module="keras.optimizers.schedules",
    package="keras",
    tolerance=1e-6,
    column=True,
    calls=CALLS,
    defects=defects_in(globals()),
)
