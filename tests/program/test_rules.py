"""Every rule on graphs that contain its pattern, and on near misses of it."""

import pytest

from chainrule.errors import GraphError
from chainrule.program.lowering import RULES
from chainrule.program.passes.common import common
from chainrule.program.passes.rule import Rule, table_of
from chainrule.program.passes.specialise import specialise
from chainrule.program.rewrite import Rewriter
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.generate import of_rule

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.statement)


@every_rule
def test_a_rule_keeps_values_and_derivatives(rule):
    assert not Trial(tuple(of_rule(rule, seed) for seed in range(9))).wrong()


@every_rule
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rule_makes_nothing_infinite(rule, dtype):
    problems = tuple(of_rule(rule, seed, hard=True) for seed in range(3))
    assert not Trial(problems, dtype, hard=True).wrong()


class Counting(Rewriter):
    fired = 0

    def replaced(self, node, made, entry, result):
        self.fired += 1


@every_rule
def test_the_generator_of_a_rule_builds_its_pattern(rule):
    fired = 0
    for seed in range(0, 60, 3):  # the examples themselves
        problem = of_rule(rule, seed)
        walk = Counting(table_of([rule]))
        walk.reduce(common(specialise(problem.outputs, {})))
        fired += walk.fired
    assert fired > 3


def test_a_rule_without_a_generator_cannot_be_registered():
    with pytest.raises(GraphError, match="has no generator"):
        Rule("x = x", (), lambda node: None, None)
    with pytest.raises(GraphError, match="is not a rule"):
        table_of([lambda node: None])
