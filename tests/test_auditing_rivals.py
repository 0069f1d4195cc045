"""Audits of what Keras, PyTorch and Optax schedule; each is left out where it is not installed."""

import copy
import re

import pytest

from lrdecay import CosineDecay, LinearDecay, Schedule, audit, to_keras, to_torch
from lrdecay.auditing import foreign

pytestmark = pytest.mark.tensorflow

EPOCH, RUN = 1875, 28_125


def found(s, *run):
    return [(finding.severity, finding.code, finding.step) for finding in audit(s, *run)]


def above_notes(s, *run):
    return [finding for finding in audit(s, *run) if finding.severity != "note"]


# Keras


@pytest.fixture(scope="module")
def ks():
    return pytest.importorskip(
        "keras.optimizers.schedules", reason="Keras is not installed: its audits are left out"
    )


KERAS_SOUND = [
    (lambda ks: ks.ExponentialDecay(0.1, 1000, 0.96, staircase=True), RUN),
    (lambda ks: ks.InverseTimeDecay(0.1, 1000, 1.0), RUN),
    (lambda ks: ks.PolynomialDecay(0.1, RUN, 0.001), RUN),
    (lambda ks: ks.PiecewiseConstantDecay([10_000, 20_000], [0.1, 0.01, 0.001]), RUN),
    (lambda ks: ks.CosineDecay(0.0, RUN - 500, warmup_target=0.1, warmup_steps=500), RUN),
    (lambda ks: ks.CosineDecayRestarts(0.1, 4000), 28_000),
]


@pytest.mark.parametrize(("make", "steps"), KERAS_SOUND)
def test_keras_sound(ks, make, steps):
    assert above_notes(make(ks), steps, EPOCH) == []


KERAS_FAULTY = [
    # Keras' boundary belongs to the old value, so its change is a step later.
    (
        lambda ks: ks.PiecewiseConstantDecay([31_250], [0.01, 0.001]),
        (17_190,),
        ("error", "unreached-milestone", 31_251),
    ),
    (
        lambda ks: ks.ExponentialDecay(0.1, 1000, 0.96, staircase=True),
        (15, EPOCH),
        ("error", "steps-as-epochs", 1000),
    ),
    (
        lambda ks: ks.ExponentialDecay(0.1, 5, 0.5, staircase=True),
        (RUN, EPOCH),
        ("error", "epochs-as-steps", 5),
    ),
    (lambda ks: ks.CosineDecay(0.1, 100_000), (RUN,), ("error", "longer-than-run", RUN - 1)),
    # An integer rate is computed in integers: 1, then 0.
    (lambda ks: ks.ExponentialDecay(1, 1000, 0.5), (RUN,), ("error", "dead-rate", 1)),
    # The default end, 1e-4, is above the first rate.
    (lambda ks: ks.PolynomialDecay(1e-5, 1000), (1000,), ("warning", "decay-not-begun", 999)),
    (
        lambda ks: ks.ExponentialDecay(0.1, 10**6, 0.9),
        (2**24 + 1,),
        ("warning", "float32-steps", 2**24),
    ),
]


@pytest.mark.parametrize(("make", "run", "expected"), KERAS_FAULTY)
def test_keras_faulty(ks, make, run, expected):
    assert found(make(ks), *run) == [expected]


def test_keras_own_class_is_sampled(ks):
    class Own(ks.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 if step < 300 else 0.0

    assert found(Own(), 1000) == [("error", "dead-rate", 300)]


def test_ours_made_for_keras_is_read_as_ours(ks):
    from lrdecay import to_keras  # noqa: PLC0415

    assert found(to_keras(CosineDecay(0.1, 900)), 1000) == [("error", "dead-rate", 900)]
    # every = 2 batches an update: the schedule is twice as long in Keras' steps
    ours = to_keras(CosineDecay(0.1, 1000), every=2)
    assert found(ours, 1000) == [("error", "longer-than-run", 999)]


# PyTorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip(
        "torch", reason="PyTorch is not installed: audits of its schedulers are left out"
    )


@pytest.fixture
def optimizer(torch):
    parameters = [torch.nn.Parameter(torch.zeros(3))]
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


