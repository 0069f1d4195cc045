"""Our schedules in Keras; `test_backends.py` repeats it with its other two backends."""

import copy
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from kinds import EACH

from lrdecay import (
    Constant,
    LinearDecay,
    StepDecay,
    from_keras,
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
    *EACH,
    StepDecay(0.1, 0.9, 41),  # 1 / 41 and 1 / 49, rounded, put some steps on the wrong stair
    StepDecay(0.1, 0.9, 49),
    LinearDecay(0.1, 10).staircase(1).stretch(13),
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


def rate_at(every, batch):
    optimizer = keras.optimizers.SGD(to_keras(LinearDecay(0.1, 20), every=every))
    optimizer.iterations.assign(batch)
    return float(optimizer.learning_rate)


def test_the_accumulation_may_change():
    """Update 10 is the first after 40 batches with 4 for each, and batch 41 makes it."""
    assert rate_at(2, 41) == pytest.approx(LinearDecay(0.1, 20)(20))  # as if it had always been 2
    changed = {0: 4, 40: 2}
    expected = {3: 0, 39: 9, 40: 10, 41: 10, 42: 11, 43: 11, 45: 12}
    rates = [rate_at(changed, batch) for batch in expected]
    assert rates == pytest.approx([LinearDecay(0.1, 20)(update) for update in expected.values()])


@pytest.mark.parametrize("changes", [{0: 4, 40: 2}, {0: 4, 42: 3, 50: 1}, {30: 3, 0: 2, 13: 5}])
def test_each_update_is_made_at_its_rate_when_the_accumulation_changes(changes):
    """Keras' own optimizer decides at which batches it updates."""
    s = LinearDecay(1.0, 40)
    optimizer = keras.optimizers.SGD(
        to_keras(s, every=changes), gradient_accumulation_steps=changes[0]
    )
    weight, now, moves, batches = keras.Variable(0.0), 0.0, [], []
    for batch in range(60):
        optimizer.gradient_accumulation_steps = changes.get(
            batch, optimizer.gradient_accumulation_steps
        )
        if optimizer.gradient_accumulation_steps == 1:  # Keras' word for it
            optimizer.gradient_accumulation_steps = None
        optimizer.apply([keras.ops.convert_to_tensor(1.0)], [weight])
        before, now = now, float(keras.ops.convert_to_numpy(weight.value))
        if now != before:
            moves.append(before - now)
            batches.append(batch)
    asked = [float(to_keras(s, every=changes)(batch)) for batch in batches]
    assert asked == pytest.approx([s(update) for update in range(len(moves))], rel=1e-5)
    np.testing.assert_allclose(
        from_keras(to_keras(s, every=changes))(np.array(batches)), s.curve(len(moves)), rtol=1e-12
    )
    if changes == {0: 4, 40: 2}:  # whole updates, so all gradients are means of ones
        assert moves == pytest.approx([s(update) for update in range(len(moves))], rel=1e-5)


def test_a_changed_accumulation_is_saved():
    ours = to_keras(Constant(0.1), every={40: 2, 0: 4})
    again = ks.deserialize(json.loads(json.dumps(ks.serialize(ours))))
    assert again.every == {0: 4, 40: 2}
    assert repr(again) == "KerasSchedule(Constant(lr0=0.1), every={0: 4, 40: 2})"


@pytest.mark.parametrize(
    ("every", "message"),
    [
        ({}, "must say what holds from batch 0 on"),
        ({40: 2}, "must say what holds from batch 0 on"),
        ({0: 4, 40: 0}, r"every\[40\] = 0: expected a whole number"),
        ({0: 4, -1: 2}, "every: a batch = -1: expected a whole number"),
        ({0: 4, 1.5: 2}, r"every: a batch = 1\.5: expected a whole number"),
    ],
)
def test_changes_must_be_whole_numbers(every, message):
    with pytest.raises(ValueError, match=message):
        to_keras(Constant(0.1), every=every)


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


def test_a_callback_of_keras_takes_a_schedule_over_epochs_raw():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(9.0), "mae")
    callback = keras.callbacks.LearningRateScheduler(LinearDecay(1.0, 4))
    seen = model.fit(np.ones((2, 1)), np.ones(2), epochs=3, callbacks=[callback], verbose=0)
    assert seen.history["learning_rate"] == [1.0, 0.75, 0.5]


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


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_it_can_be_pickled(again):
    ours = again(to_keras(LinearDecay(1.0, 4), every={0: 2, 4: 1}))
    assert (ours.schedule, ours.every) == (LinearDecay(1.0, 4), {0: 2, 4: 1})
    assert float(ours(4)) == 0.5
    optimizer = again(keras.optimizers.SGD(ours))
    optimizer.iterations.assign(5)
    assert float(optimizer.learning_rate) == 0.25


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
    everything = sum(EACH[1:], EACH[0])
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
