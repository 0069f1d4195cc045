import copy
import io
import pickle

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


def test_ratios_are_those_that_the_rates_have_now():
    """A finder of rates, too, leaves its own in initial_lr."""
    optimizer = sgd(1e-7, 1e-7)
    torch.optim.lr_scheduler.ExponentialLR(optimizer, 2.0)
    for group, rate in zip(optimizer.param_groups, [0.5, 0.05], strict=True):
        group["lr"] = rate
    to_torch(Constant(0.01), optimizer, keep_ratios=True)
    assert rates_of(optimizer) == [0.01, 0.001]


def test_ratios_outlive_rates_of_zero():
    optimizer = sgd(0.5, 0.25)
    to_torch(SCHEDULE.warmup(3), optimizer, keep_ratios=True)
    assert rates_of(optimizer) == [0, 0]
    to_torch(Constant(0.1), optimizer, keep_ratios=True)
    assert rates_of(optimizer) == [0.1, 0.05]


def test_a_second_scheduler_keeps_the_ratios_of_the_first():
    optimizer, s = sgd(0.1, 0.01), LinearDecay(0.1, 10)
    run(optimizer, to_torch(s, optimizer, keep_ratios=True), 3)
    to_torch(s.shift(3), optimizer, keep_ratios=True)
    assert rates_of(optimizer) == pytest.approx([0.07, 0.007])


def test_ratios_to_nothing_are_refused():
    with pytest.raises(ValueError, match=r"keep_ratios = True: .*rate is 0\.0"):
        to_torch(SCHEDULE, sgd(0.0, 0.1), keep_ratios=True)


def test_a_rate_in_a_tensor_stays_that_tensor():
    rate = torch.tensor(0.5, dtype=torch.float64)
    optimizer = torch.optim.Adam(weights(), lr=rate)
    made = run(optimizer, to_torch(SCHEDULE, optimizer), 30)
    assert made == [[SCHEDULE(t)] for t in range(30)]
    assert optimizer.param_groups[0]["lr"] is rate


# Beside other schedulers


def test_inside_a_sequence_of_schedulers():
    optimizer = sgd(0.1)
    first = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 5)
    ours = to_torch(LinearDecay(0.1, 10), optimizer)
    sequence = torch.optim.lr_scheduler.SequentialLR(optimizer, [first, ours], [5])
    made = [rate for (rate,) in run(optimizer, sequence, 8)]
    assert made == pytest.approx([0.01, 0.028, 0.046, 0.064, 0.082, 0.1, 0.09, 0.08])


def test_first_in_a_sequence_of_schedulers():
    optimizer = sgd(0.5)
    ours = to_torch(LinearDecay(0.1, 10), optimizer)
    then = torch.optim.lr_scheduler.ConstantLR(optimizer, 0.5, 100)
    sequence = torch.optim.lr_scheduler.SequentialLR(optimizer, [ours, then], [2])
    made = [rate for (rate,) in run(optimizer, sequence, 4)]
    assert made == pytest.approx([0.1, 0.09, 0.25, 0.25])  # of the 0.5 that it was made with


def a_sequence(ours_first):
    optimizer = sgd(0.5)
    ours = to_torch(LinearDecay(0.1, 10), optimizer)
    theirs = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    both = [ours, theirs] if ours_first else [theirs, ours]
    return optimizer, torch.optim.lr_scheduler.SequentialLR(optimizer, both, [4])


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("updates", [1, 3, 4, 6])
def test_a_sequence_of_schedulers_goes_on_as_if_it_had_not_stopped(ours_first, updates):
    optimizer, sequence = a_sequence(ours_first)
    run(optimizer, sequence, updates)
    states = saved(optimizer, sequence)
    again = a_sequence(ours_first)
    for thing, state in zip(again, states, strict=True):
        thing.load_state_dict(state)
    assert run(*again, 8) == run(optimizer, sequence, 8)


