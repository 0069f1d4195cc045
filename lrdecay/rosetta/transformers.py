"""Transformers: functions that return PyTorch's `LambdaLR`."""

from lrdecay.rosetta.library import END, TOTAL, Answers, Call, Schedulers, defect, defects_in, error
from lrdecay.schedules import Constant, CosineDecay, LinearDecay

CALLS = (
    Call("constant", "get_constant_schedule(optimizer)", "Constant(0.1)"),
    Call(
        "linear",
        "get_linear_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=40)",
        "LinearDecay(0.1, duration=40)",
    ),
    Call(
        "cosine",
        "get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=40)",
        "CosineDecay(0.1, duration=40)",
        END,
        steps=41,
    ),
    Call(
        "cosine with a floor",
        "get_cosine_with_min_lr_schedule_with_warmup("
        "optimizer, num_warmup_steps=0, num_training_steps=40, min_lr=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01)",
        END,
        steps=41,
    ),
    Call(
        "warm restarts (SGDR)",
        "get_cosine_with_hard_restarts_schedule_with_warmup("
        "optimizer, num_warmup_steps=10, num_training_steps=50, num_cycles=2)",
        "CosineDecay(0.1, duration=20).repeat(20).then(Constant(0.0), at=40).warmup(10)",
        TOTAL,
    ),
    Call(
        "warmup, constant",
        "get_constant_schedule_with_warmup(optimizer, num_warmup_steps=10)",
        "Constant(0.1).warmup(10)",
    ),
    Call(
        "warmup, linear",
        "get_linear_schedule_with_warmup(optimizer, num_warmup_steps=10, num_training_steps=50)",
        "LinearDecay(0.1, duration=40).warmup(10)",
        TOTAL,
    ),
    Call(
        "warmup, polynomial",
        "get_polynomial_decay_schedule_with_warmup("
        "optimizer, num_warmup_steps=10, num_training_steps=50, lr_end=0.001, power=2)",
        "PolynomialDecay(0.1, duration=40, power=2, lr_end=0.001).warmup(10)",
        TOTAL,
    ),
    Call(
        "warmup, cosine",
        "get_cosine_schedule_with_warmup(optimizer, num_warmup_steps=10, num_training_steps=50)",
        "CosineDecay(0.1, duration=40).warmup(10)",
        f"{TOTAL} {END}",
        steps=51,
    ),
    Call(
        "warmup, cosine with a floor",
        "get_cosine_with_min_lr_schedule_with_warmup("
        "optimizer, num_warmup_steps=10, num_training_steps=50, min_lr=0.01)",
        "CosineDecay(0.1, duration=40, lr_end=0.01).warmup(10)",
        f"{TOTAL} {END}",
        steps=51,
    ),
    Call(
        "warmup, inverse square root (Noam)",
        "get_inverse_sqrt_schedule(optimizer, num_warmup_steps=10)",
        "InverseSqrt(0.1, timescale=10).warmup(10)",
    ),
    Call(
        "warmup, inverse square root (Noam)",
        "get_inverse_sqrt_schedule(optimizer, num_warmup_steps=10, timescale=30)",
        "InverseSqrt(0.1, timescale=30).warmup(10)",
    ),
    *(
        Call(
            f"WSD, {shape}",
            "get_wsd_schedule(optimizer, num_warmup_steps=10, num_decay_steps=10, "
            f"num_training_steps=50, decay_type='{shape}', min_lr_ratio=0.1)",
            f"WSD(0.1, duration=40, warmup=0, cooldown=10, shape='{shape}', lr_end=0.01)"
            ".warmup(10, start=0.01)",
            "The rival's warmup starts at its floor.",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
    Call(
        "warmup in a curve",
        "get_wsd_schedule(optimizer, num_warmup_steps=10, num_decay_steps=10, "
        "num_training_steps=50, warmup_type='cosine', decay_type='linear')",
        "WSD(0.1, duration=40, warmup=0, cooldown=10).warmup(10, shape='cosine')",
    ),
)


@defect(
    "two groups, two ends",
    "The polynomial's lr_end=0.01 is 0.001 for a group whose rate is a tenth.",
    seen=[0.01, 0.001],
    right=[0.01, 0.01],
)
def _two_groups_two_ends() -> Answers:
    def today() -> list[float]:
        import torch  # noqa: PLC0415

        groups = [{"params": [torch.zeros(1)], "lr": lr} for lr in (0.1, 0.01)]
        optimizer = torch.optim.SGD(groups, lr=0.1)
        call = "get_polynomial_decay_schedule_with_warmup(optimizer, 0, 10, lr_end=0.01)"
        scheduler = LIBRARY.make(call, optimizer)
        LIBRARY.stepped(scheduler, optimizer, 12)
        return [round(float(group["lr"]), 12) for group in optimizer.param_groups]

    # a schedule a group, each with the end that it names
    return today, lambda: [LinearDecay(lr, duration=10, lr_end=0.01)(12) for lr in (0.1, 0.01)]


@defect(
    "all warmup",
    "The polynomial with num_warmup_steps == num_training_steps divides by zero.",
    seen=["ZeroDivisionError"],
    right=["ValueError: duration", 0.1],
)
def _all_warmup() -> Answers:
    call = "get_polynomial_decay_schedule_with_warmup(optimizer, 10, 10)"
    return (
        lambda: [error(lambda: LIBRARY.rates(call, 12))],
        lambda: [error(lambda: LinearDecay(0.1, 0)), Constant(0.1).warmup(10)(11)],
    )


@defect(
    "rises again",
    "get_cosine_schedule_with_warmup rises again after num_training_steps.",
    seen=[0.05, 0.1],
    right=[0.0, 0.0],
)
def _rises_again() -> Answers:
    call = "get_cosine_schedule_with_warmup(optimizer, 0, 10)"
    s = CosineDecay(0.1, duration=10)
    return (
        lambda: [round(LIBRARY.rates(call, 21)[t], 12) for t in (15, 20)],
        lambda: [s(15), s(20)],
    )


LIBRARY = Schedulers(
    name="Transformers",
    module="transformers.optimization",
    package="transformers",
    tolerance=1e-12,
    column=True,
    calls=CALLS,
    defects=defects_in(globals()),
)
