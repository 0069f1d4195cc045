"""The data of the experiments: MNIST where it can be had, a stand-in of its shapes elsewhere."""

from lrdecay.lab.data.dataset import URL, VARIABLE, Dataset, load

__all__ = ["URL", "VARIABLE", "Dataset", "load"]
