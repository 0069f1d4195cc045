import numpy as np
import pytest

from lrdecay.lab import data, training
from lrdecay.lab.tasks.images import IMAGES, build_model


def test_the_network_is_that_of_the_article():
    model = build_model()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Rescaling", "Flatten", "Dense", "Dense"]
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, 10)
    assert [layer.activation.__name__ for layer in model.layers[2:]] == ["relu", "softmax"]
    assert model.count_params() == 784 * 128 + 128 + 128 * 10 + 10


def test_the_network_divides_by_255():
    model = build_model()
    image = np.random.RandomState(0).randint(0, 256, (1, 28, 28)).astype(np.uint8)
    hidden, bias, out, out_bias = model.get_weights()
    scores = np.maximum(image.reshape(1, 784) / 255.0 @ hidden + bias, 0) @ out + out_bias
    shares = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(model(image).numpy(), shares, rtol=1e-4)


def test_a_seed_fixes_the_first_weights():
    first, again, other = (build_model(seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.99


@pytest.mark.parametrize("value", [-1, 2**32, 0.5, "0", True, None])
def test_a_seed_out_of_range_is_named(value):
    with pytest.raises(ValueError, match=r"seed = .*expected a whole number, (from )?0"):
        build_model(value)


def test_the_task_is_what_training_uses_by_itself():
    assert IMAGES.build_model is build_model is training.build_model
    assert IMAGES.load is data.load
