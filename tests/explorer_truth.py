"""What Python says that an explorer draws, wherever its sliders stand."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lrdecay import (
    REX,
    WSD,
    Constant,
    CosineDecay,
    Cyclic,
    ExponentialDecay,
    InversePower,
    InverseSqrt,
    InverseTimeDecay,
    LinearDecay,
    LogLinearDecay,
    OneCycle,
    PiecewiseConstant,
    PiecewiseLinear,
    PolynomialDecay,
    Schedule,
    StepDecay,
    theory,
)
from lrdecay.charts import comparison, foundations, practice, valley
from lrdecay.formulas import FALLS, RISES
from lrdecay.lab.comparison import BUDGETS, Comparison, every_run
from lrdecay.lab.comparison import MEASURES as COLUMNS
from lrdecay.lab.sweep import Published
from lrdecay.schedules import Clip, Cooldown, Formula, Warmup, parameters
from lrdecay.views import explorers

Values = Mapping[str, float]
Curves = dict[str, Callable[[np.ndarray], np.ndarray]]
"""For each curve, y for its x."""

EVERY_CLASS = (
    Constant(0.1),
    StepDecay(0.1, 0.5, 10),
    ExponentialDecay(0.1, 0.01),
    InverseTimeDecay(0.72, 0.36),
    PolynomialDecay(0.1, 100, 2.0, 0.01),
    PolynomialDecay(0.1, 100, 0.5, 0.01, cycle=True),
    LinearDecay(0.1, 28_125),
    PiecewiseConstant([10, 20, 40], [0.3, 0.2, 0.1, 0.05]),
    CosineDecay(0.1, 100, 0.01),
    InverseSqrt(0.1, 10),
    InversePower(0.1, 10, 0.75),
    LogLinearDecay(0.1, 100, 0.001),
    PiecewiseLinear([(5, 0.1), (20, 0.3), (21, 0.05), (100, 0.0)]),
    PiecewiseConstant.from_ratio(0.1, [30, 60, 80], 0.1),
    OneCycle(0.1, 100, 30, 0.01, 0.001),
    OneCycle(0.1, 1000, 499, three_phase=True, shape="linear"),
    Cyclic(0.1, 0.2, 10),
    Cyclic(0.01, 0.1, 200, "triangular2"),
    Cyclic(0.01, 0.1, 200, "exp_range", 0.001),
    REX(0.1, 100, 0.01),
    WSD(0.1, 100, 10, 20, lr_end=0.01),
    WSD(0.1, 100, 0, 20, shape="1-sqrt"),
    WSD(0.1, 100, 40, 60, shape="cosine"),
    WSD(0.1, 100, 10, 50, shape="log-linear", lr_end=0.001),
    ExponentialDecay(0.1, 0.01).staircase(10),
    LinearDecay(0.1, 90).clip(0.01, 0.08),
    CosineDecay(0.1, 90).shift(20),
    *(LinearDecay(0.1, 90, 0.02).warmup(30, 0.01, shape) for shape in RISES),
    CosineDecay(0.1, 90).warmup(30, 0.001, "power", 2.5),
    CosineDecay(0.1, 90).warmup(30, 0.001, over=True),
    CosineDecay(0.1, 90).warmup(30, 0.001, "exponential", over=True),
    LogLinearDecay(0.1, 60, 0.001).hold(30),
    *(InverseSqrt(0.1, 10).cooldown(40, at=50, shape=shape, lr_end=0.001) for shape in FALLS),
    LinearDecay(0.1, 60).cooldown(20, at=30),
    LinearDecay(0.1, 60).cooldown(20, at=30, shape="log-linear", lr_end=0.001),
    CosineDecay(0.1, 120).paced([20, 50], [1, 2, 0.5]),
    PiecewiseLinear([(0, 0.1), (40, 0.3), (80, 0.0)]).paced([30], [1.5, 4]) / 4,
    InverseSqrt(0.1, 400).warmup(400, 0.001),
    CosineDecay(0.1, 50).then(LinearDecay(0.05, 50), at=50),
    CosineDecay(0.1, 50).repeat(50, stretch=1.5, scale=0.9),
    0.5 * StepDecay(0.1, 0.5, 30),
    StepDecay(0.1, 0.5, 30) + ExponentialDecay(0.2, 0.05),
)


def compositions(count: int, seed: int = 0) -> list[Schedule]:
    """Return random compositions of two to four parts, the same each time."""
    chance = random.Random(seed)
    rises, falls = ["linear", "cosine", "sine"], ["linear", "cosine", "1-sqrt"]

    def made(depth: int) -> Schedule:
        one = chance.choice([s for s in EVERY_CLASS if isinstance(s, Formula)])
        if not depth:
            return one
        one, length = made(depth - 1), chance.randrange(5, 100)
        return chance.choice(
            [
                lambda: one.staircase(length),
                lambda: one.clip(0.03),
                lambda: one.clip(0.0, 0.07),
                lambda: one.warmup(length, one(0) / 4),
                lambda: one.warmup(length, one(length) / 4, chance.choice(rises), over=True),
                lambda: one.hold(length),
                lambda: one.cooldown(
                    length, 2 * length, chance.choice(falls), lr_end=one(2 * length) / 9
                ),
                lambda: one.paced([length, 2 * length], [1, 3, 0.5]),
                lambda: one / 3,
                lambda: one.shift(length),
                lambda: one.then(made(0), at=length),
                lambda: one.repeat(length, chance.choice([1, 2, 1.5]), 0.9),
                lambda: one * made(0),
                lambda: one + made(0),
            ]
        )()

    return [made(1 + number % 3) for number in range(count)]


def moved(schedule: Schedule, values: Values) -> Schedule:
    """Return `schedule` with the sliders' numbers; what goes too far goes as far as it can.

    The second `lr0` of a composition has the slider ``lr0_2``.
    """
    seen: Counter[str] = Counter()

    def number(place: parameters.Place, value: float) -> float:
        parameter = place.parameter
        if parameter.without == value or parameter.range is None:
            return value
        seen[place.name] += 1
        count = seen[place.name]
        return values.get(place.name if count == 1 else f"{place.name}_{count}", value)

    def walk(place: parameters.Place, value: Any) -> Any:
        if isinstance(value, Schedule):
            found = {place.argument: walk(place, member) for place, member in value._values()}
            return type(value)(**_possible(value, found))
        if isinstance(value, tuple):
            return [walk(place.member(i), member) for i, member in enumerate(value)]
        return number(place, value) if parameters.is_number(value) else value

    return walk(parameters.Place("schedule", parameters.LR0), schedule)


def _possible(old: Schedule, new: dict) -> dict:
    """Return the parameters with those that others forbid at the last value that they allow."""
    if isinstance(old, PiecewiseConstant):
        boundaries, rates = [], [new["values"][0]]
        for boundary, rate in zip(new["boundaries"], new["values"][1:], strict=True):
            if boundaries and boundary <= boundaries[-1]:  # the piece before is over at its start
                rates[-1] = rate
            else:
                boundaries.append(boundary)
                rates.append(rate)
        return {"boundaries": boundaries, "values": rates}
    if isinstance(old, OneCycle | WSD):
        limit = 0.5 if isinstance(old, OneCycle) and old.three_phase else 1.0
        share = max(0.98 * limit, (old.warmup_length / old.duration + limit) / 2)
        new["warmup"] = min(new["warmup"], share * new["duration"])
    if isinstance(old, OneCycle):
        new["start"] = min(new["start"], new["peak"])
    if isinstance(old, WSD):
        new["cooldown"] = min(new["cooldown"], new["duration"] - new["warmup"])
    if isinstance(old, Warmup):
        new["start"] = min(new["start"], new["schedule"](new["duration"] if old.over else 0))
    if isinstance(old, Cooldown):
        new["lr_end"] = min(new["lr_end"], new["schedule"](new["at"]))
    if isinstance(old, Cyclic | Clip) and new["high"] is not None:
        new["high"] = max(new["high"], new["low"])
    if "lr_end" in new and not isinstance(old, Cooldown):
        first = "start" if isinstance(old, OneCycle) else "lr0" if "lr0" in new else "peak"
        new["lr_end"] = min(new["lr_end"], new[first])
    if new.get("shape") in ("log-linear", "exponential") and 0 in (
        new.get("lr_end"),
        new.get("start"),
    ):  # of a rate of 0, 0 is what every shape leads to
        new["shape"] = "linear"
    return new


def of_schedule(schedule: Schedule) -> Callable[[Values], Curves]:
    """Return what `explore` draws of `schedule`."""
    return lambda values: {"": lambda t: moved(schedule, values)(t.astype(int))}


def _losses(schedules: Mapping[str, Schedule], steps: int, noise: float, start: float) -> Curves:
    def curve(schedule: Schedule) -> Callable[[np.ndarray], np.ndarray]:
        loss = theory.expected_loss(schedule, steps, noise=noise, start=start)
        return lambda after: np.maximum(loss[after.astype(int)], 1e-300)

    return {name: curve(schedule) for name, schedule in schedules.items()}


def noise_floor(at: Values) -> Curves:
    """Return what chapter 1's chart draws."""
    rates = {
        "constant rate": Constant(at["lr0"]),
        "decayed rate": InverseTimeDecay(at["lr0"], at["decay_rate"]),
    }
    return _losses(rates, 400, at["noise"], 3.0)