TORCH_SOUND = [
    (lambda lrs, o: lrs.StepLR(o, 30 * EPOCH, 0.1), 90 * EPOCH),
    (lambda lrs, o: lrs.MultiStepLR(o, [10_000, 20_000]), RUN),
    (lambda lrs, o: lrs.ExponentialLR(o, 0.9999), RUN),
    (lambda lrs, o: lrs.ConstantLR(o, 1 / 3, 500), RUN),
    (lambda lrs, o: lrs.LinearLR(o, 1.0, 0.01, RUN), RUN),
    (lambda lrs, o: lrs.PolynomialLR(o, RUN, 0.9), RUN),
    (lambda lrs, o: lrs.CosineAnnealingLR(o, RUN), RUN),
    (lambda lrs, o: lrs.CosineAnnealingWarmRestarts(o, 4000, 2), 12_000),
    (lambda lrs, o: lrs.CyclicLR(o, 0.001, 0.1, 4 * EPOCH), 16 * EPOCH),
    (lambda lrs, o: lrs.OneCycleLR(o, 0.1, total_steps=RUN), RUN),
    (lambda lrs, o: lrs.LambdaLR(o, lambda t: min(1, (t + 1) / 500)), RUN),
    (
        lambda lrs, o: lrs.SequentialLR(
            o, [lrs.LinearLR(o, 0.1, 1, 500), lrs.CosineAnnealingLR(o, RUN - 500)], [500]
        ),
        RUN,
    ),
]


@pytest.mark.parametrize(("make", "steps"), TORCH_SOUND)
def test_torch_sound(torch, optimizer, make, steps):
    assert above_notes(make(torch.optim.lr_scheduler, optimizer), steps, EPOCH) == []


TORCH_FAULTY = [
    # It rises again after T_max.
    (
        lambda lrs, o: lrs.CosineAnnealingLR(o, 10_000),
        (RUN,),
        ("error", "rises-after-end", 10_000),
    ),
    (
        lambda lrs, o: lrs.CosineAnnealingLR(o, 100_000),
        (RUN,),
        ("error", "longer-than-run", RUN - 1),
    ),
    (
        lambda lrs, o: lrs.MultiStepLR(o, [31_250]),
        (17_190,),
        ("error", "unreached-milestone", 31_250),
    ),
    (lambda lrs, o: lrs.StepLR(o, 1000, 0.96), (15,), ("error", "unreached-milestone", 1000)),
    (lambda lrs, o: lrs.StepLR(o, 1000, 0.96), (15, EPOCH), ("error", "steps-as-epochs", 1000)),
    (lambda lrs, o: lrs.LinearLR(o, 1, 0, 15), (RUN, EPOCH), ("error", "epochs-as-steps", 15)),
    (
        lambda lrs, o: lrs.OneCycleLR(o, 0.1, total_steps=5000),
        (RUN,),
        ("error", "shorter-than-run", 5001),
    ),
    (
        lambda lrs, o: lrs.SequentialLR(
            o, [lrs.ExponentialLR(o, 0.999), lrs.ConstantLR(o, 1.0, 10)], [5000]
        ),
        (RUN,),
        ("error", "jump-up", 5000),
    ),
]


@pytest.mark.parametrize(("make", "run", "expected"), TORCH_FAULTY)
def test_torch_faulty(torch, optimizer, make, run, expected):
    assert found(make(torch.optim.lr_scheduler, optimizer), *run) == [expected]


@pytest.mark.parametrize(("make", "steps"), TORCH_SOUND)
def test_torch_objects_stay_as_they_are(torch, optimizer, make, steps):
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    optimizer.param_groups[0]["params"][0].sum().backward()
    optimizer.step()
    scheduler.step()

    def state():
        parts = [scheduler, *getattr(scheduler, "_schedulers", ())]
        rates = [group["lr"] for group in optimizer.param_groups]
        return repr([vars(part) for part in parts]), rates, repr(optimizer.state_dict())

    before = copy.deepcopy(state())
    audit(scheduler, 1000)
    assert state() == before
    assert scheduler.optimizer is optimizer


def test_torch_audit_begins_where_the_scheduler_is(torch, optimizer):
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [300, 1500])
    optimizer.step()
    for _ in range(200):
        scheduler.step()
    # Its optimizer has learnt nothing meanwhile.
    expected = [("warning", "already-stepped", 0), ("warning", "unreached-milestone", 1300)]
    assert found(scheduler, 1000) == expected


