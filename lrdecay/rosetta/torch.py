"""PyTorch: schedulers that are stepped after each update."""

import copy
import re
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

from lrdecay.interop import to_torch
from lrdecay.rosetta.library import (
    CHAINED,
    END,
    Answers,
    Call,
    Schedulers,
    defect,
    defects_in,
    error,
    new_optimizer,
)
from lrdecay.schedules import (
    Constant,
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    PiecewiseConstant,
    StepDecay,
)

LAST = (
    "PyTorch counts to the last update: N steps are a duration of N - 1, and a share p of them is "
    "a length of p N - 1."
)
ISSUES = "pytorch/pytorch#"

CALLS = (
    Call(
        "constant",
        "ConstantLR(optimizer, factor=0.5, total_iters=10)",
        "Constant(0.05).then(Constant(0.1), at=10)",
        "A constant factor, then none.",
    ),
    Call(
        "step",
        "StepLR(optimizer, step_size=10, gamma=0.5)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Call(
        "piecewise constant",
        "MultiStepLR(optimizer, milestones=[10, 25], gamma=0.1)",
        "PiecewiseConstant.from_ratio(0.1, [10, 25], ratio=0.1)",
    ),
    Call(
        "`ratio ** (t / T)`",
        "ExponentialLR(optimizer, gamma=0.9)",
        "ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1)",
    ),
    Call(
        "polynomial",
        "PolynomialLR(optimizer, total_iters=40, power=2)",
        "PolynomialDecay(0.1, duration=40, power=2)",
        tolerance=CHAINED,
    ),
    Call(
        "linear",
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=40)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Call(
        "cosine",
        "CosineAnnealingLR(optimizer, T_max=40)",
        "CosineDecay(0.1, duration=40)",
        END,
        steps=41,
        tolerance=CHAINED,
    ),
    Call(
        "cosine with a floor",
        "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        END,
        steps=41,
    ),
    Call(
        "warm restarts (SGDR)",
        "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2)",
    ),
    Call(
        "warmup, constant",
        "LinearLR(optimizer, start_factor=0.1, total_iters=10)",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, linear",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=40)], milestones=[10])",
        "LinearDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, polynomial",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "PolynomialLR(optimizer, total_iters=40, power=2)], milestones=[10])",
        "PolynomialDecay(0.1, duration=40, power=2).warmup(10, start=0.01)",
        tolerance=CHAINED,
    ),
    Call(
        "warmup, exponential",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ExponentialLR(optimizer, gamma=0.9)], milestones=[10])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, cosine",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "CosineAnnealingLR(optimizer, T_max=40)], milestones=[10])",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        END,
        steps=51,
        tolerance=CHAINED,
    ),
    Call(
        "warmup, cosine with a floor",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "CosineAnnealingLR(optimizer, T_max=40, eta_min=0.01)], milestones=[10])",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
        END,
        steps=51,
        tolerance=CHAINED,
    ),
    Call(
        "one-cycle, cosine",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3)",
        "OneCycle(0.1, duration=49, warmup=14)",
        LAST,
        steps=50,
    ),
    Call(
        "one-cycle, linear",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3, "
        "anneal_strategy='linear')",
        "OneCycle(0.1, duration=49, warmup=14, shape='linear')",
        LAST,
        steps=50,
    ),
    Call(
        "one-cycle, three phases",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=50, pct_start=0.3, three_phase=True)",
        "OneCycle(0.1, duration=49, warmup=14, three_phase=True)",
        LAST,
        steps=50,
    ),
    Call(
        "`triangular`",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8)",
        "Cyclic(0.01, 0.1, half_cycle=8)",
    ),
    Call(
        "`triangular`",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=5, step_size_down=15)",
        "LinearDecay(0.1, duration=15, lr_end=0.01).warmup(5, start=0.01).repeat(20)",
        "Rise and fall of different lengths are a composition.",
    ),
    Call(
        "`triangular2`",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8, mode='triangular2')",
        "Cyclic(0.01, 0.1, half_cycle=8, mode='triangular2')",
    ),
    Call(
        "`exp_range`",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=8, mode='exp_range', "
        "gamma=0.98)",
        "Cyclic(0.01, 0.1, half_cycle=8, mode='exp_range', decay_rate=0.02020270731751945)",
        "`decay_rate` is -log(gamma).",
    ),
    Call(
        "WSD, linear",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ConstantLR(optimizer, factor=1.0), "
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=10)], "
        "milestones=[10, 40])",
        "WSD(0.1, duration=40, warmup=0, cooldown=10, lr_end=0.01).warmup(10, start=0.01)",
    ),
    Call(
        "WSD, cosine",
        "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.1, total_iters=10), "
        "ConstantLR(optimizer, factor=1.0), "
        "CosineAnnealingLR(optimizer, T_max=10, eta_min=0.01)], milestones=[10, 40])",
        "WSD(0.1, duration=40, warmup=0, cooldown=10, shape='cosine', lr_end=0.01)"
        ".warmup(10, start=0.01)",
        END,
        steps=51,
    ),
    Call(
        "one after another",
        "SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 99), "
        "ExponentialLR(optimizer, 0.9), StepLR(optimizer, 5, 0.5)], milestones=[10, 30])",
        "Constant(0.05).then(ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1), at=10)"
        ".then(StepDecay(0.1, drop_rate=0.5, step_size=5), at=30)",
        "Each part's clock starts at 0, as here.",
    ),
    Call(
        "multiplied",
        "ChainedScheduler([ExponentialLR(optimizer, 0.95), StepLR(optimizer, 10, 0.5)])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.95, every=1) * "
        "StepDecay(1.0, drop_rate=0.5, step_size=10)",
        "Parts must be recursive: with a `LambdaLR` the product is lost, see the last table.",
    ),
    Call(
        "multiplied",
        "ChainedScheduler([LinearLR(optimizer, 0.1, total_iters=10), "
        "ExponentialLR(optimizer, 0.9)])",
        "Constant(0.1).warmup(10, start=0.01) * "
        "ExponentialDecay.from_ratio(1.0, ratio=0.9, every=1)",
    ),
    Call(
        "delayed",
        "SequentialLR(optimizer, [ConstantLR(optimizer, 1.0), ExponentialLR(optimizer, 0.9)], "
        "milestones=[15])",
        "ExponentialDecay.from_ratio(0.1, ratio=0.9, every=1).hold(15)",
    ),
)


