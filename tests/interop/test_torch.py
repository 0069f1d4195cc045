import io

import numpy as np
import pytest
import strategies as some
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdecay import Constant, CosineDecay, LinearDecay, StepDecay, to_torch

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make rivals` installs it")

SCHEDULE = CosineDecay(0.1, duration=20).warmup(5, start=0.01)


def weights(n=1):
    return [torch.zeros(1, requires_grad=True) for _ in range(n)]


def sgd(*rates, **options):
    groups = [{"params": [w], "lr": lr} for w, lr in zip(weights(len(rates)), rates, strict=True)]
    return torch.optim.SGD(groups, lr=1.0, **options)


def rates_of(optimizer):
    return [float(group["lr"]) for group in optimizer.param_groups]


def run(optimizer, scheduler, updates):
    """The rates at which updates were made."""
    made = []
    for _ in range(updates):
        made.append(rates_of(optimizer))
        optimizer.step()
        scheduler.step()
    return made


@given(some.schedules(), st.floats(0.001, 10))
@settings(max_examples=30)
def test_each_update_is_made_at_exactly_the_rate_of_the_schedule(s, lr):
    optimizer = sgd(lr)
    made = run(optimizer, to_torch(s, optimizer), 12)
    assert made == [[s(t)] for t in range(12)]


def test_weights_move_by_the_rates():
    (weight,) = weights()
    optimizer = torch.optim.SGD([weight], lr=9.0)
    scheduler = to_torch(LinearDecay(1.0, duration=4), optimizer)
    values = []
    for _ in range(5):
        weight.grad = torch.ones(1)
        optimizer.step()
        scheduler.step()
        values.append(weight.item())
    assert values == [-1.0, -1.75, -2.25, -2.5, -2.5]


def test_every_group_is_trained_at_the_rate_of_the_schedule():
    optimizer = sgd(0.5, 0.05, 0.0)
    scheduler = to_torch(SCHEDULE, optimizer)
    assert run(optimizer, scheduler, 30) == [3 * [SCHEDULE(t)] for t in range(30)]
    assert scheduler.get_last_lr() == 3 * [SCHEDULE(30)]


def test_groups_keep_their_ratios_on_request():
    optimizer = sgd(0.5, 0.25, 1.0, 0.0)
    made = run(optimizer, to_torch(SCHEDULE, optimizer, keep_ratios=True), 30)
    assert made == [[SCHEDULE(t) * share for share in (1, 0.5, 2, 0)] for t in range(30)]


def test_ratios_are_those_before_an_earlier_scheduler_decayed_them():
    optimizer = sgd(0.5, 0.25)
    earlier = torch.optim.lr_scheduler.LambdaLR(optimizer, [lambda _: 1, lambda t: 1 / (1 + t)])
    run(optimizer, earlier, 3)
    assert rates_of(optimizer) == [0.5, 0.0625]
    made = run(optimizer, to_torch(SCHEDULE, optimizer, keep_ratios=True), 5)
    assert made == [[SCHEDULE(t), SCHEDULE(t) * 0.5] for t in range(5)]


def test_ratios_to_nothing_are_refused():
    with pytest.raises(ValueError, match=r"keep_ratios = True: .*rate is 0\.0"):
        to_torch(SCHEDULE, sgd(0.0, 0.1), keep_ratios=True)


def test_a_rate_in_a_tensor_stays_that_tensor():
    rate = torch.tensor(0.5, dtype=torch.float64)
    optimizer = torch.optim.Adam(weights(), lr=rate)
    made = run(optimizer, to_torch(SCHEDULE, optimizer), 30)
    assert made == [[SCHEDULE(t)] for t in range(30)]
    assert optimizer.param_groups[0]["lr"] is rate


# Saving and going on


def saved(*objects):
    """The states as another process reads them from a file, without code in it."""
    file = io.BytesIO()
    torch.save([thing.state_dict() for thing in objects], file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def resumed(schedule, states, *lrs, keep_ratios=False):
    optimizer = sgd(*lrs)
    scheduler = to_torch(schedule, optimizer, keep_ratios)
    optimizer.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    return optimizer, scheduler


@pytest.mark.parametrize("keep_ratios", [False, True])
@pytest.mark.parametrize("updates", [0, 1, 7])
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(updates, keep_ratios):
    optimizer = sgd(0.5, 0.25)
    scheduler = to_torch(SCHEDULE, optimizer, keep_ratios)
    run(optimizer, scheduler, updates)
    again = resumed(SCHEDULE, saved(optimizer, scheduler), 0.5, 0.25, keep_ratios=keep_ratios)
    assert run(*again, 30) == run(optimizer, scheduler, 30)
    assert again[1].state_dict() == scheduler.state_dict()


def test_a_new_length_holds_from_the_very_next_update():
    optimizer = sgd(1.0)
    scheduler = to_torch(LinearDecay(0.1, duration=10), optimizer)
    run(optimizer, scheduler, 5)
    longer = LinearDecay(0.1, duration=40)
    again = resumed(longer, saved(optimizer, scheduler), 1.0)
    assert again[1].get_last_lr() == [longer(5)]
    assert run(*again, 40) == [[longer(t)] for t in range(5, 45)]


def test_the_new_program_decides_on_ratios():
    optimizer = sgd(0.5, 0.25)
    scheduler = to_torch(SCHEDULE, optimizer)
    run(optimizer, scheduler, 5)
    again = resumed(SCHEDULE, saved(optimizer, scheduler), 0.5, 0.25, keep_ratios=True)
    assert run(*again, 3) == [[SCHEDULE(t), SCHEDULE(t) * 0.5] for t in range(5, 8)]


def test_the_count_of_another_scheduler_is_taken_over():
    optimizer = sgd(0.1)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)
    run(optimizer, theirs, 5)
    again = resumed(SCHEDULE, saved(optimizer, theirs), 0.1)
    assert run(*again, 3) == [[SCHEDULE(t)] for t in range(5, 8)]


def test_the_state_holds_nothing_of_the_schedule():
    scheduler = to_torch(SCHEDULE, sgd(0.1))
    assert scheduler.state_dict()["lr_lambdas"] == [None]
    assert "Decay" not in str(scheduler.state_dict())


def test_why_the_function_must_be_plain():
    """What PyTorch does with an object that can be called, even a frozen one."""
    optimizer = sgd(1.0)
    object_inside = torch.optim.lr_scheduler.LambdaLR(optimizer, LinearDecay(1.0, duration=10))
    state = object_inside.state_dict()
    longer = LinearDecay(1.0, duration=40)
    torch.optim.lr_scheduler.LambdaLR(sgd(1.0), longer).load_state_dict(state)
    assert longer == LinearDecay(1.0, duration=10)  # changed behind its back


# Misuse


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.1, sgd(0.1)), r"s = 0\.1: expected an lrdecay schedule"),
        ((SCHEDULE, weights()), r"optimizer = \[tensor.*: expected an optimizer"),
        ((SCHEDULE, sgd(0.1), 1), r"keep_ratios = 1: expected True or False"),
    ],
)
def test_wrong_types_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        to_torch(*arguments)


def test_numpy_rates_do_not_leak_in():
    optimizer = sgd(0.1)
    to_torch(Constant(np.float32(0.5)), optimizer)
    assert type(optimizer.param_groups[0]["lr"]) is float


def test_far_beyond_float32():
    optimizer = sgd(0.1)
    scheduler = to_torch(StepDecay(1.0, 0.5, 2**24 + 1), optimizer)
    scheduler.load_state_dict({"last_epoch": 2**24})
    assert rates_of(optimizer) == [1.0]
    optimizer.step()
    scheduler.step()
    assert rates_of(optimizer) == [0.5]
