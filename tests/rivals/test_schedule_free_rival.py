"""Schedule-free SGD against the optimizer of pytorch_optimizer, gradient by gradient."""

import numpy as np
import pytest

from lrdecay.lab import schedule_free

torch = pytest.importorskip("torch", reason="torch is not installed; `make rivals` installs it")
rival = pytest.importorskip(
    "pytorch_optimizer", reason="pytorch_optimizer is not installed; `make rivals` installs it"
)


@pytest.mark.parametrize(("lr", "beta"), [(0.1, 0.9), (1.5, 0.5), (0.3, 0.98)])
def test_each_update_is_that_of_the_other_library(lr, beta):
    draws = np.random.default_rng(2)
    first = draws.standard_normal((4, 3))
    theirs = torch.nn.Parameter(torch.tensor(first))
    optimizer = rival.ScheduleFreeSGD([theirs], lr=lr, momentum=beta)
    state = schedule_free.begin([first])
    for _ in range(30):
        (y,) = schedule_free.gradient_point(state, beta)
        optimizer.train()
        assert y == pytest.approx(theirs.detach().numpy(), rel=1e-9, abs=1e-9)
        slope = 0.7 * y + draws.standard_normal(first.shape)
        theirs.grad = torch.tensor(slope)
        optimizer.step()
        state = schedule_free.update(state, [slope], lr)
        optimizer.eval()
        assert state.x[0] == pytest.approx(theirs.detach().numpy(), rel=1e-9, abs=1e-9)
