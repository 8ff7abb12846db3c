import math

import pytest
import torch

from finetune.adapting import losses
from finetune.adapting.rows import Mark
from finetune.adapting.tasks import TASKS


def marks(*rows: list[int]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.uint8)


def test_a_pointer_costs_what_the_right_place_lacks():
    logits = torch.tensor([[0.0, 1.0, 2.0, 9.0]])
    seen = torch.tensor([[True, True, True, False]])
    right = torch.tensor([[False, True, False, False]])
    expected = -math.log(math.e / (1 + math.e + math.e**2))
    assert float(losses.pointed(logits, right, seen)) == pytest.approx(expected, abs=1e-5)


def test_without_a_right_place_the_first_is_right():
    logits = torch.tensor([[3.0, 0.0, 0.0]])
    seen = torch.tensor([[False, True, True]])
    none = torch.zeros(1, 3, dtype=torch.bool)
    expected = -math.log(math.e**3 / (math.e**3 + 2))
    assert float(losses.pointed(logits, none, seen)) == pytest.approx(expected, abs=1e-5)


def test_several_right_places_share_the_probability():
    logits = torch.zeros(1, 4)
    seen = torch.ones(1, 4, dtype=torch.bool)
    right = torch.tensor([[False, True, True, False]])
    assert float(losses.pointed(logits, right, seen)) == pytest.approx(math.log(2), abs=1e-5)


def test_choices_weigh_rows_against_none():
    real = torch.tensor([[True, True, False]])
    scores = torch.tensor([[1.0, 0.0, 50.0]])
    right = torch.tensor([[True, False, False]])
    total = math.e + 1 + 1
    assert float(losses.choices(scores, right, real)) == pytest.approx(-math.log(math.e / total), abs=1e-4)
    none = torch.zeros_like(right)
    assert float(losses.choices(scores, none, real)) == pytest.approx(-math.log(1 / total), abs=1e-4)


def test_lists_look_at_the_second_text_only():
    second = torch.tensor([[False, True, True]])
    wanted = marks([0, int(Mark.START | Mark.INSIDE), 0])
    logits = torch.tensor([[99.0, 40.0, -40.0]])
    assert float(losses.lists(logits, logits, wanted, second)) == pytest.approx(0.0, abs=1e-5)
    assert float(losses.lists(-logits, -logits, wanted, second)) == pytest.approx(80.0, abs=1e-3)


def test_each_row_of_fill_has_the_loss_of_its_kind():
    torch.manual_seed(0)
    logits = torch.randn(3, 5, 5)
    mask = torch.ones(3, 5, dtype=torch.bool)
    types = torch.tensor([[0, 0, 1, 1, 1]] * 3)
    wanted = marks(*[[0, int(Mark.OPTION | Mark.RIGHT), int(Mark.START | Mark.END | Mark.INSIDE), 0, 0]] * 3)
    kinds = torch.tensor([losses.SPANS, losses.OPTIONS, losses.LISTS])
    real = torch.ones(3, 1, dtype=torch.bool)
    found = TASKS["fill"].loss(logits, mask, types, wanted, kinds, real)
    second = torch.tensor([[False, False, True, True, False]] * 3)
    assert found[0] == losses.spans(logits[..., 0], logits[..., 1], wanted, second)[0]
    assert found[1] == losses.options(logits[..., 2], wanted)[1]
    assert found[2] == losses.lists(logits[..., 3], logits[..., 4], wanted, second)[2]


def test_classes_are_told_by_the_mean_over_the_tokens_that_there_are():
    logits = torch.tensor([[[4.0, 0.0], [0.0, 0.0], [-90.0, 90.0]]])
    mask = torch.tensor([[True, True, False]])
    shares = torch.tensor([2.0, 0.0]).log_softmax(0)
    expected = -(0.975 * shares[0] + 0.025 * shares[1])
    found = losses.classes(logits, mask, torch.tensor([0]))
    assert float(found) == pytest.approx(float(expected), abs=1e-5)
