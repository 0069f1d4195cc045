"""What rivals get wrong today, and what lrdecay gives for the same recipe.

Each defect runs the rival and returns the numbers that give it away (`today`), and runs
lrdecay on the same recipe (`ours`). `seen` are the rival's numbers that were found first:
when a new version changes them, the test of the recording says so. `right` is by hand.
"""

import copy
import json
import math
import pickle
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import rosetta

import lrdecay
from lrdecay import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
)


@dataclass(frozen=True)
class Defect:
    """A recipe, who gets it wrong, and both answers."""

    name: str
    library: str
    says: str  # what is wrong
    today: Callable[[], list[Any]]
    seen: list[Any]
    ours: Callable[[], list[Any]]
    right: list[Any]
    needs: tuple[str, ...] = ()  # modules that `ours` needs beside lrdecay
    source: str = ""


DEFECTS: list[Defect] = []


def defect(
    name: str, library: str, says: str, seen: list[Any], right: list[Any], **more: Any
) -> Any:
    """Register a function of no arguments that returns the functions `today` and `ours`."""

    def register(both: Callable[[], tuple[Any, Any]]) -> Any:
        today, ours = both()
        DEFECTS.append(Defect(name, library, says, today, seen, ours, right, **more))
        return both

    return register


def run(library: str, call: str, n: int) -> list[float]:
    """Return the rival's first `n` rates."""
    return rosetta.rates(library, call, n)


def until_it_stops(library: str, call: str, n: int) -> list[Any]:
    """Return the rates of the updates that the rival gets through, and whether it stops then."""
    for made in range(1, n + 1):
        if not error(lambda made=made: run(library, call, made)).startswith("no error"):
            return [*(run(library, call, made - 1) if made > 1 else []), "stops"]
    return list(run(library, call, n))


def error(call: Callable[[], Any]) -> str:
    """Return what `call` raises: its class, and for lrdecay the argument that it names."""
    try:
        value = call()
    except Exception as raised:
        if isinstance(raised, ValueError) and " = " in str(raised):
            return f"ValueError: {str(raised).split(' = ')[0]}"
        return type(raised).__name__
    return f"no error: {value!r}"


def at(call: str, *steps: int) -> list[float]:
    """Return the rates of a Keras schedule."""
    schedule = rosetta.make("Keras", call)
    return [float(schedule(t)) for t in steps]


TORCH = "pytorch/pytorch#"

# PyTorch


@defect(
    "rises again",
    "PyTorch",
    "CosineAnnealingLR rises again after T_max.",
    seen=[0.05, 0.1],
    right=[0.0, 0.0],
)
def _():
    call = "CosineAnnealingLR(optimizer, T_max=10)"
    s = CosineDecay(0.1, duration=10)
    return lambda: [run("PyTorch", call, 21)[t] for t in (15, 20)], lambda: [s(15), s(20)]


@defect(
    "nested in a sequence",
    "PyTorch",
    "A SequentialLR in a SequentialLR loses an update.",
    seen=[0.05, 0.02, 0.02],
    right=[0.05, 0.05, 0.02],
    source=f"{TORCH}196243",
)
def _():
    call = (
        "SequentialLR(optimizer, [SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 99), "
        "ConstantLR(optimizer, 0.2, 99)], [2]), ConstantLR(optimizer, 1.0, 99)], [9])"
    )
    s = Constant(0.05).then(Constant(0.02), at=2).then(Constant(0.1), at=9)
    return lambda: run("PyTorch", call, 3), lambda: list(s.curve(3))


@defect(
    "a sequence as second part",
    "PyTorch",
    "A SequentialLR as a later part of a SequentialLR stops the run.",
    seen=[0.1, "stops"],
    right=[0.1, 0.1, 0.05, 0.05, 0.02],
)
def _():
    call = (
        "SequentialLR(optimizer, [ConstantLR(optimizer, 1.0, 99), SequentialLR(optimizer, "
        "[ConstantLR(optimizer, 0.5, 99), ConstantLR(optimizer, 0.2, 99)], [2])], [2])"
    )
    s = Constant(0.1).then(Constant(0.05).then(Constant(0.02), at=2), at=2)
    return lambda: until_it_stops("PyTorch", call, 5), lambda: list(s.curve(5))


