"""The kernels for GPUs, on any device: they must be right everywhere."""

import pytest

from chainrule.testing import check_parity, parity_cases

NAMES = ("matmul", "softmax", "sum", "dense", "layer_norm", "softmax_cross_entropy")
CASES = [case for case in parity_cases() if case.name in NAMES]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("shape", [(3, 4), (70, 33)], ids=str)
def test_single_numbers_and_local_memory(case, shape, gpu):
    check_parity(case, gpu, shape=shape)
