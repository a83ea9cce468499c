"""Symbols: names typeset as mathematics, hostile ones included."""

import pytest

from chainrule.notation.symbols import Derivative, Symbol, parse_symbol

HOSTILE = [
    '"quoted" \\ back',
    "<script>alert(1)</script>",
    "two\nlines\r\n\t",
    "😀 emoji",
    "שלום",
    "\u202egnp.exe",
    "x" * 10_000,
    "",
    "a & b < c > d",
    "$x$ % # {y} ~ ^",
    "\x00\x1b[31m",
    "]]>",
]


@pytest.mark.parametrize(
    ("name", "text", "latex"),
    [
        ("w_1", "w₁", "w_{1}"),
        ("w1", "w₁", "w_{1}"),
        ("y_hat", "ŷ", r"\hat{y}"),
        ("ŷ", "ŷ", r"\hat{y}"),
        ("z₁", "z₁", "z_{1}"),
        ("W^(1)", "W⁽¹⁾", "W^{(1)}"),
        ("W⁽¹⁾", "W⁽¹⁾", "W^{(1)}"),
        ("alpha_2", "α₂", r"\alpha_{2}"),
        ("J(W)", "J(W)", "J(W)"),
        ("x'", "x'", "x'"),
        ("w_in", "wᵢₙ", r"w_{\text{in}}"),
        ("loss", "loss", r"\text{loss}"),
    ],
)
def test_names_are_typeset(name, text, latex):
    symbol = parse_symbol(name)
    assert symbol.unicode() == text
    assert symbol.latex() == latex


def test_a_single_letter_is_italic_in_html():
    assert parse_symbol("y_hat").html() == "<I>ŷ</I>"
    assert parse_symbol("loss").html() == "loss"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name):
    symbol = parse_symbol(name)
    text, markup, tex = symbol.unicode(), symbol.html(), symbol.latex()
    assert text
    assert len(text) < 60
    assert not any(c in text for c in "\n\r\t\x00\x1b\u202e")
    plain = markup.replace("<I>", "").replace("</I>", "")
    assert not any(c in plain for c in '<>"')
    assert tex.count("{") - tex.count(r"\{") == tex.count("}") - tex.count(r"\}")
    assert tex.isascii()
    for special in "$%#&~":
        assert special not in tex.replace(f"\\{special}", "")


def test_right_to_left_names_do_not_reorder_their_neighbours():
    assert parse_symbol("שלום").unicode() == "\u2068שלום\u2069"


def test_derivatives_are_written_with_the_loss_bare_of_its_argument():
    dj = Derivative(parse_symbol("J(W)"), (Symbol("w", sub="1"),))
    assert dj.unicode() == "∂J/∂w₁"
    assert dj.latex() == r"\frac{\partial J}{\partial w_{1}}"
    assert dj.html() == "∂<I>J</I>/∂<I>w</I>₁"


def test_second_derivatives():
    a, b = Symbol("a"), Symbol("b")
    assert Derivative(Symbol("J"), (a, a)).unicode() == "∂²J/∂a²"
    assert Derivative(Symbol("J"), (a, b)).unicode() == "∂²J/∂a∂b"
    assert Derivative(Symbol("J"), (a, a)).latex() == (
        r"\frac{\partial^{2} J}{\partial a^2}"
    )
