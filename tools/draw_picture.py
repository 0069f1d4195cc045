"""Draw the picture of the README and the landing page: a run, epoch by epoch."""

from pathlib import Path

from notebooks import BOOK

from lrdecay import ExponentialDecay, InverseTimeDecay, LinearDecay, StepDecay
from lrdecay.views import plots

EPOCHS = 15
STEPS_PER_EPOCH = 1875
PICTURE = BOOK / "_static" / "four-schedules.png"

SCHEDULES = {
    "step": StepDecay(0.1, drop_rate=0.5, step_size=5),
    "exponential": ExponentialDecay(0.1, decay_rate=0.15),
    "inverse time": InverseTimeDecay(0.1, decay_rate=0.5),
    "linear": LinearDecay(0.1, duration=EPOCHS),
}


def draw(path: Path) -> None:
    """Write the picture to `path`."""
    updates = {name: s.stretch(STEPS_PER_EPOCH) for name, s in SCHEDULES.items()}
    drawing = plots.compare(updates, EPOCHS * STEPS_PER_EPOCH, steps_per_epoch=STEPS_PER_EPOCH)
    drawing.savefig(path, dpi=plots.DPI, metadata={"Software": None})


if __name__ == "__main__":
    draw(PICTURE)
