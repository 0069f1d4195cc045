"""Schedules for Keras, and Keras' schedules as ours.

Importing this package registers its classes, so that Keras can load a model saved with them.
"""

from lrdecay.interop.keras.driving import drive
from lrdecay.interop.keras.reading import from_keras
from lrdecay.interop.keras.schedule import KerasSchedule, to_keras

__all__ = ["KerasSchedule", "drive", "from_keras", "to_keras"]
