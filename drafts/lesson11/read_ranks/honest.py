"""Other right answers in read-ranks: each function stands for the learner's ``read_ranks``."""

import numpy as np
from scipy import stats


def three_errors(ranks, n_draws):
    u, n = ranks / n_draws, len(ranks)
    slope = (u.mean() - 0.5) / (u.std() / n**0.5)
    if abs(slope) > 3:
        return "low" if slope > 0 else "high"
    squares = (u - 0.5) ** 2
    expected = 1 / 12 * (n_draws + 2) / n_draws
    spread = (squares.mean() - expected) / (squares.std() / n**0.5)
    return "narrow" if spread > 3 else "wide" if spread < -3 else "fine"


def five_errors(ranks, n_draws):
    u = (ranks + 0.5) / (n_draws + 1)
    slope, spread = (u.mean() - 0.5) * np.sqrt(12 * u.size), (u.var() - 1 / 12) * np.sqrt(180 * u.size)
    if slope > 5:
        return "low"
    if slope < -5:
        return "high"
    return "fine" if abs(spread) < 5 else ("narrow", "wide")[int(spread < 0)]


def ten_bars(ranks, n_draws):
    bars = np.histogram((ranks + 0.5) / (n_draws + 1), bins=10, range=(0, 1))[0]
    if stats.chisquare(bars).pvalue > 1e-4:
        return "fine"
    left, right = bars[:5].sum(), bars[5:].sum()
    if abs(right - left) > 4 * np.sqrt(len(ranks)):
        return "low" if right > left else "high"
    return "narrow" if bars[[0, 1, 8, 9]].sum() > 0.4 * len(ranks) else "wide"


def halves_and_ends(ranks, n_draws):
    u, n = (ranks + 0.5) / (n_draws + 1), len(ranks)
    if stats.binomtest(int(np.sum(u > 0.5)), n).pvalue < 1e-4:
        return "low" if np.mean(u > 0.5) > 0.5 else "high"
    outside = int(np.sum(np.abs(u - 0.5) > 0.25))
    if stats.binomtest(outside, n).pvalue < 1e-4:
        return "narrow" if outside > n / 2 else "wide"
    return "fine"