def _until_it_stops(call: str, n: int) -> list[Any]:
    """Return the rates of the updates that the rival gets through, and whether it stops then."""
    for made in range(1, n + 1):
        if not error(partial(LIBRARY.rates, call, made)).startswith("no error"):
            return [*(LIBRARY.rates(call, made - 1) if made > 1 else []), "stops"]
    return list(LIBRARY.rates(call, n))


@defect(
    "rises again",
    "CosineAnnealingLR rises again after T_max.",
    seen=[0.05, 0.1],
    right=[0.0, 0.0],
)
def _rises_again() -> Answers:
    call = "CosineAnnealingLR(optimizer, T_max=10)"
    s = CosineDecay(0.1, duration=10)
    return lambda: [LIBRARY.rates(call, 21)[t] for t in (15, 20)], lambda: [s(15), s(20)]


@defect(
    "nested in a sequence",
    "A SequentialLR in a SequentialLR loses an update.",
    seen=[0.05, 0.02, 0.02],
    right=[0.05, 0.05, 0.02],
    source=f"{ISSUES}196243",
)
def _nested_in_a_sequence() -> Answers:
    call = (
        "SequentialLR(optimizer, [SequentialLR(optimizer, [ConstantLR(optimizer, 0.5, 99), "
        "ConstantLR(optimizer, 0.2, 99)], [2]), ConstantLR(optimizer, 1.0, 99)], [9])"
    )
    s = Constant(0.05).then(Constant(0.02), at=2).then(Constant(0.1), at=9)
    return lambda: LIBRARY.rates(call, 3), lambda: list(s.curve(3))


