"""A language model: it learns which character comes next in the source text of SymPy."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lrdecay import checks
from lrdecay.lab.data import Dataset, text
from lrdecay.lab.quiet import quiet
from lrdecay.lab.tasks.task import Task


def build_transformer(
    seed: int = 0, layers: int = 2, width: int = 64, heads: int = 4, context: int = text.CONTEXT
) -> Any:
    """Return a small decoder-only transformer in Keras, not compiled yet.

    Each position gives the shares of the characters that may come next, and sees those before it
    and itself alone. Layers normalise before they compute; what is between is four times as wide.

    Parameters
    ----------
    seed : int
        Fixes the first weights.
    layers, width, heads : int
        How many layers, numbers a position, and heads of attention.
    context : int
        Characters an example.

    Returns
    -------
    keras.Model
        From places in `lrdecay.lab.data.text.CHARACTERS`, shape (batch, context), to shares, shape
        (batch, context, 96).

    Raises
    ------
    ValueError
        When a number is out of its range, or `heads` does not divide `width`.

    Notes
    -----
    A. Vaswani et al. (2017), "Attention is all you need", 1706.03762, in the form of GPT-2. There
    is no dropout: XLA is slow at random numbers on a processor, and no text is read twice.

    Examples
    --------
    >>> build_transformer().count_params()
    116576
    """
    checked = checks.whole("seed", seed, 0, 2**32 - 1)
    for name, value in (("layers", layers), ("width", width), ("heads", heads)):
        checks.whole(name, value, 1)
    if width % heads:
        raise ValueError(f"heads = {heads!r}: must divide width = {width!r}")
    with quiet():
        import keras  # noqa: PLC0415  # takes seconds

    keras.utils.set_random_seed(checked)
    kinds = keras.layers

    class Positions(kinds.Layer):  # type: ignore[misc, name-defined]
        """Adds to each position a vector of its own."""

        def build(self, shape: Any) -> None:
            self.vectors = self.add_weight(shape=shape[1:], initializer="uniform")

        def call(self, inputs: Any) -> Any:
            return inputs + self.vectors

    places = keras.Input((context,), dtype="uint8")
    x = Positions()(kinds.Embedding(len(text.CHARACTERS), width)(places))
    for _ in range(layers):
        attention = kinds.MultiHeadAttention(heads, width // heads)
        normal = kinds.LayerNormalization()(x)
        x = kinds.Add()([x, attention(normal, normal, use_causal_mask=True)])
        wide = kinds.Dense(4 * width, activation="gelu")(kinds.LayerNormalization()(x))
        x = kinds.Add()([x, kinds.Dense(width)(wide)])
    last = kinds.LayerNormalization()(x)
    return keras.Model(places, kinds.Dense(len(text.CHARACTERS), activation="softmax")(last))


def load_both(source: str | Path = "auto") -> Dataset:
    """Return the source text to train on and then that of SymPy's tests, which is judged too.

    Returns
    -------
    Dataset
        Of `lrdecay.lab.data.text.load`: the training examples of the source come first, then those
        of the tests; validation and test examples are from tests.
    """
    first, second = text.load(source), text.load(source, "tests")
    return replace(
        second,
        x_train=np.concatenate([first.x_train[: text.TRAIN], second.x_train]),
        y_train=np.concatenate([first.y_train[: text.TRAIN], second.y_train]),
        name=f"{first.name}, then {second.name}",
    )


TEXT = Task(
    "text",
    text.load,
    build_transformer,
    text.TRAIN + text.VALIDATION,
    text.VALIDATION,
    drawn=False,
    an_epoch=3_200,
)
"""The text of `lrdecay.lab.data.text.load`; an epoch of it is 100 updates of 32 examples."""

FINE_TUNING = replace(
    TEXT,
    name="fine-tuning",
    load=load_both,
    examples=2 * text.TRAIN + text.VALIDATION,
    turn=(5, text.TRAIN),
)
"""Five epochs of `TEXT`, then text of another kind: what SymPy is tested by (`load_both`).

The optimizer goes on with the averages that it has.
"""