def test_torch_training_that_is_resumed_is_a_note(torch, optimizer):
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)
    for _ in range(200):
        optimizer.param_groups[0]["params"][0].sum().backward()
        optimizer.step()
        scheduler.step()
    assert ("note", "already-stepped", 0) in found(scheduler, 100)
    assert above_notes(scheduler, 100) == []


USED_UP = [
    lambda lrs, o: lrs.CosineAnnealingLR(o, 100),
    lambda lrs, o: lrs.LinearLR(o, 1.0, 0.01, 100),
    lambda lrs, o: lrs.MultiStepLR(o, [30, 60]),
    lambda lrs, o: lrs.LambdaLR(o, lambda t: 1 / (1 + t)),
    lambda lrs, o: lrs.SequentialLR(
        o, [lrs.LinearLR(o, 0.1, 1, 10), lrs.CosineAnnealingLR(o, 90)], [10]
    ),
    lambda lrs, o: lrs.ChainedScheduler(
        [lrs.LinearLR(o, 0.1, 1, 10), lrs.ExponentialLR(o, 0.99)], optimizer=o
    ),
]


@pytest.mark.parametrize("make", USED_UP)
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step:UserWarning")
def test_torch_used_up_by_a_plot(torch, optimizer, make):
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    assert not any(finding.code == "already-stepped" for finding in audit(scheduler, 100))
    for _ in range(100):  # to draw it
        scheduler.step()
    assert ("error", "already-stepped", 0) in found(scheduler, 100)


def in_epochs(lrs, o):
    parts = [lrs.LinearLR(o, 0.1, 1, 5), lrs.CosineAnnealingLR(o, 10)]
    return lrs.SequentialLR(o, parts, [5])


def test_torch_that_counts_epochs_is_told_from_a_rise(torch, optimizer):
    scheduler = in_epochs(torch.optim.lr_scheduler, optimizer)
    assert found(scheduler, RUN, EPOCH) == [("error", "epochs-as-steps", 15)]
    ((severity, code, step),) = found(scheduler, RUN)
    assert (severity, code, step) == ("error", "rises-after-end", 15)
    (finding,) = audit(scheduler, RUN)
    assert "if its lengths are in epochs" in finding.fix


def test_torch_spike_at_a_joint_is_found(torch, optimizer):
    lrs = torch.optim.lr_scheduler
    parts = [lrs.ConstantLR(optimizer, 1.0, 1), lrs.LambdaLR(optimizer, lambda t: 10.0 ** (t < 1))]
    scheduler = lrs.SequentialLR(optimizer, parts, [500])
    assert found(scheduler, 1000) == [("warning", "spike", 500)]


def test_torch_may_read_the_state_of_its_optimizer(torch):
    weights = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([weights], lr=0.1)
    weights.sum().backward()
    optimizer.step()

    class Reader(torch.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            seen = float(self.optimizer.state[weights]["step"])
            return [0.1 / (seen + self.last_epoch) for _ in self.base_lrs]

    scheduler = Reader(optimizer)
    before = copy.deepcopy(optimizer.state_dict())
    assert above_notes(scheduler, 100) == []
    assert repr(optimizer.state_dict()) == repr(before)


def test_torch_plateau_is_refused(torch, optimizer):
    with pytest.raises(TypeError, match="ReduceLROnPlateau: it follows the loss"):
        audit(torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer), 100)


# Optax


@pytest.fixture(scope="module")
def optax():
    return pytest.importorskip(
        "optax", reason="Optax is not installed: audits of its schedules are left out"
    )


