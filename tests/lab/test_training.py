import numpy as np
import pytest

from lrdecay import Constant, LinearDecay, StepDecay
from lrdecay.lab.data import Dataset
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks import Task
from lrdecay.lab.training import LRHistory, PrintLR, build_model, train

with quiet():
    import keras


@pytest.fixture
def data():
    """Three hundred images of two kinds: bright above, or bright below."""
    random = np.random.RandomState(0)
    labels = (np.arange(400) % 2).astype(np.uint8)
    images = random.randint(0, 50, (400, 28, 28)).astype(np.uint8)
    images[labels == 0, :14] += 200
    images[labels == 1, 14:] += 200
    return Dataset(images[:300], labels[:300], images[300:], labels[300:], "digits", "Made here.")


def test_a_run_gives_model_record_and_rates(data):
    schedule = StepDecay(0.1, 0.5, 7)
    run = train(schedule, data, epochs=3)
    assert len(run.rates) == 3 * 10  # 300 images are 9 batches of 32 and one of 12
    np.testing.assert_array_max_ulp(
        run.rates.astype(np.float32), schedule.curve(30).astype(np.float32), maxulp=1
    )
    assert {name: len(values) for name, values in run.history.items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 3
    )
    assert run.test_accuracy == run.history["val_accuracy"][-1] == 1.0
    loss, accuracy = run.model.evaluate(data.x_test, data.y_test, verbose=0)
    assert accuracy == run.test_accuracy
    assert loss == pytest.approx(run.history["val_loss"][-1], rel=1e-6)
    assert int(run.model.optimizer.iterations) == 30


def test_it_is_plain_fit_as_in_the_article(data):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, "relu"),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.05),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    plain = model.fit(
        data.x_train / 255.0,
        data.y_train,
        epochs=2,
        validation_data=(data.x_test / 255.0, data.y_test),
        verbose=0,
    )
    run = train(Constant(0.05), data, epochs=2, seed=3)
    for name, values in plain.history.items():
        assert run.history[name] == pytest.approx(values, rel=1e-5)
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_same_seed_gives_the_same_run_and_another_one_another(data):
    first, again, other = (train(Constant(0.02), data, epochs=2, seed=s) for s in (5, 5, 6))
    assert first.history == again.history
    for a, b in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert first.history["loss"] != other.history["loss"]


def test_callbacks_are_called_and_verbose_prints(data, capsys):
    history = LRHistory()
    train(LinearDecay(0.1, 20), data, epochs=2, verbose=2, callbacks=[PrintLR(), history])
    printed = capsys.readouterr().out
    assert printed.index("Epoch 01: learning rate = 0.10000") < printed.index("10/10")
    assert "Epoch 02: learning rate = 0.05000" in printed
    assert "val_accuracy" in printed
    assert len(history.rates) == 20


def test_another_task_brings_its_own_model(data):
    def build_model(seed):
        keras.utils.set_random_seed(seed)
        return keras.Sequential(
            [
                keras.Input((28, 28)),
                keras.layers.Flatten(),
                keras.layers.Dense(2, "softmax", name="own"),
            ]
        )

    task = Task("two halves", lambda source="auto": data, build_model)
    run = train(Constant(1e-5), task.load(), epochs=1, task=task)
    assert [layer.name for layer in run.model.layers][-1] == "own"


def test_nothing_is_printed_unless_asked(data, capfd):
    train(Constant(0.1), data, epochs=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, None, float("nan"), np.array([3])])
def test_a_number_out_of_range_is_named(data, name, value):
    with pytest.raises(ValueError, match=rf"{name} = .*expected a whole number, 1 or more"):
        train(Constant(0.1), data, **{name: value})


@pytest.mark.parametrize("value", [-1, 2**32, 0.5, "0", True, None])
def test_a_seed_out_of_range_is_named(data, value):
    for call in (lambda: train(Constant(0.1), data, seed=value), lambda: build_model(value)):
        with pytest.raises(ValueError, match=r"seed = .*expected a whole number, (from )?0"):
            call()


def test_a_numpy_number_will_do(data):
    run = train(Constant(0.1), data, epochs=np.int64(1), batch_size=np.int32(100), seed=np.uint8(1))
    assert len(run.rates) == 3


@pytest.mark.parametrize("schedule", [0.1, "Constant(0.1)", None])
def test_only_our_schedules_are_trained(data, schedule):
    with pytest.raises(TypeError, match="expected an lrdecay schedule"):
        train(schedule, data)
