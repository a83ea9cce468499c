import doctest

import chainrule as cr
import pytest

import chainrule_mermaid


def test_the_example() -> None:
    assert doctest.testmod(chainrule_mermaid).failed == 0


def test_every_edge_is_there_once_for_each_use() -> None:
    w = cr.parameter("w", 2.0)
    text = chainrule_mermaid.mermaid(w * w)
    assert text.count("n0 --> n1") == 2


def test_hostile_names_stay_text() -> None:
    x = cr.input('a"] --> b; click "')
    text = chainrule_mermaid.mermaid(cr.ops.exp(x))
    assert text.splitlines()[1].count('"') == 2
    assert "click" in text


def test_an_unknown_direction() -> None:
    with pytest.raises(ValueError, match="got 'XY'"):
        chainrule_mermaid.mermaid(cr.constant(1.0), "XY")