OPTAX_SOUND = [
    lambda optax: optax.constant_schedule(0.1),
    lambda optax: optax.exponential_decay(0.1, 1000, 0.96, staircase=True),
    lambda optax: optax.piecewise_constant_schedule(0.1, {10_000: 0.1, 20_000: 0.1}),
    lambda optax: optax.polynomial_schedule(0.1, 0.0, 0.9, RUN),
    lambda optax: optax.linear_schedule(0.1, 0.001, RUN),
    lambda optax: optax.warmup_cosine_decay_schedule(0.0, 0.1, 500, RUN),
    lambda optax: optax.cosine_onecycle_schedule(RUN, 0.1),
    lambda optax: optax.sgdr_schedule(
        [
            {"init_value": 0.0, "peak_value": 0.1, "decay_steps": RUN // 2, "warmup_steps": 100}
            for _ in range(2)
        ]
    ),
]


@pytest.mark.parametrize("make", OPTAX_SOUND)
def test_optax_sound(optax, make):
    assert above_notes(make(optax), RUN, EPOCH) == []


OPTAX_FAULTY = [
    (
        lambda optax: optax.piecewise_constant_schedule(0.1, {31_250: 0.1}),
        (17_190,),
        ("error", "unreached-milestone", 31_250),
    ),
    (
        lambda optax: optax.exponential_decay(0.1, 1000, 0.96, staircase=True),
        (15, EPOCH),
        ("error", "steps-as-epochs", 1000),
    ),
    (
        lambda optax: optax.linear_schedule(0.1, 0.0, 15),
        (RUN, EPOCH),
        ("error", "epochs-as-steps", 15),
    ),
    (
        lambda optax: optax.cosine_decay_schedule(0.1, 100_000),
        (RUN,),
        ("error", "longer-than-run", RUN - 1),
    ),
    # Of 0 steps, it stays at its first value, 0.
    (lambda optax: optax.linear_schedule(0.0, 0.1, 0), (RUN,), ("error", "dead-rate", 0)),
    (
        lambda optax: optax.join_schedules(
            [optax.linear_schedule(0.1, 0.0, 10_000), optax.constant_schedule(0.1)], [10_000]
        ),
        (RUN,),
        ("warning", "jump-up", 10_000),
    ),
    (
        lambda optax: optax.exponential_decay(0.1, 10**6, 0.9),
        (2**24 + 1,),
        ("warning", "float32-steps", 2**24),
    ),
]


@pytest.mark.parametrize(("make", "run", "expected"), OPTAX_FAULTY)
def test_optax_faulty(optax, make, run, expected):
    assert found(make(optax), *run) == [expected]


# Functions of JAX


def test_a_jump_in_a_function_of_jax_is_found(optax):
    joined = optax.join_schedules(
        [optax.linear_schedule(0.001, 0.2, 100), optax.cosine_decay_schedule(0.1, RUN)], [100]
    )
    assert found(joined, RUN) == [("warning", "jump-down", 100)]


def test_rates_of_a_tensor(torch):
    rates = torch.linspace(0.1, 0.001, 100)
    rates[50] = 1.0
    assert [(f.code, f.step) for f in audit(rates, 100)] == [("spike", 50)]


# timm


@pytest.fixture(scope="module")
def timm(torch):
    while True:
        try:
            return pytest.importorskip("timm.scheduler", reason="timm is not installed: left out")
        except RuntimeError as error:
            # timm imports torchvision, whose operators do not load beside a PyTorch without
            # CUDA. No schedule uses them, so it is enough to declare them.
            missing = re.search(r"operator (torchvision::\w+) does not exist", str(error))
            if not missing:
                raise
            torch.library.define(missing[1], "() -> ()")


TIMM_SOUND = [
    (lambda s, o: s.CosineLRScheduler(o, 15, warmup_t=3, warmup_lr_init=1e-4, lr_min=1e-5), EPOCH),
    (lambda s, o: s.CosineLRScheduler(o, RUN, t_in_epochs=False), None),
    (lambda s, o: s.StepLRScheduler(o, 2.4, 0.97), EPOCH),
    (lambda s, o: s.MultiStepLRScheduler(o, [5, 10], 0.1), EPOCH),
    (lambda s, o: s.PolyLRScheduler(o, 15, power=0.9), EPOCH),
    (lambda s, o: s.TanhLRScheduler(o, 15, lr_min=1e-5), EPOCH),
]


@pytest.mark.parametrize(("make", "epoch"), TIMM_SOUND)
def test_timm_sound(timm, optimizer, make, epoch):
    assert above_notes(make(timm, optimizer), RUN, epoch) == []


TIMM_FAULTY = [
    # Told the update, it takes it for an epoch.
    (
        lambda s, o: s.CosineLRScheduler(o, 15, lr_min=1e-5, t_in_epochs=False),
        (RUN, EPOCH),
        ("error", "epochs-as-steps", 15),
    ),
    (
        lambda s, o: s.CosineLRScheduler(o, 60),
        (RUN, EPOCH),
        ("error", "longer-than-run", RUN - 1),
    ),
    # timm's milestones come one early.
    (
        lambda s, o: s.MultiStepLRScheduler(o, [20], 0.1),
        (RUN, EPOCH),
        ("error", "unreached-milestone", 19 * EPOCH),
    ),
    (
        lambda s, o: s.MultiStepLRScheduler(o, [20], 0.1),
        (15,),
        ("error", "unreached-milestone", 19),
    ),
    # The warmup goes to the rate of epoch 0, and the fall has gone on below it.
    (
        lambda s, o: s.CosineLRScheduler(
            o, 15, lr_min=1e-3, warmup_t=7, warmup_lr_init=1e-3, t_in_epochs=True
        ),
        (15,),
        ("warning", "jump-down", 7),
    ),
]


@pytest.mark.parametrize(("make", "run", "expected"), TIMM_FAULTY)
def test_timm_faulty(timm, optimizer, make, run, expected):
    scheduler = make(timm, optimizer)
    before = copy.deepcopy((scheduler.state_dict(), optimizer.state_dict()))
    assert expected in found(scheduler, *run)
    assert repr((scheduler.state_dict(), optimizer.state_dict())) == repr(before)


def test_timm_scales_each_group(timm, torch):
    optimizer = two_groups(torch, 0.1, 0.1)
    optimizer.param_groups[1]["lr_scale"] = -1.0
    (finding,) = above_notes(timm.CosineLRScheduler(optimizer, 15), 15)
    assert finding.message.startswith("parameter group 1: the rate is -0.1")


@pytest.mark.filterwarnings("ignore:PlateauLRScheduler is deprecated:FutureWarning")
def test_timm_plateau_is_refused(timm, optimizer):
    with pytest.raises(TypeError, match="PlateauLRScheduler: it follows the loss"):
        audit(timm.PlateauLRScheduler(optimizer), 100)


# Accelerate, whose wrapper steps once for each process


class AcceleratorState:
    num_processes = 4


class AcceleratedScheduler:
    """What matters of Accelerate's class of this name: it asks the state how many processes run."""

    def __init__(self, scheduler, step_with_optimizer=True, split_batches=False):
        self.scheduler = scheduler
        self.step_with_optimizer, self.split_batches = step_with_optimizer, split_batches

    def step(self):
        if not self.step_with_optimizer or self.split_batches:
            self.scheduler.step()
            return
        for _ in range(AcceleratorState().num_processes):
            if getattr(self.scheduler, "_step_count", 0) <= getattr(
                self.scheduler, "total_steps", float("inf")
            ):
                self.scheduler.step()


ACCELERATED = [
    lambda lrs, o: lrs.LinearLR(o, 1.0, 0.0, 20),
    lambda lrs, o: lrs.LambdaLR(o, lambda t: max(0, 1 - t / 20)),
    lambda lrs, o: lrs.OneCycleLR(o, 0.1, total_steps=20, final_div_factor=1e9),
    lambda lrs, o: to_torch(LinearDecay(0.1, 20), o),
]


@pytest.mark.parametrize("make", ACCELERATED)
@pytest.mark.parametrize("options", [{}, {"split_batches": True}, {"step_with_optimizer": False}])
def test_accelerate_steps_once_for_each_process(torch, optimizer, make, options):
    scheduler = AcceleratedScheduler(make(torch.optim.lr_scheduler, optimizer), **options)
    read = foreign.read(scheduler, 18)[0]
    rate = read if isinstance(read, Schedule) else read.rate
    wrapped = AcceleratedScheduler(make(torch.optim.lr_scheduler, optimizer), **options)
    optimizer.step()
    for t in range(18):
        assert rate(t) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12, abs=1e-17)
        wrapped.step()