def parking(at: Values) -> Curves:
    """Return what chapter 2's chart draws."""

    def curve(schedule: Schedule) -> Callable[[np.ndarray], np.ndarray]:
        left = np.abs(np.cumprod(1 - schedule.curve(300) * at["curvature"]))
        return lambda after: left[after.astype(int) - 1]

    return {
        "constant rate": curve(Constant(at["lr0"])),
        "decayed rate": curve(ExponentialDecay(at["lr0"], at["decay_rate"])),
    }


def four_shapes(at: Values) -> Curves:
    """Return what chapter 3's chart draws."""
    ratio, length, drops = at["ratio"], at["duration"], at["drops"]
    schedules = {
        "step": StepDecay(1.0, ratio ** (1 / drops), length / drops),
        "exponential": ExponentialDecay.from_ratio(1.0, ratio, length),
        "inverse time": InverseTimeDecay(1.0, (1 / ratio - 1) / length),
        "polynomial": PolynomialDecay(1.0, length, at["power"], ratio),
    }
    return {
        name: lambda t, schedule=schedule: schedule(t.astype(int))
        for name, schedule in schedules.items()
    }


def optimal_inverse_time(at: Values) -> Curves:
    """Return what chapter 4's chart draws."""
    best = theory.optimal_inverse_time(noise=at["noise"], start=at["start"])
    rates = {"c times best rates": at["c"] * best, "best rates": best}
    return _losses(rates, 2000, at["noise"], at["start"])


