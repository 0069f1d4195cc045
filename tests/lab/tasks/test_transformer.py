"""The transformer: what it computes, that it sees the past alone, and that it trains as by fit."""

import numpy as np
import pytest
from scipy.special import erf, softmax
from tiny_task import TINY

from lrdecay import WSD
from lrdecay.lab.data import text
from lrdecay.lab.sweep import Run, engine, work
from lrdecay.lab.tasks.text import FINE_TUNING, TEXT, build_transformer

SMALL = {"layers": 2, "width": 8, "heads": 2, "context": 6}
PLACES = np.random.default_rng(0).integers(0, 96, (5, 6)).astype(np.uint8)


def normalised(x, gamma, beta):
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-3)
    return (x - x.mean(axis=-1, keepdims=True)) / spread * gamma + beta


def by_hand(weights, places, layers):
    """The same network from its definition, one head and one position at a time."""
    weights = iter(weights)

    def take(count):
        return [next(weights) for _ in range(count)]

    (table,), (vectors,) = take(1), take(1)
    x = table[places] + vectors
    for _ in range(layers):
        normal = normalised(x, *take(2))
        wq, bq, wk, bk, wv, bv, wo, bo = take(8)
        out = np.zeros_like(x)
        for head in range(wq.shape[1]):
            q, k, v = (normal @ w[:, head] + b[head] for w, b in ((wq, bq), (wk, bk), (wv, bv)))
            for at in range(x.shape[1]):
                scores = np.einsum("bd,btd->bt", q[:, at], k[:, : at + 1]) / np.sqrt(q.shape[-1])
                seen = np.einsum("bt,btd->bd", softmax(scores, axis=-1), v[:, : at + 1])
                out[:, at] += seen @ wo[head]
        x = x + out + bo
        normal = normalised(x, *take(2))
        w, b, w2, b2 = take(4)
        wide = normal @ w + b
        x = x + (wide * (1 + erf(wide / np.sqrt(2))) / 2) @ w2 + b2
    gamma, beta, w, b = take(4)
    assert not list(weights)
    return softmax(normalised(x, gamma, beta) @ w + b, axis=-1)


def test_it_computes_what_a_transformer_is():
    model = build_transformer(3, **SMALL)
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:  # also the biases, which begin at 0
        variable.assign(variable.numpy() + 0.3 * rng.standard_normal(variable.shape))
    want = by_hand([v.numpy().astype(float) for v in model.trainable_variables], PLACES, 2)
    np.testing.assert_allclose(model(PLACES).numpy(), want, atol=2e-6)


def test_it_sees_the_past_alone():
    model = build_transformer(0)
    some = np.random.default_rng(2).integers(0, 96, (1, 64)).astype(np.uint8)
    before = model(some).numpy()
    for at in (0, 1, 31, 63):
        changed = some.copy()
        changed[0, at] = (changed[0, at] + 1) % 96
        apart = abs(model(changed).numpy() - before).max(axis=-1)[0]
        assert (apart[:at] == 0).all()
        assert (apart[at:] > 0).all()


def test_a_seed_fixes_the_first_weights():
    first, again, other = (build_transformer(seed, **SMALL).get_weights() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != other[0]).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"layers": 0}, "layers = 0"),
        ({"heads": 3}, "heads = 3: must divide width = 64"),
    ],
)
def test_bad_numbers_are_named(changes, said):
    with pytest.raises(ValueError, match=said):
        build_transformer(**changes)


def test_it_trains_as_by_fit():
    run = Run(WSD(0.01, 8, 2, 2), epochs=2, task="text", optimizer="AdamW", weight_decay=0.1)
    rng = np.random.default_rng(3)
    x = rng.integers(0, 96, (28, 6)).astype(np.uint8)  # three updates an epoch of 8, and one of 4
    y = np.roll(x, -1, axis=1)
    orders = [engine.order(5, epoch, len(x)) for epoch in range(2)]
    ours, theirs = (build_transformer(4, **SMALL) for _ in range(2))
    for model in (ours, theirs):
        model.compile(work.optimizer(run), "sparse_categorical_crossentropy", metrics=["accuracy"])
    got = engine.fit(ours, x, y, 8, 2, orders)
    for epoch, order in enumerate(orders):
        history = theirs.fit(x[order], y[order], 8, shuffle=False, verbose=0).history
        for name, values in history.items():
            assert got[name][epoch] == pytest.approx(values[0], rel=2e-5), name
    for variable, other in zip(ours.variables, theirs.variables, strict=True):
        # Softmax takes away what a key's bias adds: its slope is 0, and Adam moves it by rounding.
        if not variable.path.endswith("key/bias"):
            np.testing.assert_allclose(variable.numpy(), other.numpy(), rtol=2e-4, atol=2e-5)


def test_its_calibration_is_that_of_all_its_positions():
    model = build_transformer(0, **SMALL)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    shares, labels = model(PLACES).numpy().reshape(-1, 96), PLACES.ravel()
    want = engine.calibration_error(shares, labels)
    assert engine.Engine(model).calibration(PLACES, PLACES) == pytest.approx(want, abs=1e-6)


def test_an_epoch_reads_text_that_none_before_has_read():
    places = [work._places(TEXT, 7, epoch) for epoch in range(38)]
    assert {len(one) for one in places} == {3_200}
    first = np.concatenate(places[:37])
    assert len(set(first.tolist())) == len(first)  # the 37 epochs of the first pass
    assert set(places[37].tolist()) & set(first.tolist())  # then a new pass begins
    np.testing.assert_array_equal(work._places(TINY, 0, 1), engine.order(0, 1, 210))


def test_fine_tuning_turns_to_another_text():
    data, parts = FINE_TUNING.load(), work.split("fine-tuning")
    source, tests = TEXT.load(), text.load(kind="tests")
    assert data.name == f"{source.name}, then {tests.name}"
    before = work._places(FINE_TUNING, 7, 4)
    np.testing.assert_array_equal(before, work._places(TEXT, 7, 4))  # as if nothing were to come
    np.testing.assert_array_equal(parts.train[0][before], source.x_train[before])
    after = work._places(FINE_TUNING, 7, 5)
    np.testing.assert_array_equal(after - text.TRAIN, work._places(TEXT, 7, 0))
    np.testing.assert_array_equal(parts.train[1][after], tests.y_train[after - text.TRAIN])
    np.testing.assert_array_equal(parts.validation[0], tests.x_train[-text.VALIDATION :])
    np.testing.assert_array_equal(parts.test[1], tests.y_test)


def test_validation_are_the_last_examples():
    data, parts = TEXT.load(), work.split("text")
    np.testing.assert_array_equal(parts.validation[0], data.x_train[-TEXT.validation :])
    np.testing.assert_array_equal(parts.train[0], data.x_train[: -TEXT.validation])
