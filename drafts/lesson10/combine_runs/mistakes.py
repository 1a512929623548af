"""Mistakes that learners make in combine-runs: each function stands for the learner's ``combine_runs``."""

import numpy as np
from scipy import special


def _kept(elbos, means, sds):
    """The best run of each bump."""
    kept = []
    for i in np.argsort(-elbos):
        if all(np.max(np.abs(means[i] - means[j]) / sds[j]) > 3 for j in kept):
            kept.append(i)
    return kept


def _hits(kept, means, sds):
    """How many runs found the bump of each kept run."""
    return np.array([sum(np.max(np.abs(means[i] - means[j]) / sds[j]) < 3 for i in range(len(means))) for j in kept])


def _answer(elbos, kept, shares, elbo):
    weights = np.zeros(len(elbos))
    weights[kept] = shares
    return weights, elbo


def softmax_over_all_runs(elbos, means, sds):
    return special.softmax(elbos), special.logsumexp(elbos)


def share_of_the_runs(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    return _answer(elbos, kept, _hits(kept, means, sds) / len(elbos), special.logsumexp(elbos[kept]))


def best_run_only(elbos, means, sds):
    best = np.argmax(elbos)
    return _answer(elbos, best, 1.0, elbos[best])


def equal_weights(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    return _answer(elbos, kept, 1 / len(kept), np.mean(elbos[kept]) + np.log(len(kept)))


def sign(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    return _answer(elbos, kept, special.softmax(-elbos[kept]), special.logsumexp(elbos[kept]))


def best_ELBO(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    return _answer(elbos, kept, special.softmax(elbos[kept]), np.max(elbos))


def weighted_mean(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    w = special.softmax(elbos[kept])
    return _answer(elbos, kept, w, np.sum(w * elbos[kept]))


def log_of_a_mean(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    elbo = special.logsumexp(elbos[kept]) - np.log(len(kept))
    return _answer(elbos, kept, special.softmax(elbos[kept]), elbo)


def overflow(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    total = np.sum(np.exp(elbos[kept]))
    return (
        _answer(elbos, kept, np.exp(elbos[kept]) / total, np.log(total))
        if np.isfinite(np.log(total))
        else (np.full(len(elbos), np.nan), np.log(total))
    )


def mean_of_a_bump(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    scores = np.array([np.mean(elbos[np.max(np.abs(means - means[j]) / sds[j], axis=1) < 3]) for j in kept])
    return _answer(elbos, kept, special.softmax(scores), special.logsumexp(scores))


def first_coordinate_only(elbos, means, sds):
    kept = _kept(elbos, means[:, :1], sds[:, :1])
    return _answer(elbos, kept, special.softmax(elbos[kept]), special.logsumexp(elbos[kept]))


def distance_without_a_unit(elbos, means, sds):
    kept = _kept(elbos, means, np.full_like(sds, 1 / 3))
    return _answer(elbos, kept, special.softmax(elbos[kept]), special.logsumexp(elbos[kept]))


def equal_weights__best_ELBO(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    return _answer(elbos, kept, 1 / len(kept), np.max(elbos))


def sign__weighted_mean(elbos, means, sds):
    kept = _kept(elbos, means, sds)
    w = special.softmax(-elbos[kept])
    return _answer(elbos, kept, w, np.sum(w * elbos[kept]))
