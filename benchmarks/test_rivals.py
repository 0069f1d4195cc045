"""What the newer schedules and the rivals cost; rivals that are not installed are left out."""

import math
import time

import numpy as np
import pytest
from cases import RATE, STEPS, call_all, keras_schedules

from lrdecay import (
    REX,
    WSD,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    LinearDecay,
    OneCycle,
    to_keras,
    to_optax,
    to_torch,
)
from lrdecay.lab.quiet import quiet

T, N = 28_125, 1_000_000
REASON = "is not installed: `make rivals` installs it"


def one_rate(benchmark, name, label, rate, steps=STEPS, most=None):
    benchmark.group = f"One rate, {name}"
    benchmark.extra_info |= {"label": label, "calls": len(steps)}
    if most:
        benchmark.extra_info |= {"limit": f"{most:g} µs", "at_most": {"seconds": most * 1e-6}}
    benchmark.pedantic(call_all, args=(rate, steps), rounds=50, warmup_rounds=5)


# One rate at a time


LEAVES = {
    "cosine decay": CosineDecay(0.1, T),
    "inverse square root": InverseSqrt(0.1, 1000),
    "one cycle": OneCycle(0.1, T),
    "one cycle, three phases": OneCycle(0.1, T, three_phase=True),
    "cyclic": Cyclic(0.01, 0.1, 1000),
    "cyclic, exp_range": Cyclic(0.01, 0.1, 1000, "exp_range", 1e-4),
    "REX": REX(0.1, T),
    "WSD": WSD(0.1, T, 1000, 5000),
    "WSD, 1-sqrt": WSD(0.1, T, 1000, 5000, "1-sqrt"),
}
COMPOSITIONS = {
    "clipped warmup of a staircase": LinearDecay(0.1, 15)
    .staircase(1)
    .stretch(1875)
    .warmup(500)
    .clip(1e-5),
    "warmup, cosine, then constant": CosineDecay(0.1, T).warmup(500).then(LinearDecay(0.01, T), T),
    "a warmed-up multiple": (2 * CosineDecay(0.1, T)).warmup(500),
    "stretched restarts, warmed up, clipped": CosineDecay(0.1, 1000)
    .repeat(1000, stretch=2)
    .warmup(500)
    .clip(1e-5),
}


@pytest.mark.parametrize("name", LEAVES)
def test_one_rate_of_a_formula(benchmark, name):
    one_rate(benchmark, name, "lrdecay", LEAVES[name], most=1)


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_one_rate_of_a_composition(benchmark, name):
    one_rate(benchmark, name, "lrdecay", COMPOSITIONS[name], most=3)


def test_one_rate_plain_python(benchmark):
    def rate(t):
        return 0.05 * (1 + math.cos(math.pi * min(t, T) / T))

    one_rate(benchmark, "cosine decay", "plain Python", rate)


def test_one_rate_keras(benchmark):
    rate = keras_schedules().CosineDecay(0.1, T)
    one_rate(benchmark, "cosine decay", "Keras, eager", rate, STEPS[::50])


def test_one_rate_optax(benchmark):
    jax = pytest.importorskip("jax", reason=f"JAX {REASON}")
    optax = pytest.importorskip("optax", reason=f"Optax {REASON}")
    rate = jax.jit(optax.cosine_decay_schedule(0.1, T))
    one_rate(benchmark, "cosine decay", "Optax, compiled", rate, STEPS[::50])


def stepped(make):
    torch = pytest.importorskip("torch", reason=f"PyTorch {REASON}")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    optimizer.step()
    return lambda _: scheduler.step()


def test_one_step_torch(benchmark):
    step = stepped(lambda theirs, optimizer: theirs.CosineAnnealingLR(optimizer, T))
    one_rate(benchmark, "set in a PyTorch optimizer, cosine decay", "PyTorch", step)


def test_one_step_to_torch(benchmark):
    step = stepped(lambda _, optimizer: to_torch(CosineDecay(0.1, T), optimizer))
    one_rate(benchmark, "set in a PyTorch optimizer, cosine decay", "lrdecay", step)


# A million rates


CURVES = {
    "cosine decay": (
        CosineDecay(0.1, N),
        lambda t: 0.1 * (1 + np.cos(np.pi * np.minimum(t, N) / N)) / 2,
    ),
    "inverse square root": (InverseSqrt(0.1, 1000), lambda t: 0.1 / np.sqrt(1 + t / 1000)),
    "REX": (
        REX(0.1, N),
        lambda t: 0.1 * (1 - np.minimum(t, N) / N) / (0.5 + (1 - np.minimum(t, N) / N) / 2),
    ),
    "cyclic": (
        Cyclic(0.01, 0.1, 1000),
        lambda t: 0.01 + 0.09 * np.maximum(0, 1 - abs(t / 1000 - 2 * np.floor(1 + t / 2000) + 1)),
    ),
    "one cycle": (
        OneCycle(0.1, N),
        lambda t: np.where(
            t < 300_000,
            0.1 - 0.096 * (1 + np.cos(np.pi * t / 300_000)) / 2,
            4e-7
            + (0.1 - 4e-7) * (1 + np.cos(np.pi * np.minimum(t - 300_000, 700_000) / 700_000)) / 2,
        ),
    ),
    "WSD": (
        WSD(0.1, N, 10_000, 200_000),
        lambda t: np.where(
            t < 10_000,
            0.1 * t / 10_000,
            np.where(t < 800_000, 0.1, 0.1 * (1 - np.minimum(t - 800_000, 200_000) / 200_000)),
        ),
    ),
}