@pytest.mark.parametrize("keep_ratios", [False, True])
def test_initial_lr_stays_what_pytorch_means_by_it(keep_ratios):
    optimizer = sgd(0.5, 0.25)
    to_torch(SCHEDULE, optimizer, keep_ratios=keep_ratios)
    assert [group["initial_lr"] for group in optimizer.param_groups] == [0.5, 0.25]


def test_two_schedulers_on_one_optimizer_are_told_of():
    optimizer = sgd(0.1)
    ours = to_torch(SCHEDULE, optimizer)
    theirs = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    ours.step()
    theirs.step()
    with pytest.warns(UserWarning, match="something else changes it.*Step one scheduler"):
        ours.step()
    assert rates_of(optimizer) == [SCHEDULE(2)]


# Groups that come later


def test_a_group_added_later_is_trained_at_the_schedule():
    optimizer = sgd(0.1)
    scheduler = to_torch(SCHEDULE, optimizer)
    run(optimizer, scheduler, 3)
    optimizer.add_param_group({"params": weights(), "lr": 7.0})
    optimizer.step()
    scheduler.step()
    assert run(optimizer, scheduler, 3) == [2 * [SCHEDULE(t)] for t in range(4, 7)]
    assert optimizer.param_groups[1]["initial_lr"] == 7.0
    assert len(scheduler.get_last_lr()) == 2


def test_a_group_added_later_has_its_ratio_to_the_rate_of_the_beginning():
    optimizer = sgd(0.1)
    scheduler = to_torch(SCHEDULE, optimizer, keep_ratios=True)
    run(optimizer, scheduler, 3)
    optimizer.add_param_group({"params": weights(), "lr": 0.05})
    optimizer.step()
    scheduler.step()
    assert run(optimizer, scheduler, 3) == [[SCHEDULE(t), SCHEDULE(t) * 0.5] for t in range(4, 7)]


# A schedule a group; more steps an update; weight decay and momentum


def test_a_schedule_for_each_group():
    optimizer, other = sgd(0.5, 0.25), LinearDecay(1.0, 7)
    scheduler = to_torch([SCHEDULE, other], optimizer)
    assert run(optimizer, scheduler, 9) == [[SCHEDULE(t), other(t)] for t in range(9)]
    optimizer.add_param_group({"params": weights()})
    with pytest.raises(ValueError, match="2 schedules for 3 parameter groups"):
        scheduler.step()


def test_as_many_schedules_as_groups():
    for schedules in ([SCHEDULE], [SCHEDULE] * 3, []):
        with pytest.raises(ValueError, match="schedules for 2 parameter groups"):
            to_torch(schedules, sgd(0.1, 0.2))
    with pytest.raises(ValueError, match="keep_ratios = True: is for one schedule"):
        to_torch([SCHEDULE] * 2, sgd(0.1, 0.2), keep_ratios=True)


def test_every():
    """Accelerate with 4 processes steps a scheduler 4 times an update."""
    optimizer = sgd(0.1)
    scheduler = to_torch(LinearDecay(0.1, 20), optimizer, every=4)
    made = []
    for _ in range(20):
        made += rates_of(optimizer)
        optimizer.step()
        for _ in range(4):
            scheduler.step()
    assert made == [LinearDecay(0.1, 20)(t) for t in range(20)]
    scheduler.load_state_dict({"last_epoch": 43})
    assert rates_of(optimizer) == [LinearDecay(0.1, 20)(10)]


def test_weight_decay_and_momentum():
    decay, momentum = LinearDecay(0.4, 10), Constant(0.95).warmup(5, start=0.85)
    optimizer = sgd(0.1, 0.1, momentum=0.9, weight_decay=0.1)
    optimizer.param_groups[1]["weight_decay"] = 0.0
    scheduler = to_torch(SCHEDULE, optimizer, weight_decay=decay, momentum=momentum)
    for t in range(8):
        first, second = optimizer.param_groups
        assert (first["weight_decay"], second["weight_decay"]) == (decay(t), 0.0)
        assert first["momentum"] == second["momentum"] == momentum(t)
        optimizer.step()
        scheduler.step()