def staircase(at: Values) -> Curves:
    """Return what chapter 5's chart draws."""
    schedule = StepDecay(0.1, at["drop_rate"], at["step_size"])
    return dict.fromkeys(("each update", "epoch starts"), lambda t: schedule(t.astype(int)))


def robustness(at: Values) -> Curves:
    """Return what chapter 7's chart draws."""
    steps, end = int(at["updates"]), 10.0 ** at["end"]
    makers = {
        "constant": Constant,
        "linear": lambda lr0: LinearDecay(lr0, steps, end * lr0),
        "exponential": lambda lr0: ExponentialDecay.from_ratio(lr0, end, steps),
        "inverse time": lambda lr0: InverseTimeDecay(lr0, (1 / end - 1) / steps),
    }

    def curve(make: Callable[[float], Schedule]) -> Callable[[np.ndarray], np.ndarray]:
        def final(lr0: float) -> float:
            loss = theory.expected_loss(make(lr0), steps, noise=at["noise"], start=at["start"])
            return max(loss[-1], 1e-300)

        return lambda exponents: np.array([final(float(10.0**e)) for e in exponents])

    return {name: curve(make) for name, make in makers.items()}


def horizon(at: Values) -> Curves:
    """Return what chapter 8's chart draws."""
    lr0 = 10.0 ** at["exponent"]
    rates = {"constant rate": Constant(lr0), "linear decay": LinearDecay(lr0, at["duration"])}
    return _losses(rates, 2000, at["noise"], 10.0)


@cache
def _published() -> Published:
    return Published.read(Path(__file__).parents[1] / "book" / "results" / "comparison")


@cache
def final_runs() -> explorers.Explorer:
    """Return chapter 6's chart, of the published runs."""
    return comparison.runs(every_run(_published()))


def ended(at: Values) -> Curves:
    """Return what chapter 6's chart draws, of the runs that did not fail."""
    measure, budget, a, b = (int(at[name]) for name in ("measure", "budget", "a", "b"))
    table = Comparison.read(_published(), list(BUDGETS.values())[budget])
    names = next(slider.words for slider in final_runs().sliders if slider.name == "a")
    digits = list(comparison.MEASURES.values())[measure][-1]

    def curve(name: str) -> Callable[[np.ndarray], np.ndarray] | None:
        values = table.values(name, COLUMNS[measure])
        shown = np.array([float(format(value, digits)) for value in values])
        left = np.flatnonzero(~np.isnan(shown))

        def drawn(seeds: np.ndarray) -> np.ndarray:
            assert np.array_equal(seeds, 100 + left)
            return shown[left]

        return drawn if left.size else None

    drawn = {f"schedule {letter}": curve(names[place]) for letter, place in (("A", a), ("B", b))}
    return {name: one for name, one in drawn.items() if one}


