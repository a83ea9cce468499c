"""Built-in plugins."""

import chainrule.registry  # noqa: F401 - what names in fields are looked up in