@pytest.mark.parametrize("make", ACCELERATED[:2] + ACCELERATED[3:])
def test_accelerate_over_after_a_quarter(torch, optimizer, make):
    scheduler = AcceleratedScheduler(make(torch.optim.lr_scheduler, optimizer))
    assert found(scheduler, 20) == [("error", "dead-rate", 5), ("note", "steps-per-update", 0)]


# Parameter groups


def two_groups(torch, first, second):
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (first, second)]
    return torch.optim.SGD(groups)


def test_a_group_that_is_frozen_is_no_dead_rate(torch):
    optimizer = two_groups(torch, 0.0, 0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 - t / 100)
    assert not any(found.severity == "error" for found in audit(scheduler, 100))


def test_a_group_that_is_frozen_for_a_while_is_no_dead_rate(torch):
    lambdas = [lambda t: 1 - t / 100, lambda t: float(t >= 30)]
    scheduler = torch.optim.lr_scheduler.LambdaLR(two_groups(torch, 0.1, 0.1), lambdas)
    assert not {"dead-rate", "wasted-first-update"} & {code for _, code, _ in found(scheduler, 100)}
    both = torch.optim.lr_scheduler.LambdaLR(two_groups(torch, 0.1, 0.1), lambdas[1:] * 2)
    assert ("error", "dead-rate", 0) in found(both, 100)


