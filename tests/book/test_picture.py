"""The picture of the README is what the code draws."""

import sys
from pathlib import Path

import numpy as np
from matplotlib.image import imread

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import draw_picture


def test_the_stored_picture_is_up_to_date(tmp_path):
    draw_picture.draw(tmp_path / "drawn.png")
    stored, drawn = imread(draw_picture.PICTURE), imread(tmp_path / "drawn.png")
    assert stored.shape == drawn.shape
    assert np.abs(stored - drawn).mean() < 1e-4  # a moved label changes a hundred times more
