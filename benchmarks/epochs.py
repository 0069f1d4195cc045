"""One epoch of the article's training in many ways, and what bounds it.

Started by `test_engine`: reads names of ways from stdin, and answers when each is done.
"""

import sys

import numpy as np

from lrdecay import StepDecay, to_keras
from lrdecay.lab import twin
from lrdecay.lab.data import load
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep.engine import Engine, order
from lrdecay.lab.tasks.images import build_model

with quiet():
    import keras
    import tensorflow as tf

SIZE, UPDATES = 32, 1875
DATA = load("digits")
SCHEDULE = StepDecay(0.1, 0.96, 1000)


def compiled(**options):
    model = build_model(0)
    optimizer = keras.optimizers.SGD(to_keras(SCHEDULE))
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, metrics=["accuracy"], **options)
    return model


def by_engine():
    engine = Engine(compiled())

    def epoch():
        places = order(0, 0, len(DATA.x_train))
        engine.epoch(DATA.x_train[places], DATA.y_train[places], SIZE)

    return epoch


def by_fit(**options):
    model = compiled(**options)
    return lambda: model.fit(DATA.x_train, DATA.y_train, SIZE, verbose=0)


def by_twin():
    weights = build_model(0).get_weights()
    update = twin.sgd(SCHEDULE)

    def epoch():
        orders = [order(0, 0, len(DATA.x_train))]
        list(twin.train(weights, DATA.x_train, DATA.y_train, update, orders, SIZE))

    return epoch


def by_products():
    """The matrix products of an epoch and nothing else, as NumPy calls sgemm."""
    draw = np.random.default_rng(0)
    shapes = {"x": (SIZE, 784), "w": (784, 128), "h": (SIZE, 128), "v": (128, 10), "g": (SIZE, 10)}
    x, w, h, v, g = (draw.random(shape, np.float32) for shape in shapes.values())

    def epoch():
        for _ in range(UPDATES):
            x @ w, h @ v, h.T @ g, g @ v.T, x.T @ h

    return epoch


def by_compiled_products():
    """The same products compiled by XLA as the engine is: no biases, softmax, updates, metrics."""
    draw = np.random.default_rng(0)
    x = tf.constant(DATA.x_train.reshape(-1, 784) / 255, tf.float32)
    w, v = (tf.constant(draw.random(shape, np.float32)) for shape in ((784, 128), (128, 10)))

    @tf.function(jit_compile=True, autograph=False)
    def products(x, w, v):
        def one(i, *_):
            batch = tf.slice(x, [i * SIZE, 0], [SIZE, 784])
            h = batch @ w
            g = h @ v
            return i + 1, tf.transpose(batch) @ (g @ tf.transpose(v)), tf.transpose(h) @ g

        return tf.while_loop(lambda i, *_: i < UPDATES, one, (0, w, v))[1:]

    return lambda: [value.numpy() for value in products(x, w, v)]


def large_matrices():
    """Return two whose product has as many multiplications as the products of an epoch."""
    needed = UPDATES * SIZE * (2 * 784 * 128 + 3 * 128 * 10)
    side = 2048
    rows = round(needed / side**2)  # one product of (rows, side) by (side, side)
    return np.ones((rows, side), np.float32), np.ones((side, side), np.float32)


def by_large_product():
    a, b = large_matrices()
    return lambda: a @ b


def by_large_product_of_tensorflow():
    a, b = map(tf.constant, large_matrices())
    return lambda: np.asarray(a @ b)


WAYS = {
    "engine": by_engine,
    "fit": by_fit,
    "fit-steps": lambda: by_fit(steps_per_execution=UPDATES),
    "twin": by_twin,
    "products": by_products,
    "products-xla": by_compiled_products,
    "limit": by_large_product,
    "limit-tf": by_large_product_of_tensorflow,
}

if __name__ == "__main__":
    epochs = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in epochs:
            epochs[name] = WAYS[name]()
        epochs[name]()
        print("done", flush=True)
