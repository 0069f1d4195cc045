"""What a page computes is read from Vega itself, through vl-convert, and held against lrdecay."""

import json
import random
import re
from decimal import Decimal
from functools import cache
from itertools import product

import explorer_truth as truth
import numpy as np
import pytest
import strategies
import vl_convert
from hypothesis import given, settings

from lrdecay import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    StepDecay,
    theory,
)
from lrdecay.charts import comparison, foundations, practice, valley
from lrdecay.lab.comparison import Ended
from lrdecay.schedules import classes
from lrdecay.views import explorers, marks

CHAPTERS = (
    foundations.noise_floor,
    foundations.parking,
    foundations.four_shapes,
    foundations.optimal_inverse_time,
    foundations.staircase,
    foundations.robustness,
    foundations.horizon,
    truth.final_runs,
    practice.averaging,
    practice.flat_minima,
    valley.path,
    valley.hill_and_river,
)
SCHEDULES = (
    Constant(0.1),
    StepDecay(0.1, drop_rate=0.96, step_size=1000),
    StepDecay(0.3, drop_rate=0.5, step_size=2.5),
    ExponentialDecay.from_ratio(0.1, ratio=0.96, every=1000),
    InverseTimeDecay(0.72, decay_rate=0.36),
    PolynomialDecay(0.1, duration=100, power=2.0, lr_end=0.001),
    LinearDecay(0.1, duration=28_125),
    PiecewiseConstant([10, 20], [0.1, 0.01, 0.001]),
    ExponentialDecay(0.1, decay_rate=0.01).staircase(10),
    LinearDecay(0.1, duration=90).clip(low=0.01, high=0.08),
    0.5 * StepDecay(0.1, 0.5, 30) + ExponentialDecay(0.2, decay_rate=0.05),
    CosineDecay(0.1, duration=100, lr_end=0.01),
    REX(0.1, duration=100),
    InverseSqrt(0.1, timescale=400).warmup(400),
    OneCycle(0.1, duration=1000),
    OneCycle(0.1, duration=1000, warmup=499, three_phase=True, shape="linear"),
    OneCycle(0.1, duration=1000, warmup=999),
    Cyclic(0.01, 0.1, half_cycle=200, mode="exp_range", decay_rate=0.001),
    WSD(0.1, duration=100, warmup=10, cooldown=90),
    WSD(0.1, duration=100, warmup=100, cooldown=0),
    WSD(0.1, duration=100, warmup=0, cooldown=20, shape="1-sqrt"),
    CosineDecay(0.1, duration=50).repeat(50, stretch=1.5, scale=0.9),
    LinearDecay(0.1, 15).stretch(10).shift(3).then(WSD(0.1, 100, 10, 20), at=90),
)


@cache
def spec_of(make):
    return make().spec


def with_values(spec, values):
    params = [{**p, "value": values.get(p["name"], p["value"])} for p in spec["params"]]
    return {**spec, "params": params}


def svg(spec, version=None):
    return vl_convert.vegalite_to_svg({**spec, "width": 400}, vl_version=version)


def paths(spec, version=None):
    """Return the shapes and places of what is drawn."""
    marks = re.findall(r'<path [^>]*role="graphics-symbol"[^>]*>', svg(spec, version))
    return [re.findall(r' (?:d|transform)="[^"]*"', mark) for mark in marks]


def rows(explorer, *names, where="true", layer=None, **values):
    """Return the columns `names` of the chart's data as the page computes them."""
    spec = with_values(explorer.spec, values)
    source = spec if layer is None else spec["layer"][layer]
    text = " + ' ' + ".join(f"datum.{name}" for name in names)
    # The whole table is the description of one point: drawing many marks would take seconds.
    mark = {
        "mark": "point",
        "transform": [
            *source["transform"],
            {"filter": where},
            {"calculate": f"'' + {text}", "as": "row"},
            {"aggregate": [{"op": "values", "as": "all"}], "groupby": []},
            {"calculate": "join(pluck(datum.all, 'row'), ';')", "as": "rows"},
        ],
        "encoding": {"description": {"field": "rows", "type": "nominal"}},
    }
    drawn = vl_convert.vegalite_to_svg({"data": source["data"], "params": spec["params"], **mark})
    (table,) = re.findall(r'aria-label="([^"]*)" role="graphics-symbol"', drawn)
    return np.array([row.split() for row in table.split(";")], dtype=float).T