def test_momentum_of_adam_is_its_first_beta():
    optimizer = torch.optim.AdamW(weights(), lr=0.1, betas=(0.9, 0.98))
    to_torch(SCHEDULE, optimizer, momentum=Constant(0.8), weight_decay=Constant(0.3))
    assert optimizer.param_groups[0]["betas"] == (0.8, 0.98)
    assert optimizer.param_groups[0]["weight_decay"] == 0.3
    with pytest.raises(ValueError, match="momentum: this optimizer has neither"):
        to_torch(SCHEDULE, torch.optim.Adagrad(weights()), momentum=Constant(0.8))


def test_a_weight_decay_by_schedule_shrinks_weights_as_it_says():
    weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler = to_torch(Constant(0.5), optimizer, weight_decay=LinearDecay(0.4, 4))
    expected = 1.0
    for t in range(4):
        weight.grad = torch.zeros(1, dtype=torch.float64)
        optimizer.step()
        scheduler.step()
        expected *= 1 - 0.5 * LinearDecay(0.4, 4)(t)
        assert weight.item() == pytest.approx(expected)


# Saving and going on


def saved(*objects):
    """The states as another process reads them from a file, without code in it."""
    file = io.BytesIO()
    torch.save([thing.state_dict() for thing in objects], file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def resumed(schedule, states, *lrs, keep_ratios=False):
    optimizer = sgd(*lrs)
    scheduler = to_torch(schedule, optimizer, keep_ratios=keep_ratios)
    optimizer.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    return optimizer, scheduler


@pytest.mark.parametrize("keep_ratios", [False, True])
@pytest.mark.parametrize("updates", [0, 1, 7])
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(updates, keep_ratios):
    optimizer = sgd(0.5, 0.25)
    scheduler = to_torch(SCHEDULE, optimizer, keep_ratios=keep_ratios)
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


@pytest.mark.parametrize(("before", "after"), [(4, 2), (2, 4), (1, 8), (8, 1), (3, 3)])
def test_another_number_of_steps_an_update_goes_on_from_the_same_update(before, after):
    """A run on 4 processes, resumed on 2: Accelerate makes as many steps for each update."""
    optimizer = sgd(0.1)
    scheduler = to_torch(LinearDecay(0.1, 20), optimizer, every=before)
    for _ in range(10):
        optimizer.step()
        for _ in range(before):
            scheduler.step()
    states = saved(optimizer, scheduler)
    optimizer = sgd(0.1)
    scheduler = to_torch(LinearDecay(0.1, 20), optimizer, every=after)
    optimizer.load_state_dict(states[0])
    scheduler.load_state_dict(states[1])
    made = []
    for _ in range(10):
        made += rates_of(optimizer)
        optimizer.step()
        for _ in range(after):
            scheduler.step()
    assert made == [LinearDecay(0.1, 20)(t) for t in range(10, 20)]


def test_a_state_in_the_midst_of_an_update():
    scheduler = to_torch(LinearDecay(0.1, 20), sgd(0.1), every=4)
    for _ in range(11):
        scheduler.optimizer.step()
        scheduler.step()
    (state,) = saved(scheduler)
    for every, step in ((4, 11), (2, 4), (3, 6)):  # of update 2: go on, or begin it anew
        again = to_torch(LinearDecay(0.1, 20), sgd(0.1), every=every)
        again.load_state_dict(state)
        assert again.last_epoch == step
        assert again.get_last_lr() == [LinearDecay(0.1, 20)(2)]


def test_the_state_holds_nothing_of_the_schedule():
    scheduler = to_torch(SCHEDULE, sgd(0.1))
    assert scheduler.state_dict() == {"last_epoch": 0, "every": 1}


def test_a_state_without_a_count_is_refused():
    optimizer = sgd(0.1)
    chained = torch.optim.lr_scheduler.ChainedScheduler(
        [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)]
    )
    scheduler = to_torch(SCHEDULE, optimizer)
    with pytest.raises(ValueError, match="has no count of steps, last_epoch; of a Chained"):
        scheduler.load_state_dict(chained.state_dict())
    scheduler.load_state_dict(chained.state_dict()["_schedulers"][0])


