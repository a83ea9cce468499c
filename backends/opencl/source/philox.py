"""Random numbers on the device: Philox4x64-10, bit for bit like NumPy's.

A work item computes one block of four 64-bit words, which are eight numbers: the low,
then the high half of each, shifted to 24 bits.
"""

from __future__ import annotations

from chainrule import ops
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Argument, Slot, View
from chainrule.node import Node
from chainrule.philox import stream_key

NUMBERS = 8
"""Random numbers of one work item."""
GROUP = 16
OPERATIONS = 100
"""About how many operations a work item needs."""

SOURCE = """
inline ulong4 philox(ulong4 c, ulong k0, ulong k1) {
    for (int round = 0; round < 10; round++) {
        const ulong low0 = c.x * 0xD2E7470EE14C6C93UL;
        const ulong high0 = mul_hi(c.x, 0xD2E7470EE14C6C93UL);
        const ulong low1 = c.z * 0xCA5A826395121157UL;
        const ulong high1 = mul_hi(c.z, 0xCA5A826395121157UL);
        c = (ulong4)(high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0);
        k0 += 0x9E3779B97F4A7C15UL;
        k1 += 0xBB67AE8584CAA73BUL;
    }
    return c;
}
"""


def uniform_launch(node: Node, target: View, seed: Slot) -> Launch:
    """Return the launch that draws an array; `seed` holds the seed and the step."""
    assert isinstance(node.op, ops.Uniform)
    assert isinstance(node.op.stream, str)
    blocks = -(-target.size // NUMBERS)
    return Launch(
        label="uniform",
        nodes=(node,),
        arguments=(target.pointer, Argument(seed, "ulong")),
        statements=_statements(target, node.op.stream),
        items=(-(-blocks // GROUP) * GROUP,),
        group=(GROUP,),
        effort=OPERATIONS * blocks,
        draws=True,
    )


def _statements(target: View, stream: str) -> str:
    size, kind = target.size, target.ctype
    return f"""
    const ulong block = get_global_id(0), seed = a1[0], step = a1[1];
    if (block * {NUMBERS} >= {size}) return;
    const ulong4 c = (ulong4)(block + 1, 0, step, 0);
    const ulong4 words = philox(c, seed, {stream_key(stream)}UL);
    const ulong w[4] = {{words.x, words.y, words.z, words.w}};
    for (int i = 0; i < {NUMBERS} && block * {NUMBERS} + i < {size}; i++) {{
        const ulong n = block * {NUMBERS} + i;
        const uint word = (uint)(i % 2 ? w[i / 2] >> 32 : w[i / 2]);
        a0[n] = ({kind})(word >> 8) * ({kind})0x1p-24f;
    }}"""