def places(explorer, count=2):
    """Return places of the sliders: as shown, all low, all high, and `count` at random."""
    chance = random.Random(0)
    yield {}
    yield {s.name: s.low for s in explorer.sliders}
    yield {s.name: s.high for s in explorer.sliders}
    for _ in range(count):
        yield {
            s.name: min(s.high, s.low + s.step * chance.randrange(int((s.high - s.low) / s.step)))
            for s in explorer.sliders
        }


def corners(explorer, count):
    """Return settings in which each slider is at one of its ends."""
    ends = list(product(*([s.low, s.high] for s in explorer.sliders)))
    chosen = ends if len(ends) <= count else random.Random(0).sample(ends, count)
    return [dict(zip((s.name for s in explorer.sliders), end, strict=True)) for end in chosen]


def all_settings(make):
    return pytest.mark.parametrize(
        "values", list(places(make())), ids=lambda v: "-".join(f"{x:g}" for x in v.values())
    )


# explore


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_the_page_computes_the_rates_of_the_schedule(schedule):
    t, rate = rows(schedule.explore(), "t", "rate")
    assert t[0] == 0
    assert 10 <= len(t) <= explorers.ROWS
    assert rate == pytest.approx(schedule(t), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_wherever_the_sliders_stand_there_is_a_rate(schedule):
    explorer = schedule.explore()
    for values in places(explorer, count=1):
        t, rate = rows(explorer, "t", "rate", **values)
        assert len(t) >= 10
        assert np.isfinite(rate).all()
        assert (rate >= 0).all()


def test_the_sliders_of_every_class_are_held_to_account():
    def names(schedule):
        return {type(schedule).__name__}.union(*map(names, schedule.parts()))

    assert set().union(*map(names, truth.EVERY_CLASS)) == set(classes())


@pytest.mark.parametrize("schedule", [*truth.EVERY_CLASS, *truth.compositions(30)], ids=repr)
def test_sliders_at_their_ends_give_the_rates_of_a_schedule(schedule):
    explorer = schedule.explore()
    highest = explorer.spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    for values in [*places(explorer, count=1), *corners(explorer, 3)]:
        t, rate = rows(explorer, "t", "rate", **values)
        right = truth.moved(schedule, values)(t.astype(int))
        # a rounded 0 is drawn at 0
        assert rate == pytest.approx(right, rel=1e-9, abs=1e-15 * right.max()), values
        assert rate.max() <= highest * (1 + 1e-12), values


@settings(max_examples=15)
@given(strategies.schedules(strategies.whole_lengths))
def test_the_page_computes_the_rates_of_any_schedule(schedule):
    explorer = schedule.explore()
    t, rate = rows(explorer, "t", "rate")
    assert rate == pytest.approx(schedule(t), rel=1e-9, abs=1e-300)
    names = [slider.name for slider in explorer.sliders]
    assert len(names) == len(set(names))
    assert all(slider.low <= slider.value <= slider.high for slider in explorer.sliders)


def test_what_does_not_count_has_no_slider():
    names = [slider.name for slider in Cyclic(0.01, 0.1, 200).explore().sliders]
    assert names == ["low", "high", "half_cycle"]


@pytest.mark.parametrize(
    ("schedule", "values", "moved"),
    [
        (
            StepDecay(0.1, 0.96, 1000),
            {"lr0": 0.05, "drop_rate": 0.5, "step_size": 600},
            StepDecay(0.05, 0.5, 600),
        ),
        (
            PolynomialDecay(0.1, 100),
            {"duration": 60, "power": 2.5, "lr_end": 0.02},
            PolynomialDecay(0.1, 60, 2.5, 0.02),
        ),
        (InverseTimeDecay(0.1, 0.1), {"decay_rate": 0.0}, Constant(0.1)),
        (
            PiecewiseConstant([10, 20], [0.1, 0.01, 0.001]),
            {"boundaries_1": 15, "values_2": 0.05},
            PiecewiseConstant([10, 15], [0.1, 0.01, 0.05]),
        ),
        (
            StepDecay(0.1, 0.5, 30) + ExponentialDecay(0.2, 0.05),
            {"lr0": 0.05, "lr0_2": 0.1},
            StepDecay(0.05, 0.5, 30) + ExponentialDecay(0.1, 0.05),
        ),
    ],
    ids=repr,
)
def test_moved_sliders_give_the_rates_of_another_schedule(schedule, values, moved):
    explorer = schedule.explore(100)
    assert set(values) <= {slider.name for slider in explorer.sliders}
    t, rate = rows(explorer, "t", "rate", **values)
    assert rate == pytest.approx(moved(t), rel=1e-13)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_sliders_start_at_the_schedule_on_a_grid_that_a_browser_keeps(schedule):
    for slider in schedule.explore().sliders:
        low, high, step, value = (
            Decimal(repr(x)) for x in (slider.low, slider.high, slider.step, slider.value)
        )
        assert low <= value <= high
        for place in ((value - low) / step, (high - low) / step):
            assert abs(place - round(place)) < Decimal("1e-9")
        assert 10 <= (high - low) / step <= 400


def test_a_long_curve_is_drawn_at_about_a_thousand_points():
    t, _ = rows(StepDecay(0.1, 0.96, 1000).explore(1_000_000), "t", "rate")
    assert len(t) == 1000


@pytest.mark.parametrize("n", [0, -1, 1.5, True])
def test_n_is_checked(n):
    with pytest.raises(ValueError, match="n = "):
        Constant(0.1).explore(n)


# The chapters' charts


def expected(schedule, steps, noise, start):
    return theory.expected_loss(schedule, steps, noise=noise, start=start)[1:]


def check_losses(explorer, values, schedules, steps, noise, start):
    after, loss = rows(explorer, "after", "loss", **values).reshape(2, 2, -1)
    updates = after[0].astype(int)
    assert np.array_equal(after, [updates] * 2)
    assert 200 < len(updates) <= marks.POINTS
    assert updates[-1] == steps
    assert (np.diff(updates) > 0).all()
    for computed, schedule in zip(loss, schedules, strict=True):
        exact = expected(schedule, steps, noise, start)[updates - 1]
        assert computed == pytest.approx(exact, rel=1e-9)


def filled(make, values):
    return {slider.name: slider.value for slider in make().sliders} | values


@all_settings(foundations.noise_floor)
def test_noise_floor(values):
    at = filled(foundations.noise_floor, values)
    schedules = Constant(at["lr0"]), InverseTimeDecay(at["lr0"], at["decay_rate"])
    check_losses(foundations.noise_floor(), values, schedules, 400, at["noise"], 3.0)


@pytest.mark.parametrize("lr0", [0.95, 1.0, 1.05, 1.95])
def test_noise_floor_where_a_factor_is_0_or_explodes(lr0):
    values = {"lr0": lr0, "decay_rate": 0.0}
    check_losses(foundations.noise_floor(), values, [Constant(lr0)] * 2, 400, 1.0, 3.0)


def test_noise_floor_rule_is_the_floor():
    explorer = foundations.noise_floor()
    (place,) = rows(explorer, "place", layer=1, lr0=0.5, noise=0.7)
    assert place == pytest.approx(theory.noise_floor(0.5, noise=0.7))


@all_settings(foundations.horizon)
def test_horizon(values):
    at = filled(foundations.horizon, values)
    lr0 = 10.0 ** at["exponent"]
    schedules = Constant(lr0), LinearDecay(lr0, at["duration"])
    check_losses(foundations.horizon(), values, schedules, 2000, at["noise"], 10.0)


@all_settings(foundations.optimal_inverse_time)
def test_optimal_inverse_time(values):
    at = filled(foundations.optimal_inverse_time, values)
    best = theory.optimal_inverse_time(noise=at["noise"], start=at["start"])
    check_losses(
        foundations.optimal_inverse_time(),
        values,
        (at["c"] * best, best),
        2000,
        at["noise"],
        at["start"],
    )


def test_optimal_inverse_time_says_how_much_is_lost():
    text = svg(with_values(foundations.optimal_inverse_time().spec, {"c": 2.0, "start": 10.0}))
    said = float(re.search(r"([\d.]+) times the least loss", text)[1])
    assert said == pytest.approx(4 / 3, abs=2e-3)
    best = svg(with_values(foundations.optimal_inverse_time().spec, {"c": 1.0}))
    assert "1.000 times the least loss" in best


@all_settings(foundations.parking)
def test_parking(values):
    at = filled(foundations.parking, values)
    schedules = Constant(at["lr0"]), ExponentialDecay(at["lr0"], at["decay_rate"])
    after, distance = rows(foundations.parking(), "after", "distance", **values).reshape(2, 2, 300)
    assert np.array_equal(after, [np.arange(1, 301)] * 2)
    for computed, schedule in zip(distance, schedules, strict=True):
        exact = np.abs(np.cumprod(1 - schedule.curve(300) * at["curvature"]))
        assert computed == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_parking_stops_near_its_estimate_for_small_rates():
    values = {"lr0": 0.01, "decay_rate": 0.1, "curvature": 1.0}
    (place,) = rows(foundations.parking(), "place", layer=1, **values)
    (distance,) = rows(
        foundations.parking(),
        "distance",
        where="datum.t == 299 && datum.series == 'decayed rate'",
        **values,
    )
    assert place == pytest.approx(np.exp(-0.1))
    assert distance == pytest.approx(place, rel=6e-3)
    assert distance != pytest.approx(place, rel=1e-6)


@all_settings(foundations.four_shapes)
def test_four_shapes_reach_one_ratio_at_one_time(values):
    at = filled(foundations.four_shapes, values)
    ratio, length, drops = at["ratio"], at["duration"], at["drops"]
    schedules = (
        StepDecay(1.0, ratio ** (1 / drops), length / drops),
        ExponentialDecay.from_ratio(1.0, ratio, length),
        InverseTimeDecay(1.0, (1 / ratio - 1) / length),
        PolynomialDecay(1.0, length, at["power"], ratio),
    )
    t, rate = rows(foundations.four_shapes(), "t", "rate", **values).reshape(2, 4, 1001)
    assert np.array_equal(t, [np.arange(1001)] * 4)
    for computed, schedule in zip(rate, schedules, strict=True):
        assert computed == pytest.approx(schedule.curve(1001), rel=1e-12)
        assert computed[int(length)] == pytest.approx(ratio, rel=1e-12)


@all_settings(foundations.staircase)
def test_staircase(values):
    at = filled(foundations.staircase, values)
    schedule = StepDecay(0.1, at["drop_rate"], at["step_size"])
    t, rate = rows(foundations.staircase(), "t", "rate", layer=0, **values)
    assert rate == pytest.approx(schedule(t.astype(int)), rel=1e-13)
    drops = np.flatnonzero(np.diff(schedule.curve(28_125))) + 1
    assert set(drops) <= set(t.astype(int))
    t, rate = rows(foundations.staircase(), "t", "rate", layer=1, **values)
    assert np.array_equal(t, np.arange(0, 28_125, at["steps_per_epoch"]))
    assert rate == pytest.approx(schedule(t.astype(int)), rel=1e-13)


def test_staircase_prints_what_the_article_prints():
    _, rate = rows(foundations.staircase(), "t", "rate", layer=1)
    assert [f"{r:.5f}" for r in rate[:4]] == ["0.10000", "0.09600", "0.08847", "0.08154"]
    assert len(rate) == 15


@all_settings(foundations.robustness)
def test_robustness(values):
    at = filled(foundations.robustness, values)
    steps, end = int(at["updates"]), 10.0 ** at["end"]
    found = rows(foundations.robustness(), "exponent", "loss", **values)
    exponents, losses = found.reshape(2, 4, -1)
    assert exponents[0] == pytest.approx(np.linspace(-2.4863, 0.3137, 15))
    makers = (
        Constant,
        lambda lr0: LinearDecay(lr0, steps, end * lr0),
        lambda lr0: ExponentialDecay.from_ratio(lr0, end, steps),
        lambda lr0: InverseTimeDecay(lr0, (1 / end - 1) / steps),
    )
    for make, exponent, loss in zip(makers, exponents, losses, strict=True):
        final = [expected(make(10.0**e), steps, at["noise"], at["start"])[-1] for e in exponent]
        assert loss == pytest.approx(final, rel=1e-9)


# Chapter 6


def ended_runs(losses, keys=("aa", "bb", "cc")):
    """Runs with these losses, of the seeds 5, 6, 7."""
    return [
        Ended(5 + i, key, loss, 97 + loss, loss / 3)
        for i, (key, loss) in enumerate(zip(keys, losses, strict=True))
    ]


NAN = float("nan")
TABLE = {
    "15 epochs": {
        "constant": ended_runs([0.31, 0.32, 0.36]),
        "linear": ended_runs([0.30, 0.30, 0.33], ("dd", "ee", "ff")),
        "wild": ended_runs([0.5, NAN, 0.7]),
    },
    "1 epoch": {
        "constant": ended_runs([0.4, 0.4, 0.4]),
        "linear": ended_runs([0.5, 0.6, 0.7]),
        "wild": ended_runs([NAN, NAN, NAN]),
    },
}


def written(**values):
    """Return the lines above the chart."""
    spec = with_values(comparison.runs(TABLE).spec, values)
    # "A - B: " with the letters that Vega uses for minus.
    drawn = re.findall(r"<text [^>]*>([^<]*)</text>", svg(spec))
    return [text.replace("\u2212", "-") for text in drawn if "," in text or ":" in text]


def test_it_writes_the_mean_difference_and_the_two_runs_of_a_seed():
    # -0.01, -0.02, -0.03: mean -0.02, deviation 0.01, t of 2 degrees 4.302653
    half = 4.302653 * 0.01 / 3**0.5
    assert written(measure=0, budget=0, a=1, b=0, seed=6) == [
        "test loss (nats), 15 epochs",
        f"A - B: -0.02000 ± {half:.5f} nats, n = 3",
        "A, 6: 0.30000, run ee",
        "B, 6: 0.32000, run bb",
    ]


def test_it_follows_measure_budget_and_order():
    top, mean, *_ = written(measure=1, budget=1, a=0, b=1, seed=5)
    assert top == "test accuracy (%), 1 epoch"
    assert mean.startswith("A - B: -0.20 ± 0.25 %")
    assert written(measure=2, budget=0, a=0, b=0, seed=5)[1:] == [
        "A, 5: 0.103, run aa",
        "B, 5: 0.103, run aa",
    ]


def test_a_failed_run_is_told_and_spoils_the_mean():
    lines = written(measure=0, budget=0, a=2, b=0, seed=6)
    assert lines[1:] == [
        "Some runs failed: no difference is given",
        "A, 6: failed, run bb",
        "B, 6: 0.32000, run bb",
    ]
    assert "A, 5: failed, run aa" in written(measure=0, budget=1, a=2, b=0, seed=5)


# Practice


@all_settings(practice.averaging)
def test_averaging(values):
    curves = truth.averaging(filled(practice.averaging, values))
    names = ("constant", "average", "linear")
    exponents, *losses = rows(practice.averaging(), "exponent", *names, **values)
    assert exponents == pytest.approx(np.linspace(-2.5, 0.28, 29))
    for computed, curve in zip(losses, curves.values(), strict=True):
        assert computed == pytest.approx(curve(exponents), rel=1e-8)


@all_settings(practice.flat_minima)
def test_flat_minima(values):
    curves = truth.flat_minima(filled(practice.flat_minima, values))
    steps, losses = rows(practice.flat_minima(), "step", "loss", **values).reshape(2, 2, 101)
    for step, loss, curve in zip(steps, losses, curves.values(), strict=True):
        assert step == pytest.approx(np.linspace(-0.5, 0.5, 101))
        assert loss == pytest.approx(curve(step), rel=1e-9, abs=1e-12)


# The river valley


@all_settings(valley.path)
def test_the_path_in_the_valley(values):
    at = filled(valley.path, values)
    along, across = rows(valley.path(), "along", "across", **values)
    (drawn,) = truth.valley_path(at).values()
    assert (np.diff(along) > 0).all()
    assert along[-1] <= 8
    assert np.abs(across).max() < 2
    assert across == pytest.approx(drawn(along), rel=1e-9, abs=1e-14)
    cooled, _ = truth.in_the_valley(at)
    assert along[-1] == pytest.approx(cooled.x[-1], rel=1e-9)  # as far as the run gets
    along, far, other = rows(valley.path(), "along", "across", "other", layer=0, **values)
    updates = np.abs(cooled.x[:, None] - along).argmin(axis=0)
    assert far == pytest.approx(cooled.spread[updates], rel=1e-9)
    assert (other == -far).all()


def test_where_the_cooldown_starts():
    (place,) = rows(valley.path(), "place", layer=3, lr0=0.2, at=1000)
    assert place == pytest.approx(theory.river_valley(Constant(0.2), 1000).x[-1])


def test_the_draws_of_the_run_are_like_noise():
    draws = truth.draws()
    assert draws.mean() == pytest.approx(0, abs=0.01)
    assert draws.var() == pytest.approx(1, abs=0.01)
    alike = [abs((draws[:-lag] * draws[lag:]).mean()) for lag in range(1, 30)]
    assert max(alike) < 3 / len(draws) ** 0.5


@all_settings(valley.hill_and_river)
def test_hill_and_river(values):
    at = filled(valley.hill_and_river, values)
    after, hill, river = rows(valley.hill_and_river(), "after", "hill", "river", **values)
    for part, path in enumerate(truth.in_the_valley(at)):
        half = slice(400 * part, 400 * (part + 1))
        updates = after[half].astype(int)
        assert np.array_equal(updates, np.arange(5, 2001, 5))
        assert hill[half] == pytest.approx(path.hill[updates], rel=1e-9)
        assert river[half] == pytest.approx(path.river[updates], rel=1e-9)


@pytest.mark.parametrize("make", [valley.path, valley.hill_and_river])
@pytest.mark.parametrize("values", [{}, {"at": 500, "length": 2000}, {"lr0": 0.05, "noise": 0.3}])
def test_the_losses_at_the_end_are_written(make, values):
    cooled, alone = truth.in_the_valley(filled(make, values))
    text = svg(with_values(make().spec, values)).replace("\u2212", "-")
    written = f"loss at the end: {cooled.loss[-1]:.4f}, without cooldown: {alone.loss[-1]:.4f}"
    assert written in text


# What all of them promise


@pytest.mark.parametrize("make", CHAPTERS)
def test_a_spec_keeps_the_contract_with_the_page(make):
    spec = spec_of(make)
    assert spec["width"] == "container"
    assert 240 <= spec["height"] <= 300
    assert spec["autosize"] == {"type": "fit-x", "contains": "padding"}
    assert 40 < len(spec["description"]) < 400
    assert not {"$schema", "config", "background", "datasets"} & set(spec)
    assert 1 <= len(spec["params"]) <= 5
    for slider in spec["params"]:
        assert slider["bind"]["input"] == "range"
        assert not slider["bind"]["name"].endswith(":")
        assert slider["bind"]["min"] <= slider["value"] <= slider["bind"]["max"]
    assert not re.search(r"#[0-9a-fA-F]{3,6}|black|white|://", json.dumps(spec))


@pytest.mark.parametrize("make", CHAPTERS)
def test_a_spec_is_the_same_each_time(make):
    explorer = make()
    assert json.dumps(explorer.spec) == json.dumps(explorer.spec) == json.dumps(spec_of(make))


@pytest.mark.parametrize("make", CHAPTERS)
def test_every_slider_moves_a_curve(make):
    still = paths(spec_of(make))
    assert still
    for slider in make().sliders:
        end = slider.low if slider.value != slider.low else slider.high
        assert paths(with_values(spec_of(make), {slider.name: end})) != still, slider.name


@pytest.mark.parametrize("make", CHAPTERS)
def test_jupyterlabs_older_vega_lite_draws_the_same(make):
    assert paths(spec_of(make), "5.8") == paths(spec_of(make))


@pytest.mark.parametrize("make", CHAPTERS)
def test_a_notebook_gets_vega_lite_and_words_but_no_html(make):
    explorer = make()
    data, metadata = explorer._repr_mimebundle_()
    assert set(data) == {"application/vnd.vegalite.v5+json", "text/plain"}
    assert data["application/vnd.vegalite.v5+json"] == spec_of(make)
    assert data["text/plain"].startswith("<Explorer: ")
    for slider in explorer.sliders:
        assert slider.label in data["text/plain"]
    (patch,) = metadata[explorers.MIME]["embed_options"]["patch"]
    vega = vl_convert.vegalite_to_vega(spec_of(make), vl_version="5.8")
    assert patch["path"] == "/signals/0"
    assert vega["signals"][0]["name"] == patch["value"]["name"] == "width"