def test_inside_a_chain_of_schedulers():
    def chain():
        optimizer = sgd(0.5)
        ours = to_torch(LinearDecay(0.1, 10), optimizer)
        return optimizer, torch.optim.lr_scheduler.ChainedScheduler([ours])

    optimizer, chained = chain()
    run(optimizer, chained, 4)
    again = chain()
    for thing, state in zip(again, saved(optimizer, chained), strict=True):
        thing.load_state_dict(state)
    assert (
        run(*again, 5)
        == run(optimizer, chained, 5)
        == [[LinearDecay(0.1, 10)(t)] for t in range(4, 9)]
    )


@pytest.mark.parametrize("how", ["pickle", "torch", "deepcopy"])
@pytest.mark.parametrize("keep_ratios", [False, True])
def test_the_scheduler_itself_can_be_saved(how, keep_ratios):
    optimizer = sgd(0.5, 0.25)
    scheduler = to_torch(SCHEDULE, optimizer, keep_ratios=keep_ratios)
    run(optimizer, scheduler, 3)
    if how == "pickle":
        again = pickle.loads(pickle.dumps(scheduler))
    elif how == "deepcopy":
        again = copy.deepcopy(scheduler)
    else:
        file = io.BytesIO()
        torch.save(scheduler, file)
        file.seek(0)
        again = torch.load(file, weights_only=False)
    assert again.optimizer is not optimizer
    assert run(again.optimizer, again, 20) == run(optimizer, scheduler, 20)


def test_why_the_state_is_a_count_alone():
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
        ((SCHEDULE, sgd(0.1), 1, 1), r"keep_ratios = 1: expected True or False"),
        (([SCHEDULE, 0.1], sgd(0.1, 0.2)), r"s\[1\] = 0\.1: expected an lrdecay schedule"),
        ((SCHEDULE, sgd(0.1), 1, False, 0.1), r"weight_decay = 0\.1: expected an lrdecay"),
    ],
)
def test_wrong_types_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        to_torch(*arguments)


OPTIMIZERS = [
    value
    for value in vars(torch.optim).values()
    if isinstance(value, type) and value is not torch.optim.Optimizer
]


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_schedule_handed_to_an_optimizer_raw(make):
    with pytest.raises(TypeError, match=r"lrdecay\.to_torch\(s, optimizer\)"):
        make([torch.zeros(2, 2, requires_grad=True)], lr=SCHEDULE)


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop])
@pytest.mark.parametrize("foreach", [True, False])
def test_a_schedule_handed_to_a_parameter_group_raw(make, foreach):
    """PyTorch does not look at the rates of groups before they are used."""
    (weight,) = weights()
    optimizer = make([{"params": [weight], "lr": SCHEDULE}], foreach=foreach)
    weight.grad = torch.ones(1)
    with pytest.raises(TypeError, match=r"lrdecay\.to_torch\(s, optimizer\)"):
        optimizer.step()
    assert weight.item() == 0


def test_a_schedule_handed_to_lambda_lr_multiplies_the_rate():
    optimizer = sgd(0.5)
    made = run(optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, LinearDecay(1.0, 10)), 5)
    assert made == [[0.5 * LinearDecay(1.0, 10)(t)] for t in range(5)]


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "4", None])
def test_every_must_be_a_whole_number(every):
    with pytest.raises(ValueError, match="every = "):
        to_torch(SCHEDULE, sgd(0.1), every=every)


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
