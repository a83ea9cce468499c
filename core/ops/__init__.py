"""``cr.ops``: the primitives, and functions that build graphs from them.

Each module lists in ``__all__`` what it adds. An op is registered if it stands here.
"""

from chainrule.ops.arithmetic import *
from chainrule.ops.base import Elementwise as Elementwise
from chainrule.ops.base import Op as Op
from chainrule.ops.broadcasting import *
from chainrule.ops.comparison import *
from chainrule.ops.control import *
from chainrule.ops.exponential_sums import *
from chainrule.ops.functions import *
from chainrule.ops.indexing import *
from chainrule.ops.linalg import *
from chainrule.ops.random import *
from chainrule.ops.reductions import *
from chainrule.ops.shaping import *
from chainrule.ops.slicing import *