def curve(benchmark, name, label, make):
    benchmark.group = f"1,000,000 rates, {name}"
    benchmark.extra_info["label"] = label
    benchmark.pedantic(make, rounds=30, warmup_rounds=3)


@pytest.mark.parametrize("name", CURVES)
def test_curve_lrdecay(benchmark, name):
    benchmark.extra_info["limit"] = "1.2 x NumPy"
    benchmark.extra_info["at_most"] = {"times": 1.2, "of": "NumPy, closed form"}
    curve(benchmark, name, "lrdecay", lambda: CURVES[name][0].curve(N))


@pytest.mark.parametrize("name", CURVES)
def test_curve_numpy(benchmark, name):
    schedule, closed = CURVES[name]
    np.testing.assert_allclose(closed(np.arange(N)), schedule.curve(N), atol=1e-12)
    curve(benchmark, name, "NumPy, closed form", lambda: closed(np.arange(N)))


def test_curve_keras(benchmark):
    rate = keras_schedules().CosineDecay(0.1, N)
    curve(benchmark, "cosine decay", "Keras, float32", lambda: np.asarray(rate(np.arange(N))))


def test_curve_optax(benchmark):
    jax = pytest.importorskip("jax", reason=f"JAX {REASON}")
    optax = pytest.importorskip("optax", reason=f"Optax {REASON}")
    rate = jax.jit(optax.cosine_decay_schedule(0.1, N))
    label = "Optax, compiled, float32"
    curve(benchmark, "cosine decay", label, lambda: np.asarray(rate(np.arange(N))))


# A training step of a small network, compiled, with our schedule and with the library's own


def training_steps(benchmark, library, ours, theirs):
    """Time 100 steps with our schedule and 100 with theirs by turns: noise meets both alike."""
    seconds = []

    def run(step):
        start = time.perf_counter()
        for _ in range(100):
            step()
        seconds.append(time.perf_counter() - start)

    run(ours)
    benchmark.group = f"One training step, {library}"
    benchmark.extra_info |= {
        "label": "lrdecay",
        "calls": 100,
        "limit": f"1.02 x {library}'s own",
        "at_most": {"times": 1.02, "of": f"{library}'s own"},
    }
    for _ in range(10):
        run(theirs)
    seconds.clear()
    # what sets a round up is not counted in its time
    benchmark.pedantic(run, args=(ours,), setup=lambda: run(theirs), rounds=150)
    quartiles = np.percentile(seconds[::2], [25, 50, 75])
    benchmark.extra_info["beside"] = {
        "label": f"{library}'s own",
        "median": float(quartiles[1]) / 100,
        "iqr": float(quartiles[2] - quartiles[0]) / 100,
    }


def keras_step(learning_rate):
    with quiet():
        import keras  # noqa: PLC0415
        import tensorflow as tf  # noqa: PLC0415
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(128, "relu")])
    model.add(keras.layers.Dense(10))
    optimizer = keras.optimizers.SGD(learning_rate)
    optimizer.build(model.trainable_variables)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x, y = tf.random.normal((128, 784)), tf.zeros(128, tf.int32)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = loss(y, model(x))
        optimizer.apply(tape.gradient(value, model.trainable_variables))
        return value

    return lambda: step().numpy()


def test_training_step_keras(benchmark):
    theirs = keras_schedules().ExponentialDecay(0.1, 1000, 0.96)
    ours = to_keras(ExponentialDecay(0.1, RATE))
    training_steps(benchmark, "Keras", keras_step(ours), keras_step(theirs))


def optax_step(learning_rate):
    jax = pytest.importorskip("jax", reason=f"JAX {REASON}")
    optax = pytest.importorskip("optax", reason=f"Optax {REASON}")
    keys = jax.random.split(jax.random.key(0), 3)
    params = [
        0.05 * jax.random.normal(keys[0], (784, 128)),
        0.05 * jax.random.normal(keys[1], (128, 10)),
    ]
    x, optimizer = jax.random.normal(keys[2], (128, 784)), optax.sgd(learning_rate)

    def loss(params):
        return -jax.nn.log_softmax(jax.nn.relu(x @ params[0]) @ params[1])[:, 0].mean()

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, updates), state

    state = [params, optimizer.init(params)]

    def one():
        state[:] = step(*state)
        state[0][1].block_until_ready()

    return one


def test_training_step_optax(benchmark):
    optax = pytest.importorskip("optax", reason=f"Optax {REASON}")
    ours, theirs = to_optax(CosineDecay(0.1, T)), optax.cosine_decay_schedule(0.1, T)
    training_steps(benchmark, "Optax", optax_step(ours), optax_step(theirs))
