import os
import subprocess
import sys
from base64 import b64decode
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lrdecay import Constant, ExponentialDecay, LinearDecay, PolynomialDecay, StepDecay
from lrdecay.views import plots

SEED = StepDecay(0.1, drop_rate=0.96, step_size=1000)
MANY = {f"{i} halvings": StepDecay(0.1, 0.5, 100 / (i + 1)) for i in range(12)}


def points(drawing, index=0):
    line = drawing.axes[0].lines[index]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def boxes(drawing):
    drawing.draw_without_rendering()
    shown = [text for text in drawing.axes[0].texts if text.get_text()]
    return [text.get_window_extent() for text in shown]


def luminance(color):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_on_white(color):
    return 1.05 / (luminance(color) + 0.05)


@pytest.mark.parametrize(
    "schedule", [SEED, LinearDecay(0.1, 300), ExponentialDecay(0.1, 0.01), Constant(0.1)]
)
@pytest.mark.parametrize("n", [1, 2, 50, 51, 400, 4000])
def test_drawn_points_are_the_curve(schedule, n):
    x, y = points(schedule.plot(n))
    assert np.array_equal(x, np.arange(n))
    assert np.array_equal(y, schedule.curve(n))


@pytest.mark.parametrize("n", [28_125, 1_000_000])
def test_thinned_points_lie_on_the_curve_and_keep_every_jump(n):
    schedule = StepDecay(0.1, drop_rate=0.96, step_size=max(1000, n // 400))
    x, y = points(schedule.plot(n))
    curve = schedule.curve(n)
    t = x.astype(int)
    assert len(t) < n / 4
    assert np.array_equal(y, curve[t])
    drops = np.flatnonzero(np.diff(curve))
    assert set(drops) <= set(t)
    assert set(drops + 1) <= set(t)
    assert {0, n - 1} <= set(t)


def test_a_thinned_curve_keeps_its_extremes():
    y = np.zeros(1_000_000)
    y[123_457], y[765_433] = 1.0, -1.0
    drawing = plots.curves({"spikes": y}, xlabel="update t", ylabel="y")
    drawn = dict(zip(*points(drawing), strict=True))
    assert drawn[123_457] == 1.0
    assert drawn[765_433] == -1.0
    assert len(drawn) < 10_000


def test_staircases_are_upright_and_smooth_curves_are_not_steps():
    drawing = plots.compare({"step": SEED, "linear": LinearDecay(0.1, 9000)}, 5000)
    styles = [line.get_drawstyle() for line in drawing.axes[0].lines]
    assert styles == ["steps-post", "default"]


def test_a_curve_that_levels_off_is_no_staircase():
    assert LinearDecay(0.1, 100).plot(300).axes[0].lines[0].get_drawstyle() == "default"


@pytest.mark.parametrize("logy", [False, True])
@pytest.mark.parametrize("n", [30, 3000])
@pytest.mark.parametrize("steps_per_epoch", [None, 20])
def test_labels_do_not_overlap_and_stay_on_the_page(logy, n, steps_per_epoch):
    drawing = plots.compare(MANY, n, logy=logy, steps_per_epoch=steps_per_epoch)
    seen = boxes(drawing)
    assert len(seen) == len(MANY)
    for one, two in combinations(seen, 2):
        assert not one.overlaps(two)
    for box in seen:
        assert box.x0 > drawing.axes[0].get_window_extent().x1
        assert drawing.bbox.x0 <= box.x0
        assert box.x1 <= drawing.bbox.x1
        assert drawing.bbox.y0 <= box.y0
        assert box.y1 <= drawing.bbox.y1


def test_a_label_stands_at_the_height_of_its_end_where_there_is_room():
    drawing = plots.compare({"high": Constant(0.1), "low": Constant(0.02)}, 100)
    high, low = boxes(drawing)
    panel = drawing.axes[0].transData
    for box, rate in ((high, 0.1), (low, 0.02)):
        end = panel.transform((99, rate))[1]
        assert box.y0 < end < box.y1


def test_curves_guess_no_stairs():
    settled = np.maximum(np.linspace(1, 0, 100), 0.5)
    settled[-1] = 0.4
    for stairs, drawn in ((False, "default"), (True, "steps-post")):
        drawing = plots.curves({"loss": settled}, xlabel="t", ylabel="loss", stairs=stairs)
        assert drawing.axes[0].lines[0].get_drawstyle() == drawn


def test_labels_are_placed_anew_when_a_curve_joins():
    drawing = plots.compare({"one": Constant(0.1)}, 100)
    same = plots.compare({"two": Constant(0.1001)}, 100, ax=drawing.axes[0])
    assert same is drawing
    one, two = boxes(drawing)
    assert not one.overlaps(two)
    colors = {line.get_color() for line in drawing.axes[0].lines}
    assert len(colors) == 2


def test_a_curve_outside_the_panel_gets_no_label():
    drawing = plots.figure()
    ax = drawing.axes[0]
    ax.plot([0, 1], [5, 5], label="far up")
    ax.set_ylim(0, 1)
    assert plots.place_labels(ax) == []


def test_zero_rates_are_left_out_of_a_log_axis():
    drawing = plots.compare({"linear": LinearDecay(0.1, 50)}, 100, logy=True)
    drawing.draw_without_rendering()
    assert drawing.axes[0].get_yscale() == "log"
    assert 1e-4 < drawing.axes[0].get_ylim()[0] < 0.01


def test_zeros_from_underflow_give_no_warning_on_a_log_axis():
    drawing = plots.compare({"fast": ExponentialDecay(0.1, 1.0)}, 2000, logy=True)
    assert drawing.axes[0].get_ylim()[0] > 0
    curve = [0.0, 1.0, 0.0]
    drawing = plots.curves({"mostly 0": curve}, xlabel="t", ylabel="y", logy=True)
    drawing.draw_without_rendering()
    with pytest.raises(ValueError, match="numbers"):
        plots.curves({"none": [float("nan")] * 3}, xlabel="t", ylabel="y")


def test_epochs_are_a_second_axis_in_their_own_unit():
    drawing = SEED.plot(28_125, steps_per_epoch=1875)
    (top,) = drawing.axes[0].child_axes
    drawing.draw_without_rendering()
    assert top.get_xlabel() == "epoch"
    assert drawing.axes[0].get_xlim() == (0, 28_125)
    assert top.get_xlim() == (0, 15)


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
def test_steps_per_epoch_must_be_positive(wrong):
    with pytest.raises(ValueError, match=r"steps_per_epoch = .*above 0"):
        SEED.plot(10, steps_per_epoch=wrong)


def test_wrong_data_is_refused():
    with pytest.raises(ValueError, match="at least one curve"):
        plots.compare({}, 10)
    with pytest.raises(ValueError, match=r"'loss'.*one length"):
        plots.curves({"loss": ([1, 2], [1, 2, 3])}, xlabel="t", ylabel="y")
    with pytest.raises(ValueError, match=r"n = 0"):
        SEED.plot(0)


def test_curves_take_x_and_y():
    drawing = plots.curves(
        {"a": ([1, 10, 100], [3, 2, 1]), "_b": [1, 1, 1]}, xlabel="t", ylabel="y", logx=True
    )
    x, y = points(drawing)
    assert x.tolist() == [1, 10, 100]
    assert y.tolist() == [3, 2, 1]
    assert [text.get_text() for text in drawing.axes[0].texts] == ["a"]


def test_each_series_has_its_own_color_and_line_style():
    first = [plots.series(i) for i in range(len(plots.SERIES))]
    assert len({s["color"] for s in first}) == len(first)
    assert len({str(s["linestyle"]) for s in first}) == len(first)
    pairs = {str(plots.series(i)) for i in range(36)}
    assert len(pairs) == 36


def test_colors_can_be_seen_and_labels_read_on_white():
    for color, _ in plots.SERIES:
        assert contrast_on_white(color) > 2.9
    drawing = plots.compare({str(i): Constant(0.1 * i) for i in range(1, 7)}, 100)
    for text in drawing.axes[0].texts:
        assert contrast_on_white(text.get_color()) > 4.5


def test_settings_are_given_back():
    before = dict(mpl.rcParams)
    with plots.style():
        assert mpl.rcParams["axes.grid"] is True
    PolynomialDecay(0.1, 100, 2.0).plot(100)
    assert dict(mpl.rcParams) == before


def test_a_drawing_shows_itself_in_the_same_bytes_with_its_description():
    drawn = [SEED.plot(100).describe('It "falls" <fast>.') for _ in range(2)]
    (one, metadata), (two, _) = (drawing._repr_mimebundle_() for drawing in drawn)
    assert b64decode(one["image/png"]).startswith(b"\x89PNG")
    assert one["image/png"] == two["image/png"]
    assert metadata == {"image/png": {"width": 560, "alt": 'It "falls" <fast>.'}}
    assert 'alt="It &quot;falls&quot; &lt;fast&gt;."' in one["text/html"]
    assert one["image/png"] in one["text/html"]


def test_no_display_and_no_pyplot_are_needed():
    code = (
        "import sys; from lrdecay import LinearDecay; d = LinearDecay(0.1, 9).plot(9, label='a'); "
        "d._repr_mimebundle_(); print('matplotlib.pyplot' in sys.modules)"
    )
    bare = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "MPLBACKEND"}}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == "False\n"
