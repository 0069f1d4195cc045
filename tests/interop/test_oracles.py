"""The newer words beside other libraries' own schedules of the same shape."""

from importlib.util import find_spec

import numpy as np
import pytest

from lrdecay import (
    WSD,
    Constant,
    CosineDecay,
    InversePower,
    LinearDecay,
    LogLinearDecay,
    PiecewiseConstant,
    PiecewiseLinear,
    PolynomialDecay,
    to_optax,
)

optax = pytest.importorskip("optax", reason="Optax is not installed: `make rivals` installs it")
torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make rivals` installs it")
needs_transformers = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)
STEPS = np.arange(120)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (
            PiecewiseConstant.from_ratio(0.1, [10, 40, 90], 0.3),
            lambda: optax.piecewise_constant_schedule(0.1, {10: 0.3, 40: 0.3, 90: 0.3}),
        ),
        (
            PiecewiseLinear([(0, 0.1), (20, 0.3), (50, 0.03)]),
            lambda: optax.piecewise_interpolate_schedule("linear", 0.1, {20: 3.0, 50: 0.1}),
        ),
        (
            LogLinearDecay(0.1, 100, 0.001),
            lambda: optax.exponential_decay(0.1, 100, 0.01, end_value=0.001),
        ),
        (
            LinearDecay(0.1, 50).hold(20),
            lambda: optax.linear_schedule(0.1, 0.0, 50, transition_begin=20),
        ),
        (
            PolynomialDecay(0.1, 50, 2.0, 0.01).hold(20),
            lambda: optax.polynomial_schedule(0.1, 0.01, 2.0, 50, transition_begin=20),
        ),
        (
            Constant(0.1).warmup(30, 0.01),
            lambda: optax.warmup_constant_schedule(0.01, 0.1, 30),
        ),
        (
            Constant(0.1).cooldown(40, at=60, lr_end=0.01),
            lambda: optax.join_schedules(
                [optax.constant_schedule(0.1), optax.linear_schedule(0.1, 0.01, 40)], [60]
            ),
        ),
        (
            CosineDecay(0.1, 100).warmup(20, over=True),
            lambda: optax.join_schedules(
                [
                    optax.linear_schedule(
                        0.0, float(optax.cosine_decay_schedule(0.1, 100)(20)), 20
                    ),
                    lambda t: optax.cosine_decay_schedule(0.1, 100)(t + 20),
                ],
                [20],
            ),
        ),
        (
            CosineDecay(0.1, 200).paced([30], [1, 3]),
            lambda: optax.join_schedules(
                [
                    optax.cosine_decay_schedule(0.1, 200),
                    lambda t: optax.cosine_decay_schedule(0.1, 200)(30 + 3 * t),
                ],
                [30],
            ),
        ),
    ],
)
def test_rates_are_those_of_optax(ours, theirs):
    rates = np.array([float(theirs()(t)) for t in STEPS])
    np.testing.assert_allclose(ours(STEPS), rates, rtol=2e-5, atol=2e-8)
    np.testing.assert_allclose(to_optax(ours)(STEPS), rates, rtol=2e-5, atol=2e-8)


def made(make, updates=120):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler, rates = make(optimizer), []
    for _ in range(updates):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_rates_are_those_of_pytorch():
    schedulers = torch.optim.lr_scheduler
    np.testing.assert_allclose(
        PiecewiseConstant.from_ratio(0.1, [10, 40], 0.3)(STEPS),
        made(lambda o: schedulers.MultiStepLR(o, [10, 40], 0.3)),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        InversePower(0.1, 8, 0.7)(STEPS),
        made(lambda o: schedulers.LambdaLR(o, lambda t: (1 + t / 8) ** -0.7)),
        rtol=1e-12,
    )


@needs_transformers
@pytest.mark.parametrize(
    ("theirs", "ours"), [("linear", "linear"), ("cosine", "cosine"), ("1-sqrt", "1-sqrt")]
)
def test_cooldowns_are_those_of_transformers(theirs, ours):
    from transformers import get_wsd_schedule  # noqa: PLC0415

    rates = made(
        lambda o: get_wsd_schedule(
            o, num_warmup_steps=20, num_stable_steps=40, num_decay_steps=40, decay_type=theirs
        )
    )
    by_words = Constant(0.1).cooldown(40, at=40, shape=ours).warmup(20)
    for s in (WSD(0.1, 100, 20, 40, ours), by_words):
        np.testing.assert_allclose(s(STEPS), rates, rtol=1e-9, atol=1e-12)