@defect(
    "a sequence as second part",
    "A SequentialLR as a later part of a SequentialLR stops the run.",
    seen=[0.1, "stops"],
    right=[0.1, 0.1, 0.05, 0.05, 0.02],
)
def _a_sequence_as_second_part() -> Answers:
    call = (
        "SequentialLR(optimizer, [ConstantLR(optimizer, 1.0, 99), SequentialLR(optimizer, "
        "[ConstantLR(optimizer, 0.5, 99), ConstantLR(optimizer, 0.2, 99)], [2])], [2])"
    )
    s = Constant(0.1).then(Constant(0.05).then(Constant(0.02), at=2), at=2)
    return lambda: _until_it_stops(call, 5), lambda: list(s.curve(5))


@defect(
    "chained lambda",
    "In a ChainedScheduler, LambdaLR overwrites what came before it.",
    seen=[0.1, 0.1, 0.1],
    right=[0.1, 0.05, 0.025],
    source=f"{ISSUES}82859",
)
def _chained_lambda() -> Answers:
    call = "ChainedScheduler([ExponentialLR(optimizer, 0.5), LambdaLR(optimizer, lambda t: 1.0)])"
    s = ExponentialDecay.from_ratio(0.1, ratio=0.5, every=1) * Constant(1.0)
    return lambda: LIBRARY.rates(call, 3), lambda: list(s.curve(3))


