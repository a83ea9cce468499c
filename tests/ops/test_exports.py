"""What the modules of `chainrule.ops` define is exported, and so registered."""

from collections.abc import Iterator

from chainrule import ops
from chainrule.ops import Op
from chainrule.plugins.primitives import register_ops


def final_classes(cls: type[Op]) -> Iterator[type[Op]]:
    """Yield the classes of `chainrule.ops` below a class that have none below them."""
    for each in cls.__subclasses__():
        if each.__module__.startswith(ops.__name__):
            below = list(final_classes(each))
            yield from below or [each]


def test_every_op_is_registered() -> None:
    assert set(final_classes(Op)) == set(register_ops())
