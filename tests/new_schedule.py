"""The tests of a schedule that `test_new_schedule.py` adds to a copy of the project."""

import json
import math
import pickle

import numpy as np
import pytest

import lrdecay
from lrdecay import Bell, audit, from_config, parse
from lrdecay.__main__ import main
from lrdecay.schedules import LEAVES

S = Bell(0.1, width=40)


def truth(t):
    return 0.1 / math.e ** (t * t / 1600)


def test_it_is_exported():
    assert "Bell" in lrdecay.__all__
    assert "Bell" in lrdecay.schedules.__all__
    assert Bell in LEAVES


def test_numbers_arrays_and_compositions():
    assert [S(t) for t in (0, 1, 40, 77)] == pytest.approx([truth(t) for t in (0, 1, 40, 77)])
    np.testing.assert_allclose(S.curve(90), [truth(t) for t in range(90)], rtol=1e-14)
    assert S.stretch(10)(400) == S(40)
    assert S.warmup(10)(50) == S(40)


def test_its_parameters_are_checked():
    with pytest.raises(ValueError, match="width = 0"):
        Bell(0.1, width=0)


def test_it_is_read_back():
    for s in (S, 2 * S.warmup(5).staircase(2)):
        assert parse(repr(s)) == s
        assert from_config(json.loads(json.dumps(s.to_config()))) == s
        assert pickle.loads(pickle.dumps(s)) == s
        assert hash(from_config(s.to_config())) == hash(s)


def test_its_formula_is_printed():
    from lrdecay.views import symbolic  # noqa: PLC0415

    general = symbolic.latex(Bell)
    assert "W" in general
    assert r"\eta_{0}" in general
    assert "40" in S.latex()
    assert S._repr_latex_().startswith("$")


def test_the_page_computes_what_python_computes():
    from py_mini_racer import MiniRacer  # noqa: PLC0415

    page = MiniRacer()
    for t in (0, 3, 40, 77):
        assert page.eval(f"(t => {S.javascript()})({t})") == pytest.approx(truth(t), rel=1e-14)


def test_it_is_drawn_and_has_sliders():
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("agg")
    assert S.plot(100) is not None
    explorer = S.explore()
    sliders = {slider.name: slider for slider in explorer.sliders}
    assert set(sliders) == {"lr0", "width"}
    assert "wide" in sliders["width"].label
    assert sliders["width"].unit == "updates"
    assert sliders["width"].low < 40 < sliders["width"].high
    assert "lr0" in json.dumps(explorer.spec)


def test_it_is_audited(capsys):
    assert "dead-rate" in {finding.code for finding in audit(Bell(0.1, width=15), 28_125)}
    assert audit(Bell(0.1, width=400), 1000) == []
    main(["audit", "Bell(0.1, width=15)", "--steps", "28125"])
    assert "dead-rate" in capsys.readouterr().out


def test_what_it_does_is_known():
    assert [(mark.kind, mark.at) for mark in S.warmup(10).landmarks(100)] == [
        ("warmup", 10),
        ("scale", 50),
    ]


@pytest.mark.tensorflow
def test_it_trains_in_keras():
    from lrdecay.lab.quiet import quiet  # noqa: PLC0415

    with quiet():
        import keras  # noqa: PLC0415
    ks = lrdecay.to_keras(S)
    np.testing.assert_allclose([float(ks(t)) for t in range(90)], S.curve(90), rtol=1e-6)
    assert lrdecay.from_keras(ks) == S
    schedules = keras.optimizers.schedules
    assert lrdecay.from_keras(schedules.deserialize(schedules.serialize(ks))) == S
