"""The maths: one function a decay.

Each takes ``xp``, the library of its argument (`lrdecay.arrays`), the step ``t`` counted from
0, and the parameters. Called with numbers it gives a rate, with arrays it gives rates, with
SymPy symbols it gives the formula that the book prints. The parameters have been checked by
the time they get here (`lrdecay.schedules`). Those that have phases, `one_cycle` and `wsd`,
say which formula holds in each.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

from lrdecay.arrays import LAST_STEP, Library, traced

# When a piece of a schedule begins, its formula, its first rate, its duration and its last rate
Piece = tuple[float, Callable[..., Any], float, float, float]

# Boundaries, and the pieces between them: what `in_pieces` computes
Pieces = tuple[tuple[float, ...], tuple[Piece, ...]]


def constant(xp: Library, t: Any, lr0: float) -> Any:
    """``lr0``, in the shape of `t`."""
    return xp.full(t, lr0)


def step_decay(xp: Library, t: Any, lr0: float, drop_rate: float, step_size: float) -> Any:
    """``lr0 * drop_rate ** floor(t / step_size)``."""
    return lr0 * xp.compound(drop_rate, xp.floor_divide(t, step_size))


def exponential_decay(xp: Library, t: Any, lr0: float, decay_rate: float) -> Any:
    """``lr0 * exp(-decay_rate * t)``."""
    return lr0 * xp.exp(-decay_rate * t)


def inverse_time_decay(xp: Library, t: Any, lr0: float, decay_rate: float) -> Any:
    """``lr0 / (1 + decay_rate * t)``."""
    return lr0 / (1 + decay_rate * t)


def polynomial_decay(
    xp: Library, t: Any, lr0: float, duration: float, power: float, lr_end: float, cycle: bool
) -> Any:
    """From ``lr0`` to ``lr_end`` along ``left ** power``, where ``left`` falls from 1 to 0.

    With `cycle`, the duration doubles, triples, ... whenever it is over.
    """
    if cycle:
        cycles = xp.maximum(-xp.floor_divide(-t, duration), 1)
        rest = cycles * duration - t
        # it may round below 0, unless arithmetic is exact
        share = xp.divide(rest if xp.exact else xp.maximum(rest, 0), duration) / cycles
    else:
        share = left(xp, t, duration)
    return between(xp, lr0, lr_end, xp.power(share, power))


def linear_decay(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` in a straight line."""
    return between(xp, lr0, lr_end, left(xp, t, duration))


def piecewise_constant(
    xp: Library, t: Any, boundaries: Sequence[float], values: Sequence[float]
) -> Any:
    """``values[i]``, where i is the number of boundaries that `t` has reached."""
    return xp.piecewise(t, boundaries, values)


