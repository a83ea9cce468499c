from chainrule.testing import check_activation

from chainrule_snake import Snake


def test_snake():
    check_activation(Snake())
    check_activation(Snake(a=2.0))
