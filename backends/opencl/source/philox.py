"""Random numbers on the device: Philox4x64-10, bit for bit as NumPy has it.

A work item computes one block of four 64-bit words, which are eight numbers: the low,
then the high half of each, shifted to 24 bits.
"""

from __future__ import annotations

from chainrule.backends.opencl.source.layout import View
from chainrule.philox import stream_key

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


def uniform(target: View, stream: str) -> str:
    """Return the body of a kernel that draws an array `a0`; one work item for each 8.

    `a1` holds seed and step.
    """
    kind, size = target.ctype, target.size
    place = f"{target.offset} + n" if target.offset else "n"
    return f"""
    const ulong block = get_global_id(0), seed = a1[0], step = a1[1];
    if (block * 8 >= {size}) return;
    const ulong4 c = (ulong4)(block + 1, 0, step, 0);
    const ulong4 words = philox(c, seed, {stream_key(stream)}UL);
    const ulong w[4] = {{words.x, words.y, words.z, words.w}};
    for (int i = 0; i < 8 && block * 8 + i < {size}; i++) {{
        const ulong n = block * 8 + i;
        const uint word = (uint)(i % 2 ? w[i / 2] >> 32 : w[i / 2]);
        a0[{place}] = ({kind})(word >> 8) * ({kind})0x1p-24f;
    }}"""
