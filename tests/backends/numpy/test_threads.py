"""Threads of BLAS: one where products are small, and afterwards as many as before."""

import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import chainrule as cr
from chainrule.backends.numpy.threads import ONE_THREAD


def threads():
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return {library.num_threads for library in found}


@pytest.fixture(autouse=True)
def three_threads():
    vars(ONE_THREAD).pop("_libraries", None)  # tests before may have loaded more
    with threadpool_limits(3, user_api="blas"):
        if threads() != {3}:
            pytest.skip("this BLAS cannot be told how many threads to use")
        yield


class Watch(cr.Callback):
    def begin(self, run):
        self.seen = set()

    def step_end(self, run):
        self.seen.update(threads())


@pytest.mark.parametrize(("features", "expected"), [(8, 1), (4096, 3)])
def test_training_with_small_products_uses_one(features, expected):
    x, y = np.zeros((64, features), np.float32), np.zeros((64, 64), np.float32)
    watch = Watch()
    cr.Sequential([cr.layers.Dense(64)]).fit(
        x, y, loss="mse", batch_size=64, callbacks=[watch]
    )
    assert watch.seen == {expected}
    assert threads() == {3}


def test_a_training_run_that_fails_gives_them_back():
    class Broken(cr.Callback):
        def step_end(self, run):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cr.Sequential([cr.layers.Dense(2)]).fit(
            np.zeros((4, 2)), np.zeros((4, 2)), loss="mse", callbacks=[Broken()]
        )
    assert threads() == {3}


def test_overlapping_contexts_restore_what_was_before():
    first_ended, second_began = threading.Event(), threading.Event()

    def second():
        with ONE_THREAD:
            second_began.set()
            first_ended.wait(10)

    other = threading.Thread(target=second)
    with ONE_THREAD:
        assert threads() == {1}
        other.start()
        second_began.wait(10)
    assert threads() == {3}
    first_ended.set()
    other.join()
    assert threads() == {3}
