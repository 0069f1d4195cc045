"""Our schedules in Keras, with TensorFlow; `make rivals` repeats it with its other two backends."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import kinds
import numpy as np
import pytest

from lrdecay import (
    Constant,
    LinearDecay,
    PolynomialDecay,
    StepDecay,
    to_keras,
)
from lrdecay.lab.quiet import quiet

with quiet():
    import keras

from keras.optimizers import schedules as ks

from lrdecay.interop.keras import KerasSchedule

# Keras 3.15 saves weights, and makes arrays of tensors, in a way that NumPy 2.4 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BACKEND = keras.config.backend()
SCHEDULES = [
    StepDecay(0.1, 0.9, 7),
    StepDecay(0.1, 0.9, 41),
    StepDecay(0.1, 0.9, 49),
    PolynomialDecay(0.1, 150, power=2.5, lr_end=0.001),
    LinearDecay(0.1, 10).staircase(1).stretch(13),
    *kinds.EACH,
]
STEPS = np.arange(250)


def compiled(call):
    if BACKEND == "jax":
        import jax  # noqa: PLC0415

        return jax.jit(call)
    import tensorflow as tf  # noqa: PLC0415

    return tf.function(call, jit_compile=True, autograph=False)


def same(rates, expected, ulps=1):
    rates = keras.ops.convert_to_numpy(rates)
    assert rates.dtype == np.float32
    if BACKEND == "jax":  # it computes in float32
        np.testing.assert_allclose(rates, expected, rtol=3e-6, atol=1e-7 * expected.max())
    else:
        np.testing.assert_array_max_ulp(rates, expected.astype(np.float32), maxulp=ulps)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("dtype", ["int64", "int32", "float32"])
def test_the_rates_are_those_of_the_schedule(schedule, dtype):
    steps = keras.ops.convert_to_tensor(STEPS.astype(dtype if BACKEND != "jax" else "int32"))
    same(to_keras(schedule)(steps), schedule(STEPS))


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch compiles with a compiler of C++")
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_rates_are_the_same_when_compiled(schedule):
    steps = keras.ops.convert_to_tensor(STEPS.astype("int32"))
    same(compiled(to_keras(schedule))(steps), schedule(STEPS))


@pytest.mark.parametrize("make", [int, float, np.int64, np.array, keras.ops.convert_to_tensor])
def test_a_step_may_be_anything_that_keras_takes(make):
    rate = to_keras(StepDecay(0.1, 0.5, 10))(make(11))
    assert keras.ops.is_tensor(rate)
    assert keras.backend.standardize_dtype(rate.dtype) == "float32"
    assert rate.shape == ()
    assert float(rate) == np.float32(0.05)


def test_a_step_may_be_the_counter_of_the_optimizer():
    optimizer = keras.optimizers.SGD(to_keras(LinearDecay(1.0, 4)))
    optimizer.iterations.assign(3)
    assert float(optimizer.learning_rate) == 0.25
    assert float(to_keras(LinearDecay(1.0, 4))(optimizer.iterations)) == 0.25


def test_staircases_are_exact_beyond_2_to_the_24():
    size = 10_000_002
    ours = to_keras(StepDecay(1.0, 0.5, size))
    before, at = (keras.ops.convert_to_tensor(step, "int32") for step in (2 * size - 1, 2 * size))
    assert [float(ours(step)) for step in (before, at)] == [0.5, 0.25]
    theirs = ks.ExponentialDecay(1.0, size, 0.5, staircase=True)
    assert [float(theirs(step)) for step in (before, at)] == [0.25, 0.25]  # why this matters


def test_with_accumulation_batches_are_counted_in_updates():
    rates = []

    class Spy(KerasSchedule):
        def __call__(self, step):
            rate = super().__call__(step)
            if int(keras.ops.convert_to_numpy(getattr(step, "value", step))) % 4 == 3:
                rates.append(float(rate))  # of an update; JAX asks for the others too
            return rate

    spy = Spy(LinearDecay(1.0, 4), every=4)
    optimizer = keras.optimizers.SGD(spy, gradient_accumulation_steps=4)
    weight = keras.Variable(0.0)
    values = []
    for _ in range(12):
        optimizer.apply([keras.ops.convert_to_tensor(1.0)], [weight])
        values.append(float(keras.ops.convert_to_numpy(weight.value)))
    assert values == [0, 0, 0, -1, -1, -1, -1, -1.75, -1.75, -1.75, -1.75, -2.25]
    assert rates[:1] == [1.0]


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "4", None])
def test_every_must_be_a_whole_number(every):
    with pytest.raises(ValueError, match="every = "):
        to_keras(Constant(0.1), every=every)


@pytest.mark.parametrize("schedule", [0.1, "Constant(0.1)", ks.ExponentialDecay(0.1, 10, 0.9)])
def test_only_our_schedules_become_those_of_keras(schedule):
    with pytest.raises(TypeError, match="expected an lrdecay schedule"):
        to_keras(schedule)


def test_a_schedule_handed_to_an_optimizer_raw():
    with pytest.raises(TypeError, match=r"lrdecay\.to_keras\(s\)"):
        float(keras.optimizers.SGD(LinearDecay(0.1, 20)).learning_rate)


# Training


def model_of(schedule):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(to_keras(schedule)), "mae")
    return model


def test_fit_moves_weights_by_the_rates():
    model = model_of(LinearDecay(1.0, 4).stretch(2))
    model.fit(np.ones((6, 1)), 100 * np.ones(6), batch_size=1, verbose=0)
    (weight,) = model.get_weights()
    assert weight.item() == pytest.approx(sum([1, 0.875, 0.75, 0.625, 0.5, 0.375]), rel=1e-6)


# The model file


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_config_is_plain_json_and_comes_back(schedule):
    ours = to_keras(schedule, every=3)
    text = json.dumps(ks.serialize(ours))
    again = ks.deserialize(json.loads(text))
    assert (again.schedule, again.every) == (schedule, 3)
    assert repr(again) == f"KerasSchedule({schedule!r}, every=3)"


LOAD = """
import sys
{imports}
model = keras.models.load_model("{path}")
print(model.optimizer._learning_rate, int(model.optimizer.iterations))
print(float(model.optimizer.learning_rate))
"""
BEFORE_KERAS = "import lrdecay\nassert 'keras' not in sys.modules\nimport keras"
ASKED_FIRST = (
    "import lrdecay, importlib.util\nassert importlib.util.find_spec('keras')\nimport keras.ops"
)


@pytest.mark.parametrize(
    "imports",
    [
        BEFORE_KERAS,
        ASKED_FIRST,
        "import keras\nimport lrdecay",
        "import keras\nfrom lrdecay import LinearDecay",
        "import keras\nimport lrdecay.interop.keras",
    ],
)
def test_a_saved_model_is_loaded_by_another_process_in_safe_mode(tmp_path, imports):
    schedule = StepDecay(0.5, 0.5, 3).stretch(2).clip(0.01)
    model = model_of(schedule)
    model.fit(np.ones((8, 1)), np.ones(8), batch_size=1, verbose=0)
    model.save(tmp_path / "model.keras")
    code = LOAD.format(imports=imports, path=tmp_path / "model.keras")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"KerasSchedule({schedule!r}, every=1) 8",
        str(schedule(8)),
    ]


def test_a_saved_model_keeps_every_kind_of_schedule(tmp_path):
    everything = sum(kinds.EACH[1:], kinds.EACH[0])
    model = model_of(everything)
    model.fit(np.ones((3, 1)), np.ones(3), batch_size=1, verbose=0)
    model.save(tmp_path / "model.keras")
    optimizer = keras.models.load_model(tmp_path / "model.keras").optimizer
    assert optimizer._learning_rate.schedule == everything
    assert float(optimizer.learning_rate) == pytest.approx(everything(3), rel=1e-6)


def test_a_keras_that_cannot_be_imported_stays_the_error_of_the_import(tmp_path):
    (tmp_path / "keras.py").write_text("raise ImportError('of its own')")
    code = "import lrdecay\ntry:\n    import keras\nexcept ImportError as error:\n    print(error)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "of its own\n"


def test_a_keras_without_schedules_is_not_broken_by_ours(tmp_path):
    (tmp_path / "keras.py").write_text("answer = 42")
    code = "import lrdecay\nimport keras\nprint(keras.answer)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "42\n"


# The other backends


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_all_of_this_with_another_backend(backend):
    if BACKEND != "tensorflow":
        return
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: `make rivals` installs it")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert done.returncode == 0, done.stdout
