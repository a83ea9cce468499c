"""The page's script: modules put together, in which every name is defined once."""

import re
from collections import Counter

from chainrule.viz.page.javascript import PAGE, asset

DEFINED = re.compile(
    r"^(?:export )?(?:const|let|class|function)\s+(?:(\w+)|[\[{]([^=]*)[\]}] =)", re.M
)
LONGEST = 400


def sources():
    return {name: asset(f"{name}.js") for name in PAGE if name != "scalars"}


def names(source):
    for one, several in DEFINED.findall(source):
        yield from [one] if one else re.findall(r"\w+", several)


def test_every_name_is_defined_once():
    met = Counter(name for source in sources().values() for name in names(source))
    assert len(met) > 100
    assert not [name for name, count in met.items() if count > 1]


def test_a_module_stands_behind_those_it_imports():
    for name, source in sources().items():
        for used in re.findall(r'^import .* from "\./(\w+)\.js"', source, re.M):
            assert PAGE.index(used) < PAGE.index(name), (used, name)


def test_no_module_is_long():
    assert all(len(s.splitlines()) < LONGEST for s in sources().values())
