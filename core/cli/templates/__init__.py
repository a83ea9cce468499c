"""Templates of plugins, one module for each kind: each is a plugin itself.

`chainrule.cli.new_plugin` writes ``my_thing`` and ``MyThing`` as the author's name.
"""
