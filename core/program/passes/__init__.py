"""The passes of lowering: each takes root nodes and returns equal, simpler ones."""