@defect(
    "chained lambda",
    "PyTorch",
    "In a ChainedScheduler, LambdaLR overwrites what came before it.",
    seen=[0.1, 0.1, 0.1],
    right=[0.1, 0.05, 0.025],
    source=f"{TORCH}82859",
)
def _():
    call = "ChainedScheduler([ExponentialLR(optimizer, 0.5), LambdaLR(optimizer, lambda t: 1.0)])"
    s = ExponentialDecay.from_ratio(0.1, ratio=0.5, every=1) * Constant(1.0)
    return lambda: run("PyTorch", call, 3), lambda: list(s.curve(3))


def resumed(first: str, second: str, updates: int, more: int) -> list[float]:
    """Return the rates after a state saved under `first` is loaded under `second`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = rosetta.optimizer()
        scheduler = rosetta.make("PyTorch", first, old)
        rosetta.stepped(scheduler, old, updates, lambda _: scheduler.step())
        saved = copy.deepcopy((old.state_dict(), scheduler.state_dict()))
        new = rosetta.optimizer()
        scheduler = rosetta.make("PyTorch", second, new)
        new.load_state_dict(saved[0])
        scheduler.load_state_dict(saved[1])
        return rosetta.stepped(scheduler, new, more, lambda _: scheduler.step())


@defect(
    "resumed with a new length",
    "PyTorch",
    "Loading state brings the old T_max back: the rate at update 10 of 20 is the end's.",
    seen=[0.0],
    right=[0.05],
    source=f"{TORCH}29697",
)
def _():
    first, second = (f"CosineAnnealingLR(optimizer, T_max={n})" for n in (10, 20))
    s = CosineDecay(0.1, duration=20)
    return lambda: resumed(first, second, 5, 6)[5:], lambda: [s.shift(5)(5)]


@defect(
    "resumed with to_torch",
    "PyTorch",
    "The same, with our schedule in PyTorch's own form.",
    seen=[0.0],
    right=[0.05],
    needs=("torch",),
    source=f"{TORCH}29697",
)
def _():
    def ours() -> list[float]:
        optimizer = rosetta.optimizer()
        scheduler = lrdecay.to_torch(CosineDecay(0.1, duration=10), optimizer)
        rosetta.stepped(scheduler, optimizer, 5, lambda _: scheduler.step())
        saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
        optimizer = rosetta.optimizer()
        scheduler = lrdecay.to_torch(CosineDecay(0.1, duration=20), optimizer)
        optimizer.load_state_dict(saved[0])
        scheduler.load_state_dict(saved[1])
        return rosetta.stepped(scheduler, optimizer, 6, lambda _: scheduler.step())[5:]

    first, second = (f"CosineAnnealingLR(optimizer, T_max={n})" for n in (10, 20))
    return lambda: resumed(first, second, 5, 6)[5:], ours


@dataclass(frozen=True)
class Halving:
    """A callable object, as users write for LambdaLR."""

    every: int

    def __call__(self, t: int) -> float:
        return 0.5 ** (t // self.every)


@defect(
    "an object reset",
    "PyTorch",
    "LambdaLR saves the attributes of a callable object and loads them over the new one's, "
    "even if the object is frozen.",
    seen=[2],
    right=[4],
    needs=("torch",),
)
def _():
    def today() -> list[int]:
        old, new = rosetta.optimizer(), rosetta.optimizer()
        names = vars(rosetta.module("PyTorch"))
        state = names["LambdaLR"](old, Halving(2)).state_dict()
        changed = Halving(4)
        names["LambdaLR"](new, changed).load_state_dict(state)
        return [changed.every]

    def ours() -> list[float]:
        old, new = rosetta.optimizer(), rosetta.optimizer()
        state = lrdecay.to_torch(StepDecay(1.0, 0.5, step_size=2), old).state_dict()
        changed = StepDecay(1.0, 0.5, step_size=4)
        lrdecay.to_torch(changed, new).load_state_dict(state)
        return [changed.step_size]

    return today, ours


@defect(
    "restart missed",
    "PyTorch",
    "CosineAnnealingWarmRestarts.step(t) gives 0 where the restart is due.",
    seen=[0.0, 0.0],
    right=[0.1, 0.1],
)
def _():
    cases = [(3, 3, 363), (10, 3, 1210)]

    def today() -> list[float]:
        rates = []
        for first, factor, t in cases:
            optimizer = rosetta.optimizer()
            call = f"CosineAnnealingWarmRestarts(optimizer, {first}, {factor})"
            rosetta.make("PyTorch", call, optimizer).step(t)
            rates.append(float(optimizer.param_groups[0]["lr"]))
        return rates

    def ours() -> list[float]:
        return [CosineDecay(0.1, n).repeat(n, stretch=k)(t) for n, k, t in cases]

    return today, ours


@defect(
    "documented numbers",
    "PyTorch",
    "The numbers in the docstrings of LinearLR and PolynomialLR are a step off.",
    seen=[0.003687, 0.049],
    right=[0.0025, 0.05],
)
def _():
    def today() -> list[float]:
        names = vars(rosetta.module("PyTorch"))
        texts = [names[name].__doc__ for name in ("LinearLR", "PolynomialLR")]
        return [float(re.search(r"lr = ([\d.]+) +if epoch == 0", text)[1]) for text in texts]

    warm = Constant(0.05).warmup(40, start=0.0025)
    return today, lambda: [warm(0), LinearDecay(0.05, duration=50)(0)]


@defect(
    "plateau in a sequence",
    "PyTorch",
    "SequentialLR takes no ReduceLROnPlateau.",
    seen=["ValueError"],
    right=["TypeError"],
)
def _():
    # not a function of t, so it is refused here too, with a reason
    call = "SequentialLR(optimizer, [ReduceLROnPlateau(optimizer), StepLR(optimizer, 9)], [9])"
    return (
        lambda: [error(lambda: run("PyTorch", call, 3))],
        lambda: [error(lambda: Constant(0.1).then(min, at=9))],
    )


@defect(
    "plotted before use",
    "PyTorch",
    "A scheduler that was stepped through for a plot is used up: training goes on at its last rate "
    "(seen in d2l's chapter on schedulers).",
    seen=[0.025, 0.025],
    right=[0.1, 0.05],
)
def _():
    def today() -> list[float]:
        optimizer = rosetta.optimizer()
        scheduler = rosetta.make("PyTorch", "MultiStepLR(optimizer, [15, 30], 0.5)", optimizer)
        rosetta.stepped(scheduler, optimizer, 30, lambda _: scheduler.step())  # the plot
        trained = rosetta.stepped(scheduler, optimizer, 30, lambda _: scheduler.step())
        return [trained[0], trained[-1]]

    def ours() -> list[float]:
        s = PiecewiseConstant([15, 30], [0.1, 0.05, 0.025])
        s.curve(30)  # the plot
        return [s(0), s(29)]

    return today, ours


@defect(
    "stepped once an epoch",
    "PyTorch",
    "Stepped once an epoch, a OneCycleLR for 10 epochs of 100 updates never gets near its peak, "
    "and says nothing (seen in handson-mlp, issue 28).",
    seen=[0.00421],
    right=["steps-as-epochs"],
)
def _():
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000)"

    def ours() -> list[str]:
        s = lrdecay.OneCycle(0.1, duration=999, warmup=299)
        return sorted({finding.code for finding in lrdecay.audit(s, 10, 100)})

    return lambda: [round(max(run("PyTorch", call, 10)), 5)], ours


# Keras


@defect(
    "logs the next rate",
    "Keras",
    "The learning rate that History records for an epoch is the next update's.",
    seen=[0.05, 0.025],
    right=[0.1, 0.05],
    needs=("keras",),
)
def _():
    def fit(schedule: Any, callback: Any) -> Any:
        import keras  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(schedule), "mse")
        x = np.zeros((2, 1))
        return model.fit(x, x, batch_size=2, epochs=2, verbose=0, callbacks=[callback])

    def today() -> list[float]:
        import keras  # noqa: PLC0415

        schedule = rosetta.make("Keras", "ExponentialDecay(0.1, 1, 0.5)")
        patient = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=99)
        return [float(rate) for rate in fit(schedule, patient).history["learning_rate"]]

    def ours() -> list[float]:
        from lrdecay.lab.callbacks import LRHistory  # noqa: PLC0415

        history = LRHistory()
        fit(lrdecay.to_keras(StepDecay(0.1, 0.5, step_size=1)), history)
        return list(history.rates)

    return today, ours


@defect(
    "boundaries after the end",
    "Keras",
    "Boundaries at 50,000 and 80,000 in a run of 17,190 updates: how many rates does it train at? "
    "Nothing is said (seen in handson-ml3, pull 206).",
    seen=[1],
    right=["unreached-milestone"],
)
def _():
    values = [0.01, 0.005, 0.001]
    call = f"PiecewiseConstantDecay([50_000, 80_000], {values})"

    def ours() -> list[str]:
        findings = lrdecay.audit(PiecewiseConstant([50_000, 80_000], values), 17_190)
        return sorted({finding.code for finding in findings})

    return lambda: [len({round(rate, 6) for rate in at(call, *range(0, 17_190, 955))})], ours


@defect(
    "asked for its schedule",
    "Keras",
    "optimizer.learning_rate is a number, not the schedule that it was given.",
    seen=[False],
    right=[True],
    source="keras-team/keras#20069",
)
def _():
    def today() -> list[bool]:
        import keras  # noqa: PLC0415

        schedule = rosetta.make("Keras", "ExponentialDecay(0.1, 10, 0.5)")
        return [callable(keras.optimizers.SGD(schedule).learning_rate)]

    return today, lambda: [callable(ExponentialDecay.from_ratio(0.1, ratio=0.5, every=10))]


@defect(
    "assigned and adjusted",
    "Keras",
    "With a schedule, assigning a rate, ReduceLROnPlateau and LearningRateScheduler all fail.",
    seen=["TypeError", "TypeError", "TypeError"],
    right=[0.1, 0.05, 0.025],
    source="tensorflow/tensorflow#51399",
)
def _():
    def today() -> list[str]:
        import keras  # noqa: PLC0415
        import numpy as np  # noqa: PLC0415

        def model() -> Any:
            made = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
            schedule = rosetta.make("Keras", "ExponentialDecay(0.1, 10, 0.5)")
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
    "Keras",
    "With gradient_accumulation_steps=4 the schedule is asked for steps 3, 7 and 11.",
    seen=[3, 7, 11],
    right=[0, 1, 2],
    needs=("keras",),
)
def _():
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
        keras_schedule = lrdecay.to_keras(counting, every=4)
        return [round(1000 - float(keras_schedule(t))) for t in asked(keras_schedule)]

    def today() -> list[int]:
        return sorted(set(asked(lambda step: 0.1)) - {0})

    return today, ours


@defect(
    "restart missed",
    "Keras",
    "CosineDecayRestarts gives 0 where the restart is due.",
    seen=[0.0],
    right=[0.1],
)
def _():
    s = CosineDecay(0.1, duration=10).repeat(10, stretch=2)
    return lambda: at("CosineDecayRestarts(0.1, 10, t_mul=2.0)", 81910), lambda: [s(81910)]


@defect(
    "steps above 2 ** 24",
    "Keras",
    "In float32 the step before a drop has the rate after it.",
    seen=[2**-20],
    right=[2**-19],
)
def _():
    size = 2**20 + 1
    call = f"ExponentialDecay(1.0, {size}, 0.5, staircase=True)"
    s = StepDecay(1.0, 0.5, step_size=size)
    return lambda: at(call, 20 * size - 1), lambda: [s(20 * size - 1)]


@defect(
    "two steps, one rate",
    "Keras",
    "Are the rates of steps 2 ** 24 and 2 ** 24 + 1 the same? To float32 they are.",
    seen=[True],
    right=[False],
)
def _():
    call = f"ExponentialDecay(1.0, {2**24}, 0.5)"
    s = ExponentialDecay.from_ratio(1.0, ratio=0.5, every=2**24)

    def today() -> list[bool]:
        first, second = at(call, 2**24, 2**24 + 1)
        return [first == second]

    return today, lambda: [s(2**24) == s(2**24 + 1)]


@defect(
    "a whole number",
    "Keras",
    "ExponentialDecay(1, ...) computes in integers, and 1 becomes 0.",
    seen=[0.0],
    right=[0.5],
)
def _():
    s = ExponentialDecay.from_ratio(1, ratio=0.5, every=10)
    return lambda: at("ExponentialDecay(1, 10, 0.5)", 10), lambda: [round(s(10), 12)]


@defect(
    "a default that raises",
    "Keras",
    "PolynomialDecay's default end, 1e-4, raises a rate of 1e-5.",
    seen=[1e-4],
    right=[0.0, "ValueError: lr_end"],
)
def _():
    return (
        lambda: [round(at("PolynomialDecay(1e-5, 10)", 10)[0], 9)],
        lambda: [
            PolynomialDecay(1e-5, 10)(10),
            error(lambda: PolynomialDecay(1e-5, 10, lr_end=1e-4)),
        ],
    )


@defect(
    "boundary",
    "Keras",
    "PiecewiseConstantDecay changes at b + 1: Optax, PyTorch and Paddle change at b.",
    seen=[1.0, 0.5],
    right=[0.5, 0.5],
)
def _():
    s = PiecewiseConstant([10], [1.0, 0.5])
    call = "PiecewiseConstantDecay([10], [1.0, 0.5])"
    return lambda: at(call, 10, 11), lambda: [s(10), s(11)]


@defect(
    "unsorted boundaries",
    "Keras",
    "PiecewiseConstantDecay adds two values when the boundaries are not sorted.",
    seen=[1.1],
    right=["ValueError: boundaries"],
)
def _():
    return (
        lambda: [round(at("PiecewiseConstantDecay([10, 5], [1.0, 0.5, 0.1])", 8)[0], 6)],
        lambda: [error(lambda: PiecewiseConstant([10, 5], [1.0, 0.5, 0.1]))],
    )


@defect(
    "a fraction, not a rate",
    "Keras",
    "alpha=0.01 of a cosine from 0.1 ends at 0.001.",
    seen=[0.001],
    right=[0.01],
    source="keras-team/keras#21772",
)
def _():
    s = CosineDecay(0.1, duration=10, lr_end=0.01)
    return lambda: [round(at("CosineDecay(0.1, 10, alpha=0.01)", 10)[0], 9)], lambda: [s(10)]


@defect(
    "a warmup that falls",
    "Keras",
    "A warmup target below the first rate is taken as it is.",
    seen=[0.1, 0.01],
    right=["ValueError: start"],
    source="keras-team/keras#18747",
)
def _():
    call = "CosineDecay(0.1, 10, warmup_target=0.01, warmup_steps=5)"
    return (
        lambda: [round(rate, 6) for rate in at(call, 0, 5)],
        lambda: [error(lambda: CosineDecay(0.01, duration=10).warmup(5, start=0.1))],
    )


# Optax


@defect(
    "0 steps",
    "Optax",
    "linear_schedule and warmup_constant_schedule over 0 steps stay at the first rate, 0.",
    seen=[0.0, 0.0],
    right=["ValueError: duration"],
)
def _():
    calls = ["linear_schedule(0.0, 0.1, 0)", "warmup_constant_schedule(0.0, 0.1, 0)"]
    return (
        lambda: [float(rosetta.make("Optax", call)(1000)) for call in calls],
        lambda: [error(lambda: Constant(0.1).warmup(0))],
    )


@defect(
    "gradient of a join",
    "Optax",
    "join_schedules evaluates every part: a root in one not in use makes the gradient NaN.",
    seen=["nan"],
    right=[0.0],
    needs=("jax",),
)
def _():
    def slope(schedule: Any, t: float) -> str | float:
        import jax  # noqa: PLC0415

        value = float(jax.grad(schedule)(t))
        return "nan" if math.isnan(value) else value

    def today() -> list[Any]:
        call = (
            "join_schedules([constant_schedule(0.1), lambda t: 0.1 * (1 + t / 10) ** -0.5], [15])"
        )
        return [slope(rosetta.make("Optax", call), 5.0)]

    def ours() -> list[Any]:
        s = Constant(0.1).then(lrdecay.InverseSqrt(0.1, timescale=10), at=15)
        return [slope(lrdecay.to_optax(s), 5.0)]

    return today, ours


@defect(
    "kept in a file",
    "Optax",
    "Can a schedule be pickled?",
    seen=[False],
    right=[True],
)
def _():
    s = CosineDecay(0.1, duration=40).warmup(10)

    def today() -> list[bool]:
        made = rosetta.make("Optax", "cosine_decay_schedule(0.1, 40)")
        return [not error(lambda: pickle.dumps(made)).endswith("Error")]

    def ours() -> list[bool]:
        text = json.dumps(s.to_config())
        return [s == pickle.loads(pickle.dumps(s)) == lrdecay.from_config(json.loads(text))]

    return today, ours


# Transformers, timm, pytorch_optimizer


@defect(
    "two groups, two ends",
    "Transformers",
    "The polynomial's lr_end=0.01 is 0.001 for a group whose rate is a tenth.",
    seen=[0.01, 0.001],
    right=[0.01, 0.01],
)
def _():
    def today() -> list[float]:
        import torch  # noqa: PLC0415

        groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in (0.1, 0.01)]
        optimizer = torch.optim.SGD(groups, lr=0.1)
        call = "get_polynomial_decay_schedule_with_warmup(optimizer, 0, 10, lr_end=0.01)"
        scheduler = rosetta.make("Transformers", call, optimizer)
        rosetta.stepped(scheduler, optimizer, 12, lambda _: scheduler.step())
        return [round(float(group["lr"]), 12) for group in optimizer.param_groups]

    # a schedule a group, each with the end that it names
    return today, lambda: [LinearDecay(lr, duration=10, lr_end=0.01)(12) for lr in (0.1, 0.01)]


@defect(
    "all warmup",
    "Transformers",
    "The polynomial with num_warmup_steps == num_training_steps divides by zero.",
    seen=["ZeroDivisionError"],
    right=["ValueError: duration", 0.1],
)
def _():
    call = "get_polynomial_decay_schedule_with_warmup(optimizer, 10, 10)"
    return (
        lambda: [error(lambda: run("Transformers", call, 12))],
        lambda: [error(lambda: LinearDecay(0.1, 0)), Constant(0.1).warmup(10)(11)],
    )


@defect(
    "rises again",
    "Transformers",
    "get_cosine_schedule_with_warmup rises again after num_training_steps.",
    seen=[0.05, 0.1],
    right=[0.0, 0.0],
)
def _():
    call = "get_cosine_schedule_with_warmup(optimizer, 0, 10)"
    s = CosineDecay(0.1, duration=10)
    return (
        lambda: [round(run("Transformers", call, 21)[t], 12) for t in (15, 20)],
        lambda: [s(15), s(20)],
    )


@defect(
    "jumps after the warmup",
    "timm",
    "With warmup_prefix=False, the default, the rate jumps down and is never at its peak.",
    seen=[0.09, 0.085355339059],
    right=[0.09, 0.1],
)
def _():
    call = "CosineLRScheduler(optimizer, t_initial=40, warmup_t=10)"
    s = CosineDecay(0.1, duration=40).warmup(10)
    return (
        lambda: [round(rate, 12) for rate in run("timm", call, 11)[9:]],
        lambda: [round(s(9), 12), s(10)],
    )


@defect(
    "milestone",
    "timm",
    "A milestone m applies at m - 1: Optax, PyTorch and Paddle change at m.",
    seen=[0.1, 0.05, 0.05],
    right=[0.1, 0.1, 0.05],
)
def _():
    call = "MultiStepLRScheduler(optimizer, decay_t=[10], decay_rate=0.5)"
    s = PiecewiseConstant([10], [0.1, 0.05])
    return lambda: run("timm", call, 11)[8:], lambda: [s(8), s(9), s(10)]


@defect(
    "first update wasted",
    "pytorch_optimizer",
    "REXScheduler makes the first update at its minimum, 0, and none at its peak.",
    seen=[0.0, 0.098734],
    right=[0.1, 0.098734],
)
def _():
    call = "REXScheduler(optimizer, total_steps=40, max_lr=0.1)"
    s = lrdecay.REX(0.1, duration=40)
    return (
        lambda: [round(rate, 6) for rate in run("pytorch_optimizer", call, 2)],
        lambda: [round(s(t), 6) for t in (0, 1)],
    )


# A book: what its class does, written again here


@defect(
    "changes itself",
    "d2l",
    "Its FactorScheduler ignores the step and multiplies its own rate at each call: the first rate "
    "is not 2, and asking twice gives two answers.",
    seen=[1.8, 1.62],
    right=[2.0, 2.0],
)
def _():
    class Changing:
        rate = 2.0

        def __call__(self, t: int) -> float:
            self.rate = max(0.01, 0.9 * self.rate)
            return self.rate

    def today() -> list[float]:
        scheduler = Changing()
        return [scheduler(0), scheduler(0)]

    s = StepDecay(2.0, 0.9, step_size=1).clip(0.01)
    return today, lambda: [s(0), s(0)]


def key(defect: Defect) -> str:
    """Return what the rival's numbers are recorded under."""
    return f"{defect.library}: {defect.name}"


def same(found: list[Any], expected: list[Any]) -> bool:
    """Return whether two answers are the same: numbers to 1e-6 of them, all else exactly."""
    return len(found) == len(expected) and all(
        abs(a - b) <= 1e-6 * abs(b) + 1e-12
        if isinstance(a, float) and isinstance(b, int | float)
        else a == b
        for a, b in zip(found, expected, strict=True)
    )
