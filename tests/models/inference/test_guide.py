"""Guides: combining what the net says with what is proposed, and finding the tokens that write a text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homespun.errors import UsageError
from models.inference.engine import Engine, Request
from models.inference.guide import Balance, TokenTable
from models.inference.sampling import SamplingParams, log_softmax

NET = log_softmax(np.array([2.0, 1.0, 0.0, -1.0]))


def shares(row):
    return np.exp(row) / np.exp(row).sum()


def test_proposals_alone_take_their_share_and_leave_the_rest_to_the_net():
    found = shares(Balance(0.0, 1.0).combine(NET, {2: 0.9}, 0.1))
    rest = 0.1 * np.exp(NET)
    assert found[2] == pytest.approx(0.9 + rest[2])
    assert found[0] == pytest.approx(rest[0])


def test_the_net_alone_is_what_it_was():
    assert shares(Balance(1.0, 0.0).combine(NET, {2: 0.9}, 0.1)) == pytest.approx(np.exp(NET))


def test_both_are_a_product_of_experts():
    both = Balance(1.0, 1.0).combine(NET, {2: 0.9}, 0.1)
    alone = Balance(0.0, 1.0).combine(NET, {2: 0.9}, 0.1)
    assert shares(both) == pytest.approx(shares(NET + alone))


@pytest.mark.parametrize(
    "balance", [Balance(0.0, 1.0), Balance(1.0, 1.0), Balance(0.5, 2.0), Balance(1.0, 0.0)]
)
def test_what_may_not_come_does_not(balance):
    net = NET.copy()
    net[2] = -np.inf
    row = balance.combine(net, {2: 0.9, 1: 0.05}, 0.05)
    assert row[2] == -np.inf
    assert np.isfinite(row[[0, 1, 3]]).all()
    assert balance.combine(net, {2: 1.0}, 0.0) is net


@pytest.mark.parametrize(("probability", "taken"), [(0.9, True), (0.6, True), (0.4, False), (0.1, False)])
def test_a_decision_falls_as_its_odds_do_whatever_the_net_thinks_of_the_others(probability, taken):
    row = Balance(0.0, 1.0).decide(NET, NET, 3, probability)
    assert (int(row.argmax()) == 3) is taken


def test_a_decision_weighs_both_sides():
    sure = log_softmax(np.array([0.0, 0.0, 0.0, 9.0]))
    assert int(Balance(1.0, 1.0).decide(sure, sure, 3, 0.3).argmax()) == 3
    assert int(Balance(0.1, 1.0).decide(sure, sure, 3, 0.3).argmax()) != 3


def test_where_nothing_can_be_decided_the_others_stand():
    forced = np.array([-np.inf, -np.inf, -np.inf, 0.0])
    others = np.array([-np.inf, -np.inf, -np.inf, -0.1])
    assert Balance().decide(forced, others, 3, 0.1) is others
    forbidden = np.array([-1.0, -1.0, -1.0, -np.inf])
    others = np.array([-9.0, 0.0, -9.0, -np.inf])
    assert Balance().decide(forbidden, others, 3, 0.9) is others


@pytest.mark.parametrize("weights", [(-1.0, 1.0), (0.0, 0.0)])
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(UsageError, match="0 or more"):
        Balance(*weights)
    with pytest.raises(UsageError):
        Balance.from_dict({"net": "much"})
    with pytest.raises(UsageError):
        Balance.from_dict({"decoder": 1})


@given(st.lists(st.binary(max_size=4), max_size=30), st.binary(max_size=8))
def test_the_first_token_is_the_longest_that_the_text_begins_with(texts, text):
    found = TokenTable(texts).first(text)
    fitting = [one for one in texts if one and text.startswith(one)]
    assert (found is None) == (not fitting)
    if found is not None:
        assert texts[found] == max(fitting, key=len)


def test_a_token_has_the_weight_of_the_likeliest_text_that_begins_with_it():
    table = TokenTable([b"", b"a", b"b", b"ab"])
    assert table.masses([(b"abc", 0.4), (b"abd", 0.3), (b"b", 0.2), (b"", 0.1), (b"x", 0.1)]) == {
        3: 0.4,
        2: 0.2,
    }


class Script:
    """Wants these tokens in turn, and remembers what was made."""

    def __init__(self, wanted):
        self.wanted, self.seen = list(wanted), []

    def weigh(self, logits, allowed):
        row = np.full(len(logits), -5.0)
        row[self.wanted[len(self.seen)]] = 5.0
        return row

    def accept(self, token):
        self.seen.append(token)


def test_an_engine_draws_from_what_its_guide_gives_and_tells_it_what_was_taken(net):
    guide = Script([5, 7, 5, 9])
    request = Request([1, 2], sampling=SamplingParams(temperature=0.0), max_tokens=4, guide=guide, logprobs=1)
    steps = list(Engine(net).generate(request))
    assert [step.token for step in steps[:-1]] == [5, 7, 5, 9] == guide.seen
    # What is reported is what the net itself thought.
    assert all(step.logprob is not None and step.logprob < -1e-3 for step in steps[:-1])
