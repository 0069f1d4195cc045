"""One epoch of the article's training in five ways, in a process of one thread.

Started by `test_engine`: reads names of ways from stdin, and answers when each is done.
"""

import sys

import numpy as np

from lrdecay import StepDecay, to_keras
from lrdecay.lab.data import load
from lrdecay.lab.quiet import quiet
from lrdecay.lab.sweep.engine import Engine, order
from lrdecay.lab.tasks.images import build_model

with quiet():
    import keras

SIZE, UPDATES = 32, 1875
DATA = load("digits")


def compiled(**options):
    model = build_model(0)
    optimizer = keras.optimizers.SGD(to_keras(StepDecay(0.1, 0.96, 1000)))
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


def by_products():
    """The matrix products of an epoch and nothing else, as NumPy calls sgemm."""
    draw = np.random.default_rng(0)
    shapes = {"x": (SIZE, 784), "w": (784, 128), "h": (SIZE, 128), "v": (128, 10), "g": (SIZE, 10)}
    x, w, h, v, g = (draw.random(shape, np.float32) for shape in shapes.values())

    def epoch():
        for _ in range(UPDATES):
            x @ w, h @ v, h.T @ g, g @ v.T, x.T @ h

    return epoch


def by_large_product():
    """As many multiplications as the products of an epoch, in large matrices."""
    needed = UPDATES * SIZE * (2 * 784 * 128 + 3 * 128 * 10)
    side = 2048
    rows = round(needed / side**2)  # one product of (rows, side) by (side, side)
    a, b = np.ones((rows, side), np.float32), np.ones((side, side), np.float32)
    return lambda: a @ b


WAYS = {
    "engine": by_engine,
    "fit": by_fit,
    "fit-steps": lambda: by_fit(steps_per_execution=UPDATES),
    "products": by_products,
    "limit": by_large_product,
}

if __name__ == "__main__":
    epochs = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in epochs:
            epochs[name] = WAYS[name]()
        epochs[name]()
        print("done", flush=True)
