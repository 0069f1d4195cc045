"""Weight decay and momentum driven in Keras; `test_backends.py` repeats it with other backends."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from lrdecay import Constant, CosineDecay, LinearDecay, PiecewiseConstant, to_keras
from lrdecay.lab.quiet import quiet

with quiet():
    import keras

from keras import optimizers

from lrdecay.interop.keras import drive

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BACKEND = keras.config.backend()
RATE = LinearDecay(0.1, 20)
DECAY = CosineDecay(0.4, 10)
MOMENTUM = Constant(0.95).warmup(4)  # 0 at first
INPUTS = np.array([1.0, 2.0, 0.5, 3.0, 1.5, 0.25, 2.0, 1.0, 4.0, 0.5, 1.0, 2.0])
FIRST = 2.0


# The updates as the papers write them, in NumPy's float64. The loss is |1000 - w x|.


def gradients(every=1):
    return -INPUTS.reshape(-1, every).mean(axis=1)


def sgd(decay, momentum, nesterov=False, every=1):
    w, v = FIRST, 0.0
    for t, g in enumerate(gradients(every)):
        w -= RATE(t) * decay(t) * w
        v = momentum(t) * v - RATE(t) * g
        w += momentum(t) * v - RATE(t) * g if nesterov else v
    return w


def adam(decay, momentum, every=1):
    w, m, v = FIRST, 0.0, 0.0
    for t, g in enumerate(gradients(every)):
        b1, b2 = momentum(t), 0.999
        w -= RATE(t) * decay(t) * w
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        unbiased = m / (1 - b1 ** (t + 1)), v / (1 - b2 ** (t + 1))
        w -= RATE(t) * unbiased[0] / (unbiased[1] ** 0.5 + 1e-7)
    return w


def lion(decay, momentum):
    w, m = FIRST, 0.0
    for t, g in enumerate(gradients()):
        w -= RATE(t) * decay(t) * w
        w -= RATE(t) * np.sign(momentum(t) * m + (1 - momentum(t)) * g)
        m = 0.99 * m + 0.01 * g
    return w


def model_of(optimizer, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), FIRST)])
    model.compile(optimizer, "mae", **options)
    return model


def fit(model, batches=INPUTS):
    x = batches.reshape(-1, 1)
    model.fit(x, np.full(len(x), 1000.0), batch_size=1, shuffle=False, verbose=0)
    return model.get_weights()[0].item()


WAYS = {
    "compiled": {"jit_compile": True},
    "not compiled": {"jit_compile": False},
    "eagerly": {"run_eagerly": True, "jit_compile": False},
    "three at a time": {"jit_compile": False, "steps_per_execution": 3},
}
if BACKEND == "torch":  # Keras compiles it with a compiler of C++, and takes one step at a time
    del WAYS["compiled"], WAYS["three at a time"]

ZERO = Constant(0.0)
FIXED = Constant(0.9)
CASES = {
    "SGD, momentum": (
        lambda lr: drive(optimizers.SGD(lr), momentum=MOMENTUM),
        lambda: sgd(ZERO, MOMENTUM),
    ),
    "SGD, Nesterov": (
        lambda lr: drive(optimizers.SGD(lr, nesterov=True), momentum=MOMENTUM),
        lambda: sgd(ZERO, MOMENTUM, nesterov=True),
    ),
    "SGD, both": (
        lambda lr: drive(optimizers.SGD(lr, momentum=0.5), DECAY, MOMENTUM),
        lambda: sgd(DECAY, MOMENTUM),
    ),
    "SGD, weight decay": (
        lambda lr: drive(optimizers.SGD(lr, momentum=0.9), DECAY),
        lambda: sgd(DECAY, FIXED),
    ),
    "Adam, momentum": (
        lambda lr: drive(optimizers.Adam(lr), momentum=MOMENTUM),
        lambda: adam(ZERO, MOMENTUM),
    ),
    "AdamW, weight decay": (
        lambda lr: drive(optimizers.AdamW(lr), weight_decay=DECAY),
        lambda: adam(DECAY, FIXED),
    ),
    "AdamW, both": (
        lambda lr: drive(drive(optimizers.AdamW(lr), DECAY), momentum=MOMENTUM),
        lambda: adam(DECAY, MOMENTUM),
    ),
    "Lion, both": (
        lambda lr: drive(optimizers.Lion(lr), DECAY, MOMENTUM),
        lambda: lion(DECAY, MOMENTUM),
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
def test_fit_makes_the_updates_that_the_papers_write(case, way):
    make, expected = CASES[case]
    model = model_of(make(to_keras(RATE)), **WAYS[way])
    assert fit(model) == pytest.approx(expected(), rel=2e-5)


@pytest.mark.parametrize("way", WAYS)
def test_with_accumulation_updates_are_counted(way):
    rate = to_keras(RATE, every=2)
    model = model_of(
        drive(optimizers.AdamW(rate, gradient_accumulation_steps=2), DECAY, MOMENTUM), **WAYS[way]
    )
    assert fit(model) == pytest.approx(adam(DECAY, MOMENTUM, every=2), rel=2e-5)


def test_a_clock_of_its_own():
    optimizer = drive(optimizers.SGD(0.1), to_keras(LinearDecay(1.0, 20), every={0: 4, 40: 2}))
    optimizer.iterations.assign(41)
    assert float(optimizer.weight_decay) == 0.5


@pytest.mark.parametrize(
    "make",
    [
        optimizers.Adamax,
        optimizers.Nadam,
        optimizers.Lamb,
        optimizers.Muon,
        optimizers.Adafactor,
        optimizers.RMSprop,
        optimizers.Adagrad,
        optimizers.Adadelta,
        optimizers.Ftrl,
    ],
)
def test_a_constant_schedule_is_the_number(make):
    """Every optimizer that Keras has: what is driven by a constant, Keras does with a number."""
    numbers, schedules = {"weight_decay": 0.25}, {"weight_decay": Constant(0.25)}
    for name in ("momentum", "beta_1"):
        if hasattr(make(), name) and make is not optimizers.RMSprop:
            numbers[name], schedules["momentum"] = 0.5, Constant(0.5)
    driven = fit(model_of(drive(make(0.1), **schedules)))
    assert driven == pytest.approx(fit(model_of(make(0.1, **numbers))), rel=1e-5)
    assert driven != fit(model_of(make(0.1)))


def test_weights_that_are_left_out_stay_so():
    optimizer = optimizers.SGD(1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    drive(optimizer, weight_decay=Constant(0.5))
    weights = [keras.Variable(1.0, name="kernel"), keras.Variable(1.0, name="bias")]
    optimizer.apply([keras.ops.zeros(())] * 2, weights)
    assert [float(keras.ops.convert_to_numpy(w.value)) for w in weights] == [0.5, 1.0]


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch compiles nothing here")
def test_why_a_callback_that_sets_the_number_is_not_enough():
    class Change(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.weight_decay = DECAY(batch)

    model = model_of(optimizers.SGD(0.1, weight_decay=DECAY(0)), jit_compile=True)
    x = INPUTS.reshape(-1, 1)
    model.fit(
        x, np.full(len(x), 1000.0), batch_size=1, shuffle=False, verbose=0, callbacks=[Change()]
    )
    right = FIRST
    for t, x in enumerate(INPUTS):
        right += 0.1 * x - 0.1 * DECAY(t) * right
    # One of its first numbers is in the compiled code.
    assert abs(model.get_weights()[0].item() - right) > 0.1
    assert fit(model_of(drive(optimizers.SGD(0.1), DECAY), jit_compile=True)) == pytest.approx(
        right
    )


LOAD = """
{imports}
model = keras.models.load_model("{path}")
print(float(model.optimizer.weight_decay), float(model.optimizer.momentum))
import numpy as np
x = np.array({rest}).reshape(-1, 1)
model.fit(x, np.full(len(x), 1000.0), batch_size=1, shuffle=False, verbose=0)
print(model.get_weights()[0].item())
"""


@pytest.mark.parametrize("imports", ["import lrdecay, keras", "import keras, lrdecay"])
def test_a_saved_model_goes_on_in_another_process(tmp_path, imports):
    model = model_of(drive(optimizers.SGD(to_keras(RATE)), DECAY, MOMENTUM))
    fit(model, INPUTS[:5])
    model.save(tmp_path / "model.keras")
    rest = INPUTS[5:].tolist()
    code = LOAD.format(imports=imports, path=tmp_path / "model.keras", rest=rest)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    expected = [DECAY(5), MOMENTUM(5)]
    assert [float(number) for number in first.split()] == pytest.approx(expected, rel=1e-6)
    assert float(last) == pytest.approx(sgd(DECAY, MOMENTUM), rel=2e-5)


def test_a_config_holds_the_schedules():
    optimizer = drive(optimizers.AdamW(0.1), PiecewiseConstant([3], [0.5, 0.25]), MOMENTUM)
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    again.iterations.assign(4)
    assert (float(again.weight_decay), float(again.beta_1)) == pytest.approx((0.25, 0.95))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_it_can_be_pickled(again):
    optimizer = again(drive(optimizers.SGD(0.1), DECAY, MOMENTUM))
    optimizer.iterations.assign(3)
    numbers = float(optimizer.weight_decay), float(optimizer.momentum)
    assert numbers == pytest.approx((DECAY(3), MOMENTUM(3)))


@pytest.mark.parametrize("optimizer", [0.1, "adam", None, type("Own", (optimizers.SGD,), {})()])
def test_only_the_optimizers_of_keras(optimizer):
    with pytest.raises(TypeError, match=r"optimizer = .*expected an optimizer of Keras itself"):
        drive(optimizer, Constant(0.1))


def test_only_schedules():
    for arguments in ({"weight_decay": 0.1}, {"momentum": 0.9}):
        with pytest.raises(TypeError, match=r"(weight_decay|momentum) = .*an lrdecay schedule"):
            drive(optimizers.SGD(0.1), **arguments)


def test_what_cannot_be_driven():
    with pytest.raises(ValueError, match="momentum: that of RMSprop cannot be driven"):
        drive(optimizers.RMSprop(0.1), momentum=MOMENTUM)
    model = model_of(optimizers.SGD(0.1))
    fit(model)
    with pytest.raises(ValueError, match="momentum: this optimizer was built without"):
        drive(model.optimizer, momentum=MOMENTUM)
