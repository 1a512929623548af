"""Mistakes that learners make in restarts-needed: each function stands for the learner's ``restarts_needed``."""

import numpy as np


def _enough(share, miss):
    return max(1, int(np.ceil(np.log(miss) / np.log(share)))) if share > 0 else 1


def NaN_left_out(scores, tolerance, miss):
    scores = scores[~np.isnan(scores)]
    share = np.mean(scores > scores.min() + tolerance)
    return share, _enough(share, miss)


def NaN_taken_for_good(scores, tolerance, miss):
    share = np.mean(scores - np.nanmin(scores) > tolerance)
    return share, _enough(share, miss)


def NaN_is_the_best(scores, tolerance, miss):
    share = 1 - np.mean(scores <= scores.min() + tolerance)
    return share, _enough(min(share, 0.999), miss)


def share_of_good_runs(scores, tolerance, miss):
    share = np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, _enough(min(share, 0.999), miss)


def from_the_median(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmedian(scores) + tolerance)
    return share, _enough(share, miss)


def best_run_only(scores, tolerance, miss):
    share = 1 - np.mean(scores == np.nanmin(scores))
    return share, _enough(share, miss)


def good_runs_in_a_row(scores, tolerance, miss):
    good = np.mean(scores <= np.nanmin(scores) + tolerance)
    return 1 - good, _enough(min(good, 0.999), miss)


def average_wait(scores, tolerance, miss):
    good = np.mean(scores <= np.nanmin(scores) + tolerance)
    return 1 - good, int(np.ceil(1 / good))


def rounded_down(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, max(1, int(np.log(miss) / np.log(share))) if share > 0 else 1


def rounded_to_the_nearest(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, max(1, round(np.log(miss) / np.log(share))) if share > 0 else 1


def not_rounded(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, max(1, np.log(miss) / np.log(share)) if share > 0 else 1


def chances_added(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, max(1, int(np.ceil(share / miss)))


def none_needed(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmin(scores) + tolerance)
    return share, np.ceil(np.log(miss) / np.log(share))


def NaN_left_out__rounded_down(scores, tolerance, miss):
    scores = scores[~np.isnan(scores)]
    share = np.mean(scores > scores.min() + tolerance)
    return share, max(1, int(np.log(miss) / np.log(share))) if share > 0 else 1


def from_the_median__chances_added(scores, tolerance, miss):
    share = 1 - np.mean(scores <= np.nanmedian(scores) + tolerance)
    return share, max(1, int(np.ceil(share / miss)))
