"""The charts with sliders that the chapters show, and the numbers that their text does."""

from lrdecay.charts.telling import tell

__all__ = ["tell"]
