"""Habits of users of Keras, PyTorch, scikit-learn and NumPy, and what to write here.

One table feeds the messages and the page ``docs/habits.md``: each row has an example,
and what to write instead unless the example works. A message asks for the row by the
place where an unknown name was met, such as an attribute of a model.
"""

from chainrule.habits.attributes import Answering, unknown_attribute
from chainrule.habits.habit import Habit
from chainrule.habits.lookup import TABLE, advice

__all__ = ["TABLE", "Answering", "Habit", "advice", "unknown_attribute"]