def test_each_group_is_looked_at(torch):
    optimizer = two_groups(torch, 0.1, 0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, [lambda t: 1, lambda t: 1 - t / 50])
    assert ("not-a-rate", "error") in {(f.code, f.severity) for f in audit(scheduler, 100)}
    (found,) = [f for f in audit(scheduler, 100) if f.severity == "error"]
    assert found.message.startswith("parameter group 1: the rate is -")


def test_an_end_above_the_rate_of_a_group(torch):
    optimizer = two_groups(torch, 0.1, 0.001)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100, eta_min=0.01)
    messages = [found.message for found in audit(scheduler, 100)]
    assert any(message.startswith("parameter group 1: ") for message in messages)


def test_what_all_groups_do_is_said_once(torch):
    both, one = (
        audit(torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, 10), 100)
        for optimizer in (two_groups(torch, 0.1, 0.01), torch.optim.SGD([torch.zeros(1)], lr=0.1))
    )
    assert [(f.code, f.step) for f in both] == [(f.code, f.step) for f in one]
    assert not any("parameter group" in found.message for found in both)


# Optimizers of Keras


def test_the_schedule_of_a_keras_optimizer_is_read(ks):
    import keras  # noqa: PLC0415

    short = CosineDecay(0.1, 50)
    assert audit(keras.optimizers.SGD(to_keras(short)), 100) == audit(to_keras(short), 100)
    theirs = ks.PiecewiseConstantDecay([200], [0.1, 0.01])
    assert found(keras.optimizers.Adam(theirs), 100) == found(theirs, 100) != []
    assert audit(keras.optimizers.Adam(0.1), 100) == []


def test_a_keras_optimizer_is_read_from_where_it_is(ks):
    import keras  # noqa: PLC0415

    for theirs in (ks.PiecewiseConstantDecay([200], [0.1, 0.0]), ks.CosineDecayRestarts(0.1, 200)):
        optimizer = keras.optimizers.SGD(theirs)
        optimizer.iterations.assign(150)
        (read,) = foreign.read(optimizer, 100)
        rate = read if isinstance(read, Schedule) else read.rate
        assert [rate(t) for t in (0, 50, 99)] == pytest.approx(
            [float(theirs(t)) for t in (150, 200, 249)], rel=1e-6
        )
    scaled = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(ks.PiecewiseConstantDecay([200], [0.1, 0.01]))
    )
    assert found(scaled, 100) == [("error", "unreached-milestone", 201)]


# Our schedules in PyTorch


def test_our_own_scheduler_is_read_as_its_schedule(torch):
    short = CosineDecay(0.1, 50)
    assert audit(to_torch(short, two_groups(torch, 0.1, 0.1)), 100) == audit(short, 100) != []
    by_group = to_torch([CosineDecay(0.1, 100), short], two_groups(torch, 0.1, 0.1))
    assert any(found.message.startswith("parameter group 1: ") for found in audit(by_group, 100))
    slow = to_torch(short, two_groups(torch, 0.1, 0.1), every=4)
    assert ("dead-rate", 200) in {(found.code, found.step) for found in audit(slow, 400)}
    slow.load_state_dict({"last_epoch": 100})
    assert ("dead-rate", 100) in {(found.code, found.step) for found in audit(slow, 300)}
