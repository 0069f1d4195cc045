"""Audits of what Keras, PyTorch and Optax schedule; each is left out where it is not installed."""

import copy

import pytest

from lrdecay import CosineDecay, audit

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
    assert found(scheduler, 1000) == [("warning", "unreached-milestone", 1300)]


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
