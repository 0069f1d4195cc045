import numpy as np
from sklearn.datasets import load_digits

from lrdecay.lab.data import archive, digits
from lrdecay.lab.data import dataset as data


def test_it_has_the_shapes_of_mnist(made_digits):
    assert {name: array.shape for name, array in made_digits.items()} == archive.SHAPES
    assert {array.dtype for array in made_digits.values()} == {np.dtype(np.uint8)}


def test_it_is_the_same_everywhere(made_digits):
    assert archive.fingerprint(made_digits) == data.DIGITS


def test_all_ten_digits_are_about_equally_frequent(made_digits):
    for name in ("y_train", "y_test"):
        shares = np.bincount(made_digits[name], minlength=10) / len(made_digits[name])
        assert shares.size == 10
        assert abs(shares - 0.1).max() < 0.015


def test_the_ink_is_in_the_middle_and_like_that_of_mnist(made_digits):
    images = made_digits["x_train"]
    assert 30 < images.mean() < 60  # MNIST: 33
    assert images.max() == 255
    assert images[:, [0, -1], :].mean() < 2
    assert images[:, :, [0, -1]].mean() < 2


def test_images_made_from_one_source_differ(made_digits):
    images = made_digits["x_train"].reshape(60_000, -1)
    assert len(np.unique(images, axis=0)) > 59_900


def test_a_map_without_change_gives_the_source_back():
    source = np.zeros((1, 16, 16), np.int32)
    source[0, 4:12, 4:12] = load_digits().images[0]
    one, none = np.full((1, 1, 1), digits._ONE, np.int32), np.zeros((1, 1, 1), np.int32)
    seen = digits._look(source, one, none, none, one, none, none)
    # 28 output pixels look at 28 places one source pixel apart: the 16 in the middle are it.
    expected = (source[0] * 255 + 8) // 16
    np.testing.assert_array_equal(seen[0, 6:22, 6:22], expected)


def test_train_and_test_images_share_no_source(monkeypatch):
    pools = []

    def spy(images, labels, count, seed):
        pools.append({image.tobytes() for image in images})
        return images, labels

    monkeypatch.setattr(digits, "_vary", spy)
    digits.make()
    train, test = pools
    assert len(train) + len(test) == len(load_digits().images)
    assert not train & test
