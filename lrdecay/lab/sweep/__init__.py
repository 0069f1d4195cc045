"""Many trainings: a run is a value, a grid is many of them, a folder keeps what they gave.

Nothing here imports TensorFlow but what trains: `lrdecay.lab.sweep.engine` and
`lrdecay.lab.sweep.work`, which the worker processes of `sweep` import.
"""

from lrdecay.lab.sweep.choosing import choose
from lrdecay.lab.sweep.grid import Arm, Grid
from lrdecay.lab.sweep.published import Published, publish
from lrdecay.lab.sweep.record import MEASURES, Record, Store, epochs_table, runs_table, write_tables
from lrdecay.lab.sweep.run import OPTIMIZERS, Run
from lrdecay.lab.sweep.sweeping import Plan, agree, plan, rerun, sweep

__all__ = [
    "MEASURES",
    "OPTIMIZERS",
    "Arm",
    "Grid",
    "Plan",
    "Published",
    "Record",
    "Run",
    "Store",
    "agree",
    "choose",
    "epochs_table",
    "plan",
    "publish",
    "rerun",
    "runs_table",
    "sweep",
    "write_tables",
]
