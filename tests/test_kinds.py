from kinds import EACH

from lrdecay.schedules import classes


def within(s):
    return {type(s)}.union(*map(within, s.parts()))


def test_no_class_is_forgotten():
    assert set().union(*map(within, EACH)) == set(classes().values())
