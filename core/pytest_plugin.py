"""The pytest plugin of the kit: everything that a plugin registers, a test each.

::

    import pytest

    @pytest.mark.chainrule_plugin("snake")
    def test_contract(chainrule_component):
        chainrule_component.check()
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest


class Checkable(NamedTuple):
    """A component that can be checked."""

    entry: Any

    def check(self) -> None:
        """Check that the component keeps its contract.

        Raises:
            ConformanceError: it does not; says how.
        """
        from chainrule.testing.reports import verdict

        found = verdict(self.entry)
        if found.state == "skipped":
            pytest.skip(found.detail)
        if found.state == "broken":
            from chainrule.errors import ConformanceError

            raise ConformanceError(found.detail)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "chainrule_plugin(name): give chainrule_component each component of a plugin.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each component of the plugin that a test is marked with."""
    if "chainrule_component" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("chainrule_plugin")
    if marker is None:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: chainrule_component needs the name of a "
            'plugin: write @pytest.mark.chainrule_plugin("NAME") before the test'
        )
    from chainrule.testing.reports import plugin_named

    entries = plugin_named(marker.args[0]).entries
    metafunc.parametrize(
        "chainrule_component",
        [Checkable(entry) for entry in entries],
        ids=[f"{entry.kind}-{entry.name}" for entry in entries],
    )