def cosine_decay(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` along half a wave of the cosine.

    ``(1 + cos(pi * (1 - left))) / 2`` is written as a squared sine, to keep every digit.
    """
    wave = xp.sin(xp.half_pi * left(xp, t, duration))
    return between(xp, lr0, lr_end, wave * wave)


def one_minus_sqrt_decay(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` along ``1 - sqrt(risen)``.

    It is written as a quotient, ``(1 - risen) / (1 + sqrt(risen))``, to keep every digit.
    """
    share = left(xp, t, duration)
    # t may be below 0 where this piece of a schedule is not wanted
    spent = 1 - share if xp.exact else risen(xp, xp.maximum(t, 0), duration)
    return between(xp, lr0, lr_end, share / (1 + xp.sqrt(spent)))


def log_linear_decay(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` in a straight line on a logarithmic axis; both are above 0."""
    # t may be below 0 where this piece of a schedule is not wanted
    since = t if xp.exact else xp.maximum(t, 0)
    return between_logarithms(xp, lr0, lr_end, left(xp, since, duration))


def flat(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """``lr0`` all the time: a piece between two others."""
    return constant(xp, t, lr0)


def linear_rise(xp: Library, t: Any, start: float, duration: float, peak: float) -> Any:
    """From ``start`` to ``peak`` in a straight line."""
    return between(xp, peak, start, risen(xp, t, duration))


def cosine_rise(xp: Library, t: Any, start: float, duration: float, peak: float) -> Any:
    """From ``start`` to ``peak`` along half a wave of the cosine."""
    wave = xp.sin(xp.half_pi * risen(xp, t, duration))
    return between(xp, peak, start, wave * wave)


def sine_rise(xp: Library, t: Any, start: float, duration: float, peak: float) -> Any:
    """From ``start`` to ``peak`` along a quarter of a wave of the sine: fast, and then slowly."""
    return between(xp, peak, start, xp.sin(xp.half_pi * risen(xp, t, duration)))


def exponential_rise(xp: Library, t: Any, start: float, duration: float, peak: float) -> Any:
    """From ``start`` to ``peak`` in a straight line on a logarithmic axis; both are above 0."""
    return between_logarithms(xp, peak, start, risen(xp, t, duration))


def power_rise(
    xp: Library, t: Any, start: float, duration: float, peak: float, power: float
) -> Any:
    """From ``start`` to ``peak`` along ``risen ** power``."""
    return between(xp, peak, start, xp.power(risen(xp, t, duration), power))


RISES: dict[str, Callable[..., Any]] = {
    "linear": linear_rise,
    "cosine": cosine_rise,
    "sine": sine_rise,
    "exponential": exponential_rise,
    "power": power_rise,
}
FALLS = {
    "linear": linear_decay,
    "cosine": cosine_decay,
    "1-sqrt": one_minus_sqrt_decay,
    "log-linear": log_linear_decay,
}


def inverse_sqrt(xp: Library, t: Any, lr0: float, timescale: float) -> Any:
    """``lr0 / sqrt(1 + t / timescale)``."""
    return lr0 / xp.sqrt(1 + t / timescale)


def inverse_power(xp: Library, t: Any, lr0: float, timescale: float, power: float) -> Any:
    """``lr0 / (1 + t / timescale) ** power``; as written, a high power cannot overflow."""
    return lr0 * (1 / (1 + t / timescale)) ** power


def rex(xp: Library, t: Any, lr0: float, duration: float, lr_end: float) -> Any:
    """From ``lr0`` to ``lr_end`` along ``2 * left / (1 + left)``: late, and then fast."""
    share = left(xp, t, duration)
    return between(xp, lr0, lr_end, 2 * share / (1 + share))


def cyclic(
    xp: Library, t: Any, low: float, high: float, half_cycle: float, mode: str, decay_rate: float
) -> Any:
    """Up from ``low`` to ``high`` in ``half_cycle``, down again, and so on."""
    period = 2 * half_cycle
    cycles = xp.floor_divide(t, period)
    since = t - cycles * period
    height = xp.minimum(since, period - since)
    # it may round below 0, unless arithmetic is exact
    weight = xp.divide(height if xp.exact else xp.maximum(height, 0), half_cycle)
    if mode == "triangular2":
        weight = weight * 0.5**cycles
    if mode == "exp_range":
        weight = weight * xp.exp(-decay_rate * t)
    return between(xp, high, low, weight)


def one_cycle(
    peak: float,
    duration: float,
    warmup: float,
    start: float,
    lr_end: float,
    shape: str,
    three_phase: bool,
) -> Pieces:
    """Up from ``start`` to ``peak``, then down to ``lr_end``; in three phases, by ``start``."""
    fall = FALLS[shape]
    up = (0, RISES[shape], start, warmup, peak)
    if not three_phase:
        return _joined(up, (warmup, fall, peak, duration - warmup, lr_end))
    turn = 2 * warmup
    down = (warmup, fall, peak, warmup, start)
    return _joined(up, down, (turn, fall, start, duration - turn, lr_end))


def wsd(
    peak: float, duration: float, warmup: float, cooldown: float, shape: str, lr_end: float
) -> Pieces:
    """Warm up from 0 to ``peak``, stay there, and cool down to ``lr_end`` at the end."""
    end = duration - cooldown
    pieces: list[Piece] = [(warmup, flat, peak, end - warmup, peak)]
    if traced(warmup) or warmup:
        pieces.insert(0, (0, linear_rise, 0, warmup, peak))
    if traced(cooldown) or cooldown:
        if traced(cooldown):  # a cooldown of 0 never begins
            end = end + float(LAST_STEP) * (cooldown == 0)
        pieces.append((end, FALLS[shape], peak, cooldown, lr_end))
    return _joined(*pieces)


def _joined(*pieces: Piece) -> Pieces:
    return tuple(since for since, *_ in pieces[1:]), pieces


def in_pieces(xp: Library, t: Any, schedule: Pieces) -> Any:
    """``pieces[i]`` at `t`, where i is the number of boundaries that `t` has reached."""
    boundaries, pieces = schedule
    first, last = xp.reached(boundaries, t)
    if first == last:
        since, formula, begin, duration, end = pieces[first]
        return formula(xp, t - since, begin, duration, end)

    def piece(i: int, t: Any) -> Any:
        since, formula, *rest = pieces[i]
        return formula(xp, t - since, *rest)

    chosen = xp.stretches(t, boundaries[first:last], lambda i, part: piece(first + i, part))
    if chosen is None:
        chosen = piece(last, t)
        for i in reversed(range(first, last)):
            chosen = xp.where(t < boundaries[i], piece(i, t), chosen)
    return chosen


def points(knots: Sequence[tuple[float, float]]) -> Pieces:
    """Join the knots ``(t, rate)`` by straight lines; level before and after them."""
    lines: list[Piece] = [
        (since, linear_decay, first, until - since, last)
        for (since, first), (until, last) in pairwise(knots)
    ]
    begin, rate = knots[0]
    if traced(begin) or begin:
        lines.insert(0, (0, flat, rate, begin, rate))
    return _joined(*lines)


def paces(boundaries: Sequence[float], paces: Sequence[float]) -> Pieces:
    """Return the clock that runs ``paces[i]`` times as fast from boundary i on."""
    # traced integers could overflow
    one = 1.0 if any(map(traced, (*boundaries, *paces))) else 1
    starts, paces = (0, *boundaries), [one * pace for pace in paces]
    times = ((b - a) * pace for (a, b), pace in zip(pairwise(starts), paces, strict=False))
    passed = accumulate(times, initial=0)
    return _joined(
        *((since, _clock, u, 0, pace) for since, u, pace in zip(starts, passed, paces, strict=True))
    )


def _clock(xp: Library, t: Any, passed: float, duration: float, pace: float) -> Any:
    return xp.add(t * pace, passed)


def repeat(xp: Library, t: Any, every: float, stretch: float) -> tuple[Any, Any]:
    """Return the number of the cycle that `t` is in, and the time in it, in unstretched units.

    Cycle n is ``every * stretch ** n`` long, so it starts at
    ``every * (stretch ** n - 1) / (stretch - 1)``.
    """
    found = _cycle(xp, t, every, stretch)
    return xp.clocks(*found, every) if xp.clocks else found


def _cycle(xp: Library, t: Any, every: float, stretch: float) -> tuple[Any, Any]:
    if not traced(stretch) and stretch == 1:
        cycle = xp.floor_divide(t, every)
        return cycle, within(xp, t - cycle * every, every)

    if xp.restarts:
        return xp.restarts(t, every, stretch)

    def start(grown: Any) -> Any:
        return every * (grown - 1) / (stretch - 1)

    log_stretch = (xp.numbers or xp).log(stretch)
    cycle = xp.floor_divide(xp.log(1 + t * ((stretch - 1) / every)) / log_stretch, 1)
    if not xp.exact:  # the logarithm may round across a boundary, either way
        grown = stretch**cycle
        early = xp.where(start(grown) > t, cycle - 1, cycle)
        cycle = xp.where(start(grown * stretch) <= t, cycle + 1, early)
    grown = stretch**cycle
    return cycle, within(xp, (t - start(grown)) / grown, every)


def within(xp: Library, since: Any, length: float) -> Any:
    """Return ``since`` from 0 to ``length``: rounding may have taken it a little beyond."""
    return since if xp.exact else xp.minimum(xp.maximum(since, 0), length)


def left(xp: Library, t: Any, duration: float) -> Any:
    """``(duration - min(t, duration)) / duration``: the share of the duration still to come.

    Written so, and not as ``1 - t / duration``, it keeps every digit near the end.
    """
    return xp.divide(duration - xp.minimum(t, duration), duration)


def risen(xp: Library, t: Any, duration: float) -> Any:
    """``min(t, duration) / duration``: the share of the duration that is over."""
    return xp.divide(xp.minimum(t, duration), duration)


def between(xp: Library, start: float, end: float, weight: Any) -> Any:
    """``end + (start - end) * weight``, exact at both ends; never below a lower ``end``."""
    ends = end if type(end) is float else traced(end) or end
    if not ends:
        return start * weight
    if xp.doubles:
        return xp.where(weight == 1, start, end + (start - end) * weight)
    return start * weight + end * (1 - weight)  # exact in 32 bits too


def between_logarithms(xp: Library, start: float, end: float, weight: Any) -> Any:
    """``end * (start / end) ** weight``, exact at both ends; never below a lower ``end``."""
    if xp.doubles:
        return xp.where(weight == 1, start, end * (start / end) ** weight)
    return xp.compound(start, weight) * xp.compound(end, 1 - weight)