def _resumed(first: str, second: str, updates: int, more: int) -> list[float]:
    """Return the rates after a state saved under `first` is loaded under `second`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = new_optimizer()
        scheduler = LIBRARY.make(first, old)
        LIBRARY.stepped(scheduler, old, updates)
        saved = copy.deepcopy((old.state_dict(), scheduler.state_dict()))
        new = new_optimizer()
        scheduler = LIBRARY.make(second, new)
        new.load_state_dict(saved[0])
        scheduler.load_state_dict(saved[1])
        return LIBRARY.stepped(scheduler, new, more)


@defect(
    "resumed with a new length",
    "Loading state brings the old T_max back: the rate at update 10 of 20 is the end's.",
    seen=[0.0],
    right=[0.05],
    source=f"{ISSUES}29697",
)
def _resumed_with_a_new_length() -> Answers:
    first, second = (f"CosineAnnealingLR(optimizer, T_max={n})" for n in (10, 20))
    s = CosineDecay(0.1, duration=20)
    return lambda: _resumed(first, second, 5, 6)[5:], lambda: [s.shift(5)(5)]


@defect(
    "resumed with to_torch",
    "The same, with our schedule in PyTorch's own form.",
    seen=[0.0],
    right=[0.05],
    needs=("torch",),
    source=f"{ISSUES}29697",
)
def _resumed_with_to_torch() -> Answers:
    def ours() -> list[float]:
        optimizer = new_optimizer()
        scheduler = to_torch(CosineDecay(0.1, duration=10), optimizer)
        LIBRARY.stepped(scheduler, optimizer, 5)
        saved = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
        optimizer = new_optimizer()
        scheduler = to_torch(CosineDecay(0.1, duration=20), optimizer)
        optimizer.load_state_dict(saved[0])
        scheduler.load_state_dict(saved[1])
        return LIBRARY.stepped(scheduler, optimizer, 6)[5:]

    first, second = (f"CosineAnnealingLR(optimizer, T_max={n})" for n in (10, 20))
    return lambda: _resumed(first, second, 5, 6)[5:], ours


@dataclass(frozen=True)
class _Halving:
    """A callable object, as users write for LambdaLR."""

    every: int

    def __call__(self, t: int) -> float:
        return 0.5 ** (t // self.every)


@defect(
    "an object reset",
    "LambdaLR saves the attributes of a callable object and loads them over the new one's, "
    "even if the object is frozen.",
    seen=[2],
    right=[4],
    needs=("torch",),
)
def _an_object_reset() -> Answers:
    def today() -> list[int]:
        old, new = new_optimizer(), new_optimizer()
        names = LIBRARY.names()
        state = names["LambdaLR"](old, _Halving(2)).state_dict()
        changed = _Halving(4)
        names["LambdaLR"](new, changed).load_state_dict(state)
        return [changed.every]

    def ours() -> list[float]:
        old, new = new_optimizer(), new_optimizer()
        state = to_torch(StepDecay(1.0, 0.5, step_size=2), old).state_dict()
        changed = StepDecay(1.0, 0.5, step_size=4)
        to_torch(changed, new).load_state_dict(state)
        return [changed.step_size]

    return today, ours


@defect(
    "restart missed",
    "CosineAnnealingWarmRestarts.step(t) gives 0 where the restart is due.",
    seen=[0.0, 0.0],
    right=[0.1, 0.1],
)
def _restart_missed() -> Answers:
    cases = [(3, 3, 363), (10, 3, 1210)]

    def today() -> list[float]:
        rates = []
        for first, factor, t in cases:
            optimizer = new_optimizer()
            call = f"CosineAnnealingWarmRestarts(optimizer, {first}, {factor})"
            LIBRARY.make(call, optimizer).step(t)
            rates.append(float(optimizer.param_groups[0]["lr"]))
        return rates

    def ours() -> list[float]:
        return [CosineDecay(0.1, n).repeat(n, stretch=k)(t) for n, k, t in cases]

    return today, ours


@defect(
    "documented numbers",
    "The numbers in the docstrings of LinearLR and PolynomialLR are a step off.",
    seen=[0.003687, 0.049],
    right=[0.0025, 0.05],
)
def _documented_numbers() -> Answers:
    def today() -> list[float]:
        names = LIBRARY.names()
        texts = [names[name].__doc__ for name in ("LinearLR", "PolynomialLR")]
        first = re.compile(r"lr = ([\d.]+) +if epoch == 0")
        return [float(rate) for text in texts for rate in first.findall(text)[:1]]

    warm = Constant(0.05).warmup(40, start=0.0025)
    return today, lambda: [warm(0), LinearDecay(0.05, duration=50)(0)]


@defect(
    "plateau in a sequence",
    "SequentialLR takes no ReduceLROnPlateau.",
    seen=["ValueError"],
    right=["TypeError"],
)
def _plateau_in_a_sequence() -> Answers:
    # not a function of t, so it is refused here too, with a reason
    call = "SequentialLR(optimizer, [ReduceLROnPlateau(optimizer), StepLR(optimizer, 9)], [9])"
    return (
        lambda: [error(lambda: LIBRARY.rates(call, 3))],
        lambda: [error(lambda: Constant(0.1).then(min, at=9))],  # type: ignore[arg-type]
    )


@defect(
    "plotted before use",
    "A scheduler that was stepped through for a plot is used up: training goes on at its last rate "
    "(seen in d2l's chapter on schedulers).",
    seen=[0.025, 0.025],
    right=[0.1, 0.05],
)
def _plotted_before_use() -> Answers:
    def today() -> list[float]:
        optimizer = new_optimizer()
        scheduler = LIBRARY.make("MultiStepLR(optimizer, [15, 30], 0.5)", optimizer)
        LIBRARY.stepped(scheduler, optimizer, 30)  # the plot
        trained = LIBRARY.stepped(scheduler, optimizer, 30)
        return [trained[0], trained[-1]]

    def ours() -> list[float]:
        s = PiecewiseConstant([15, 30], [0.1, 0.05, 0.025])
        s.curve(30)  # the plot
        return [s(0), s(29)]

    return today, ours


@defect(
    "stepped once an epoch",
    "Stepped once an epoch, a OneCycleLR for 10 epochs of 100 updates never gets near its peak, "
    "and says nothing (seen in handson-mlp, issue 28).",
    seen=[0.00421],
    right=["steps-as-epochs"],
)
def _stepped_once_an_epoch() -> Answers:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000)"
    return lambda: [round(max(LIBRARY.rates(call, 10)), 5)], None


LIBRARY = Schedulers(
    name="PyTorch",
    module="torch.optim.lr_scheduler",
    package="torch",
    tolerance=1e-12,
    column=True,
    calls=CALLS,
    defects=defects_in(globals()),
)
