import numpy as np
import pytest

from lrdecay.lab import data
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.networks import CONVOLUTION, build_convolutional

with quiet():
    import keras


def test_patches_and_a_dense_layer_are_a_convolution():
    ours = build_convolutional(3)
    kernels = [
        layer.get_weights()[0] for layer in ours.layers if isinstance(layer, keras.layers.Dense)
    ]
    theirs = keras.Sequential([keras.Input((28, 28)), keras.layers.Rescaling(1 / 255)])
    theirs.add(keras.layers.Reshape((28, 28, 1)))
    for kernel in kernels[:2]:
        inputs, filters = kernel.shape[0] // 9, kernel.shape[1]
        convolution = keras.layers.Conv2D(filters, 3, strides=2, use_bias=False)
        for layer in (convolution, keras.layers.BatchNormalization(), keras.layers.ReLU()):
            theirs.add(layer)
        convolution.set_weights([kernel.reshape(3, 3, inputs, filters)])
    theirs.add(keras.layers.Flatten())
    theirs.add(keras.layers.Dense(10, activation="softmax"))
    theirs.layers[-1].set_weights(ours.layers[-1].get_weights())
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    for training in (False, True):
        got, want = (model(images, training=training).numpy() for model in (ours, theirs))
        np.testing.assert_allclose(got, want, atol=1e-6)
    assert ours.count_params() == theirs.count_params()


def test_a_seed_fixes_the_first_weights():
    first, again, other = (build_convolutional(seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_seed_out_of_range_is_named():
    with pytest.raises(ValueError, match="seed = -1"):
        build_convolutional(-1)


def test_it_learns_the_same_images():
    assert CONVOLUTION.load is data.load
