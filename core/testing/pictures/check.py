"""Check pictures: nothing on a diagram may be false."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ConformanceError


def check_picture(diagram: Any) -> None:
    """Read a finished picture back, and check everything on it.

    Formulas are evaluated as they are printed and compared with the values beside them
    and with autodiff, edges are walked as they are drawn, marks are compared with their
    definitions, and no label may cover anything::

        check_picture(cr.draw(J, direction="both", values={x: …, t: …}))

    Args:
        diagram: what `cr.draw` returned. Draw it with values: without them only its
            labels can be checked.

    Raises:
        ConformanceError: something on it is false; says what, and what is true.
    """
    report = diagram.proofread()
    if report.wrong:
        found = "\n".join(f"  {finding}" for finding in report.wrong)
        raise ConformanceError(
            f"{len(report.wrong)} things on the picture are false:\n{found}"
        )
