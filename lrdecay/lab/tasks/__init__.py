"""What the experiments train: a task is data and the model that learns it."""

from lrdecay.lab.tasks.task import Task

__all__ = ["Task"]
