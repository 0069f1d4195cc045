"""lrdecay against what other libraries gave when they were recorded; needs none of them."""

import importlib.util
import json
import subprocess
import sys

import pytest

import lrdecay
from lrdecay import rosetta
from lrdecay.rosetta import qualities, record, tables
from lrdecay.rosetta.library import same

RECORD = rosetta.recorded()
LIBRARIES = rosetta.libraries()
CALLS = [(library, call) for library in LIBRARIES.values() for call in library.calls]
DEFECTS = [(library, defect) for library in LIBRARIES.values() for defect in library.defects]


def key(pair):
    library, what = pair
    return library.key(what)


def in_time(s, steps, steps_per_epoch=None):
    return sorted({finding.code for finding in lrdecay.audit(s, steps, steps_per_epoch)})


def logged():
    import keras  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    from lrdecay.lab.callbacks import LRHistory  # noqa: PLC0415

    history = LRHistory()
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(lrdecay.to_keras(lrdecay.StepDecay(0.1, 0.5, 1))), "mse")
    x = np.zeros((2, 1))
    model.fit(x, x, batch_size=2, epochs=2, verbose=0, callbacks=[history])
    return list(history.rates)


# Where `audit` or the lab has the answer, the package of the libraries, which stands below them,
# cannot ask for it.
ABOVE = {
    "PyTorch: stepped once an epoch": lambda: in_time(
        lrdecay.OneCycle(0.1, duration=999, warmup=299), 10, 100
    ),
    "Keras: boundaries after the end": lambda: in_time(
        lrdecay.PiecewiseConstant([50_000, 80_000], [0.01, 0.005, 0.001]), 17_190
    ),
    "Keras: logs the next rate": logged,
}


def test_the_recording_fits_the_table():
    assert set(RECORD["rates"]) == {key(pair) for pair in CALLS}
    assert set(RECORD["defects"]) == {key(pair) for pair in DEFECTS}
    assert set(RECORD["versions"]) == set(LIBRARIES)
    assert set(RECORD["qualities"]) == set(qualities.QUALITIES)
    assert record.FILE.stat().st_size < 300_000


def test_no_two_calls_or_defects_share_a_recording():
    assert len({(key(pair), pair[1].feature) for pair in CALLS}) == len(CALLS)
    assert len({key(pair) for pair in DEFECTS}) == len(DEFECTS)


def test_every_feature_has_a_comparison_and_no_comparison_lacks_a_feature():
    features = [feature for group in tables.FEATURES.values() for feature in group]
    assert {call.feature for _, call in CALLS} == set(features)
    assert len(features) == len(set(features))


@pytest.mark.parametrize("pair", CALLS, ids=key)
def test_our_rates_are_the_recorded_ones(pair):
    library, call = pair
    assert call.difference(RECORD["rates"][library.key(call)]) <= library.allowed(call)


@pytest.mark.parametrize("pair", CALLS, ids=key)
def test_another_schedule_would_not_pass(pair):
    library, call = pair
    shifted = [*RECORD["rates"][library.key(call)][1:], 0.0]
    assert call.difference(shifted) > library.allowed(call)


def test_a_recording_of_another_length_is_no_comparison():
    library, call = CALLS[0]
    with pytest.raises(ValueError, match=r"55 rates of .* not 56"):
        call.difference(RECORD["rates"][library.key(call)][:-1])


@pytest.mark.parametrize("pair", DEFECTS, ids=key)
def test_the_defect_is_recorded(pair):
    library, defect = pair
    assert same(RECORD["defects"][library.key(defect)], defect.seen)


@pytest.mark.parametrize("pair", DEFECTS, ids=key)
def test_ours_is_right(pair):
    _, defect = pair
    for name in defect.needs:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed: `make rivals` installs it")
    ours = defect.ours or ABOVE[key(pair)]
    assert same(ours(), defect.right)
    assert not same(defect.seen, defect.right)


def test_what_the_tests_answer_is_what_the_package_cannot():
    assert set(ABOVE) == {key(pair) for pair in DEFECTS if pair[1].ours is None}


@pytest.mark.parametrize("quality", sorted(set(qualities.QUALITIES) - qualities.WITH_RIVALS))
def test_ours_has_every_quality(quality):
    lacking = [
        repr(make())
        for make in qualities.makers(qualities.OURS)
        if not qualities.passes(quality, qualities.OURS, make)
    ]
    assert lacking == []


def test_reading_the_table_imports_no_library():
    code = (
        "import json, sys; from lrdecay import rosetta; from lrdecay.rosetta import tables;"
        "tables.difference(*tables.comparisons('linear', 'Keras')[0]);"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    rivals = {library.module.split(".")[0] for library in LIBRARIES.values() if library.package}
    assert loaded & (rivals | {"tensorflow", "jax"}) == set()
    assert "lrdecay" in loaded


def test_a_library_is_one_file(tmp_path):
    """A file in the folder is all that a new library takes; here the folder gets a second part."""
    (tmp_path / "paddle.py").write_text(
        "from lrdecay.rosetta.library import Call, Functions\n"
        "LIBRARY = Functions(name='Paddle', module='math', package='', tolerance=1e-12,\n"
        "    calls=(Call('linear', 'lambda t: 0.1 * max(0, 1 - t / 40)',\n"
        "                'LinearDecay(0.1, duration=40)'),))\n"
    )
    code = (
        "import sys; from lrdecay import rosetta; rosetta.__path__.append(sys.argv[1]);"
        "from lrdecay.rosetta import qualities; paddle = rosetta.libraries()['Paddle'];"
        "call, = paddle.calls; rates = paddle.rates(call.call, 56);"
        "print(paddle.version(), call.difference(rates),"
        "qualities.share('a function of the step, without state', 'Paddle'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    version, difference, share = run.stdout.split()
    assert (version, share) == ("any", "1/1")
    assert float(difference) <= 1e-12
