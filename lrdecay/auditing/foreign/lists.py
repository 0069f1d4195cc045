"""Rates in a list, an array or a tensor: one for each update."""

from typing import Any

import numpy as np

from lrdecay.auditing.foreign.source import Foreign


def read(rates: Any) -> Foreign:
    """Return the rates of a list.

    Raises
    ------
    ValueError
        When it is empty, or holds what is no number.
    """
    try:
        array = np.array(rates.tolist() if hasattr(rates, "tolist") else rates, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"s = {rates!r}: expected a list of rates, one for each update")
    return Foreign(lambda steps: array[steps], len(array), looked_at=max(len(array), 1))
