"""Passes visit each node a few times, however long a chain is."""

import pytest

import chainrule as cr
from chainrule import ops
from chainrule.execution import open_backend
from chainrule.program import Program
from chainrule.program.rewrite import Rewriter


def links(x, n, link):
    for _ in range(n):
        x = link(x)
    return ops.sum(x)


@pytest.mark.parametrize(
    "link",
    [lambda y: ops.sin(y) * 0.99, lambda y: 1 / (1 + ops.exp(-y * 3.0))],
    ids=["sin", "logistic"],
)
def test_work_grows_with_the_length_of_a_chain(link, monkeypatch):
    visits = 0
    settle = Rewriter._settle

    def counted(self, node):
        nonlocal visits
        visits += 1
        settle(self, node)

    monkeypatch.setattr(Rewriter, "_settle", counted)

    def visited(n):
        nonlocal visits
        visits = 0
        x = cr.input("x", (2,))
        loss = links(x, n, link)
        program = Program([loss, *cr.grad(loss, [x])])
        program.lower(open_backend("numpy").kernels)
        return visits

    assert visited(400) < 4.1 * visited(100)


def test_a_chain_of_5000_links_and_its_gradient():
    x = cr.input("x", (2,))
    loss = links(x, 5_000, lambda y: ops.sin(y) * 0.9999)
    value, slope = cr.evaluate([loss, *cr.grad(loss, [x])], {x: [0.5, 0.1]})
    assert 0 < value < 1
    assert (slope >= 0).all()
