import pytest
import torch

import finetune.precision
from finetune.precision import Compiled, autocast, pick_device, set_threads
from homespun.errors import UsageError


def test_a_failing_compiler_is_one_warning_and_the_plain_function_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(function: object, **_: object) -> object:
        def raises(*_: object) -> object:
            raise RuntimeError("no C++ compiler\nand a long story")

        return raises

    monkeypatch.setattr(torch, "compile", broken)
    warnings: list[str] = []
    double = Compiled(lambda x: 2 * x, warnings.append)
    assert [double(1), double(2), double(3)] == [2, 4, 6]
    assert not double.compiled
    assert len(warnings) == 1
    assert "no C++ compiler" in warnings[0]
    assert "\n" not in warnings[0]


def test_without_compilation_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", None)
    assert Compiled(lambda x: x + 1, print, enabled=False)(1) == 2


def test_bf16_runs_products_in_bfloat16_and_fp32_does_not() -> None:
    a = torch.randn(4, 4)
    with autocast(torch.device("cpu"), "bf16"):
        assert (a @ a).dtype is torch.bfloat16
    with autocast(torch.device("cpu"), "fp32"):
        assert (a @ a).dtype is torch.float32


@pytest.mark.parametrize("has", [True, False])
def test_auto_is_bfloat16_only_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, has: bool
) -> None:
    monkeypatch.setattr(finetune.precision, "has_onednn", lambda dtype: has)
    a = torch.randn(4, 4)
    with autocast(torch.device("cpu"), "auto"):
        assert (a @ a).dtype is (torch.bfloat16 if has else torch.float32)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_asking_for_cuda_in_vain_is_told() -> None:
    assert pick_device("auto").type == "cpu"
    with pytest.raises(UsageError, match="device=cpu"):
        pick_device("cuda")


def test_threads_are_set_or_left() -> None:
    before = torch.get_num_threads()
    try:
        assert set_threads(1) == 1
        assert set_threads(None) == 1
    finally:
        torch.set_num_threads(before)