def composed(at: Values) -> Curves:
    """Return what chapter 9's chart draws."""
    shape = ("linear", "cosine", "1-sqrt")[int(at["shape"])]
    yours = WSD(1.0, 500, at["warmup"], at["cooldown"], shape, at["lr_end"])
    cosine = CosineDecay(1.0, 500 - at["warmup"]).warmup(at["warmup"])
    return {
        "yours": lambda t: yours(t.astype(int)),
        "cosine to zero": lambda t: cosine(t.astype(int)),
    }


def averaging(at: Values) -> Curves:
    """Return what chapter 13's chart draws."""
    steps, number = 200, round(at["share"] * 200 + 1e-9)
    problem = {"curvature": [1.0, 1 / at["ratio"]], "start": at["start"]}

    def both(loss: np.ndarray) -> float:
        return float(loss[:, -1].sum())

    ends = {
        "constant": lambda lr0: theory.expected_loss(Constant(lr0), steps, **problem),
        "its average": lambda lr0: theory.averaged_loss(
            Constant(lr0), steps, **problem, begin=steps - number
        ),
        "linear decay": lambda lr0: theory.expected_loss(
            LinearDecay(lr0, steps, at["end"] * lr0), steps, **problem
        ),
    }
    return {
        name: lambda exponents, end=end: np.array([both(end(float(10.0**e))) for e in exponents])
        for name, end in ends.items()
    }


def flat_minima(at: Values) -> Curves:
    """Return what chapter 15's chart draws, from the Hessian of (a b - 1)**2 / 2."""

    def curve(relative: bool) -> Callable[[np.ndarray], np.ndarray]:
        point = np.array([at["scale"], 1 / at["scale"]])
        sizes = point if relative else np.ones(2)
        hessian = np.array([[point[1] ** 2, 1.0], [1.0, point[0] ** 2]])
        _, directions = np.linalg.eigh(sizes[:, None] * hessian * sizes)
        way = sizes * directions[:, -1] * np.sign(directions[0, -1])
        return lambda step: ((point + np.outer(step, way)).prod(axis=1) - 1) ** 2 / 2

    return {"steps of the weights": curve(False), "relative steps": curve(True)}


STEPS = 2000


def in_the_valley(at: Values) -> tuple[theory.Valley, theory.Valley]:
    """Return the valley of chapter 14's charts, with a cooldown and without."""
    constant = Constant(at["lr0"])
    cooled = constant.cooldown(at["length"], at=at["at"])
    return tuple(theory.river_valley(s, STEPS, noise=at["noise"]) for s in (cooled, constant))


def draws() -> np.ndarray:
    """Return the noise of the run in chapter 14's picture: cubes modulo a prime."""
    return 12**0.5 * (np.array([(t**3 * 153) % 10007 for t in range(1, STEPS + 1)]) / 10007 - 0.5)


def valley_path(at: Values) -> Curves:
    """Return what chapter 14's picture draws as a line: one run, update by update."""
    rates = Constant(at["lr0"]).cooldown(at["length"], at=at["at"]).curve(STEPS)
    places = [0.0]
    for rate, draw in zip(rates, draws(), strict=True):
        places.append(places[-1] - rate * (places[-1] + at["noise"] * draw))
    cooled, _ = in_the_valley(at)

    def across(along: np.ndarray) -> np.ndarray:
        updates = np.abs(cooled.x[:, None] - along).argmin(axis=0)
        assert np.allclose(cooled.x[updates], along, rtol=1e-9)
        return np.array(places)[updates]

    return {"one run": across}


def hill_and_river(at: Values) -> Curves:
    """Return what chapter 14's chart of the two parts draws."""
    cooled, alone = in_the_valley(at)
    losses = {
        "hill": cooled.hill,
        "river": cooled.river,
        "loss": cooled.loss,
        "loss, no cooldown": alone.loss,
    }
    return {name: lambda after, loss=loss: loss[after.astype(int)] for name, loss in losses.items()}


CHAPTERS = {
    foundations.noise_floor: noise_floor,
    foundations.parking: parking,
    foundations.four_shapes: four_shapes,
    foundations.optimal_inverse_time: optimal_inverse_time,
    foundations.staircase: staircase,
    foundations.robustness: robustness,
    foundations.horizon: horizon,
    final_runs: ended,
    practice.composed: composed,
    practice.averaging: averaging,
    practice.flat_minima: flat_minima,
    valley.path: valley_path,
    valley.hill_and_river: hill_and_river,
}
