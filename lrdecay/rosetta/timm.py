"""timm: schedulers that are stepped once an epoch, and told its number."""

from typing import Any

from lrdecay.rosetta.library import Answers, Call, Schedulers, defect, defects_in
from lrdecay.schedules import CosineDecay, PiecewiseConstant

EARLY = "timm's milestone m applies at t = m - 1."

CALLS = (
    Call(
        "constant",
        "create_scheduler_v2(optimizer, sched='constant', num_epochs=50)[0]",
        "Constant(0.1)",
    ),
    Call(
        "step",
        "StepLRScheduler(optimizer, decay_t=10, decay_rate=0.5)",
        "StepDecay(0.1, drop_rate=0.5, step_size=10)",
    ),
    Call(
        "piecewise constant",
        "MultiStepLRScheduler(optimizer, decay_t=[10, 25], decay_rate=0.1)",
        "PiecewiseConstant.from_ratio(0.1, [9, 24], ratio=0.1)",
        EARLY,
    ),
    Call(
        "polynomial",
        "PolyLRScheduler(optimizer, t_initial=40, power=2, lr_min=0.001)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001)",
    ),
    Call(
        "polynomial, cycling",
        "PolyLRScheduler(optimizer, t_initial=20, power=2, cycle_decay=0.5, cycle_limit=9)",
        "PolynomialDecay(0.1, duration=20, power=2).repeat(20, scale=0.5)",
        "Restarts of the same length, lower each time.",
    ),
    Call(
        "linear",
        "PolyLRScheduler(optimizer, t_initial=40, power=1, lr_min=0.01)",
        "LinearDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Call(
        "cosine",
        "CosineLRScheduler(optimizer, t_initial=40)",
        "CosineDecay(0.1, duration=40)",
    ),
    Call(
        "cosine with a floor",
        "CosineLRScheduler(optimizer, t_initial=40, lr_min=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
    ),
    Call(
        "warm restarts (SGDR)",
        "CosineLRScheduler(optimizer, t_initial=10, cycle_mul=2, cycle_decay=0.5, cycle_limit=9)",
        "CosineDecay(0.1, duration=10).repeat(10, stretch=2, scale=0.5)",
    ),
    Call(
        "warmup, constant",
        "create_scheduler_v2(optimizer, sched='constant', num_epochs=50, "
        "warmup_epochs=10, warmup_lr=0.01)[0]",
        "Constant(0.1).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, linear",
        "PolyLRScheduler(optimizer, t_initial=40, power=1, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "LinearDecay(0.1, duration=40).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, polynomial",
        "PolyLRScheduler(optimizer, t_initial=40, power=2, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "PolynomialDecay(0.1, duration=40, power=2).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, cosine",
        "CosineLRScheduler(optimizer, t_initial=40, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "CosineDecay(0.1, duration=40).warmup(10, start=0.01)",
        "Without `warmup_prefix=True` the rate jumps when the warmup is over.",
    ),
    Call(
        "warmup, cosine with a floor",
        "CosineLRScheduler(optimizer, t_initial=40, lr_min=0.01, "
        "warmup_t=10, warmup_lr_init=0.01, warmup_prefix=True)",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10, start=0.01)",
    ),
    Call(
        "warmup, inverse square root (Noam)",
        "create_scheduler_v2(optimizer, sched='rsqrt', num_epochs=55, decay_epochs=10, "
        "warmup_epochs=10, warmup_lr=0.0, warmup_prefix=True)[0]",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
        "Compared up to its cooldown.",
        steps=45,
    ),
    Call(
        "WSD, linear",
        "WSDLRScheduler(optimizer, t_initial=40, decay_t=10, decay_fn='linear', "
        "stable_fn='rsqrt', warmup_t=10)",
        "InverseSqrt(0.1, timescale=10).warmup(10) * "
        "Constant(1.0).then(LinearDecay(1.0, duration=10), at=40)",
        "It goes on falling where others stay: a product here.",
    ),
    *(
        Call(
            f"WSD, {shape}",
            f"WSDLRScheduler(optimizer, t_initial=40, decay_t=10, decay_fn='{shape}', "
            "lr_min=0.01, warmup_t=10)",
            f"WSD(0.1, duration=50, warmup=10, cooldown=10, shape='{shape}', lr_end=0.01)",
            "The rival's `t_initial` is without the warmup.",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
)


@defect(
    "jumps after the warmup",
    "With warmup_prefix=False, the default, the rate jumps down and is never at its peak.",
    seen=[0.09, 0.085355339059],
    right=[0.09, 0.1],
)
def _jumps_after_the_warmup() -> Answers:
    call = "CosineLRScheduler(optimizer, t_initial=40, warmup_t=10)"
    s = CosineDecay(0.1, duration=40).warmup(10)
    return (
        lambda: [round(rate, 12) for rate in LIBRARY.rates(call, 11)[9:]],
        lambda: [round(s(9), 12), s(10)],
    )


@defect(
    "milestone",
    "A milestone m applies at m - 1: Optax, PyTorch and Paddle change at m.",
    seen=[0.1, 0.05, 0.05],
    right=[0.1, 0.1, 0.05],
)
def _milestone() -> Answers:
    call = "MultiStepLRScheduler(optimizer, decay_t=[10], decay_rate=0.5)"
    s = PiecewiseConstant([10], [0.1, 0.05])
    return lambda: LIBRARY.rates(call, 11)[8:], lambda: [s(8), s(9), s(10)]


def _told_the_next_epoch(scheduler: Any, t: int) -> None:
    scheduler.step(t + 1)


LIBRARY = Schedulers(
    name="timm",
    module="timm.scheduler",
    package="timm",
    tolerance=1e-12,
    column=True,
    step=_told_the_next_epoch,
    calls=CALLS,
    defects=defects_in(globals()),
)
