"""Do two schedules differ? Intervals and tests for runs in pairs, one pair a seed.

In the whole book "±" has one meaning: the half width of the 95 % interval of the mean, by Student's
t. An interval of another level or kind is written out, as "99 % interval 0.02 to 0.08".
"""

from lrdecay.lab.statistics.comparison import compare, difference, equivalence, mean_of
from lrdecay.lab.statistics.planning import seeds_needed

__all__ = ["compare", "difference", "equivalence", "mean_of", "seeds_needed"]
