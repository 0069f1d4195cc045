"""The Rosetta stone: the schedules of other libraries beside ours, compared as they run.

Each library has a file of its own here, which says all of it: its calls with the `lrdecay` text
that gives the same rates, and what it does otherwise than one expects. What it gave when it was
run is in ``recorded.json``, so nothing here needs a library until it is run anew.
"""

from lrdecay.rosetta.library import Call, Defect, Functions, Library, Schedulers, libraries
from lrdecay.rosetta.record import recorded

__all__ = ["Call", "Defect", "Functions", "Library", "Schedulers", "libraries", "recorded"]
