"""Naming: the symbols of derivatives, of layers, and of nodes with one name."""

import pytest

import chainrule as cr
from chainrule.errors import ComponentError
from chainrule.graph import Graph
from chainrule.notation.expressions import expression
from chainrule.notation.naming import Naming


def test_second_derivatives_have_their_symbol():
    w = cr.parameter("w", 2.0)
    loss = (w * w * w).named("J")
    (first,) = cr.grad(loss, [w])
    (second,) = cr.grad(first, [w])
    naming = Naming(Graph([second]))
    assert naming.symbol(second).unicode() == "∂²J/∂w²"


def test_layers_number_their_parameters_and_results():
    x = cr.input("x", (None, 4))
    y = cr.layers.Dense(2)(cr.layers.Dense(3, activation="relu")(x))
    graph = Graph([y])
    naming = Naming(graph)
    names = {graph.id[n]: naming.symbol(n).unicode() for n in graph.parameters}
    assert set(names.values()) == {"W⁽¹⁾", "W⁽²⁾", "b⁽¹⁾", "b⁽²⁾"}
    assert naming.symbol(y).unicode() == "z⁽²⁾"
    assert expression(y, naming=naming) == "a⁽¹⁾ · W⁽²⁾ + b⁽²⁾"


def test_a_parameter_does_not_take_the_symbol_of_a_result_or_of_another():
    class Wavy(cr.Activation):
        def apply(self, x):
            a = self.parameter("a", (), cr.initializers.Ones())
            return x + cr.ops.sin(a * x)

    class Twice(cr.Layer):
        inner: cr.Activation
        outer: cr.Activation

        def apply(self, x):
            a = self.parameter("a", (), cr.initializers.Ones())
            return self.outer(a * self.inner(x))

    x = cr.input("x", (None, 4))
    y = Twice(Wavy(), Wavy())(cr.layers.Dense(3, activation=Wavy())(x))
    graph = Graph([y])
    naming = Naming(graph)
    assert {naming.symbol(node).unicode() for node in graph.parameters} == {
        "W⁽¹⁾", "b⁽¹⁾", "a_wavy⁽¹⁾", "a_wavy⁽²⁾", "a'⁽²⁾", "a'_wavy⁽²⁾",
    }  # fmt: skip


def test_two_nodes_of_one_name_get_two_symbols():
    one, two = cr.input("x"), cr.input("x")
    assert expression(one + two) == "x + x'"


def test_a_notation_with_a_slot_too_many_is_named():
    class Slotted(cr.Elementwise):
        notation = "f({1})"

        def derivatives(self, y, x):
            return (1,)

    y = Slotted()(cr.input("x"))
    with pytest.raises(ComponentError, match="Slotted: notation and latex"):
        expression(y)
