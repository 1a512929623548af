"""The truth of restarts-needed by a second route, which shares no code with the judge."""

import math
from fractions import Fraction


def agree(cases):
    """Counting in whole numbers, and powers of fractions."""
    for case, r in cases:
        for i, count in enumerate(case["counts"]):
            scores, limit = [float(score) for score in case["scores"][i][:count]], float(case["tolerance"][i])
            best = sorted(score for score in scores if not math.isnan(score))[0]
            bad = len([score for score in scores if math.isnan(score) or score - best > limit])
            share, n = r["answers"][i]
            assert abs(share - bad / len(scores)) < 1e-12
            chance, miss = Fraction(bad, len(scores)), Fraction(float(case["miss"][i]))
            assert n == int(n) >= 1 and chance ** int(n) <= miss and (n == 1 or chance ** int(n - 1) > miss)
