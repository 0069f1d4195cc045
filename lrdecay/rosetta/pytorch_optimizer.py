"""pytorch_optimizer: schedulers of PyTorch's kind."""

from lrdecay.rosetta.library import Answers, Call, Schedulers, defect, defects_in
from lrdecay.schedules import REX

CALLS = (
    Call(
        "REX",
        "REXScheduler(optimizer, total_steps=40, max_lr=0.1)",
        "Constant(0.0).then(REX(0.1, duration=40).shift(1), at=1)",
        "The rival makes its first update at its minimum, 0, and none at its peak.",
    ),
    *(
        Call(
            f"WSD, {shape}",
            "get_wsd_schedule(optimizer, num_warmup_steps=10, num_stable_steps=30, "
            f"num_decay_steps=10, cooldown_type='{shape}')",
            f"WSD(0.1, duration=50, warmup=10, cooldown=10, shape='{shape}')",
        )
        for shape in ("linear", "1-sqrt", "cosine")
    ),
)


@defect(
    "first update wasted",
    "REXScheduler makes the first update at its minimum, 0, and none at its peak.",
    seen=[0.0, 0.098734],
    right=[0.1, 0.098734],
)
def _first_update_wasted() -> Answers:
    call = "REXScheduler(optimizer, total_steps=40, max_lr=0.1)"
    s = REX(0.1, duration=40)
    return (
        lambda: [round(rate, 6) for rate in LIBRARY.rates(call, 2)],
        lambda: [round(s(t), 6) for t in (0, 1)],
    )


LIBRARY = Schedulers(
    name="pytorch_optimizer",
    module="pytorch_optimizer.lr_scheduler",
    package="pytorch-optimizer",
    tolerance=1e-12,
    calls=CALLS,
    defects=defects_in(globals()),
)
