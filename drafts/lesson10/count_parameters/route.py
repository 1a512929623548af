"""The truth of count-parameters by a second route, which shares no code with the judge."""

import numpy as np


def _net(case):
    """Paths through the two masked layers, weight by weight."""
    first, second = case["mask1"] > 0, case["mask2"] > 0
    count = second.shape[1]  # the last shifts go straight to the loss
    for unit in range(6):
        read_by = [out for out in range(3) if second[unit, out]]
        count += len(read_by)
        if read_by:
            count += 1 + sum(int(first[i, unit]) for i in range(4))
    return count


def _masked_autoregressive(d):
    """A net d -> d -> d -> 2 d in which output i sees inputs before i only (Germain et al. 2015): (stored, reached)."""
    hidden = [round(x) for x in np.linspace(1, d - 1, d)]  # how many inputs a hidden unit may see
    edges = {("in", i, "a", j) for i in range(d) for j in range(d) if i + 1 <= hidden[j]}
    edges |= {("a", i, "b", j) for i in range(d) for j in range(d) if hidden[i] <= hidden[j]}
    edges |= {("b", i, "out", j) for i in range(d) for j in range(2 * d) if hidden[i] <= j % d}
    ends = {("out", j) for j in range(2 * d)}
    for _ in range(3):  # units from which an output can be reached
        ends |= {edge[:2] for edge in edges if edge[2:] in ends}
    shifts = sum((layer, j) in ends for layer in "ab" for j in range(d)) + 2 * d
    stored = (d * d + d) + (d * d + d) + (2 * d * d + 2 * d)
    return stored, sum(edge[2:] in ends for edge in edges) + shifts


def agree(cases):
    stored, reached = _masked_autoregressive(4)
    for case, r in cases:
        kept = sum(1 for value in case["kept"] if value)
        band = sum(1 for value in case["band"].ravel() if value)
        felt = [_net(case), case["n_used"] + kept + 4, 5 + band + 3, reached]
        assert np.array_equal(r["reached"], felt)
        sizes = [("w1", "b1", "w2", "b2"), ("table", "flat"), ("loc", "square", "tiny")]
        held = [sum(case[name].size for name in names) for names in sizes] + [stored]
        assert np.array_equal(r["stored"], np.add(held, [0, 4, 0, 0]) + case["spare"])
