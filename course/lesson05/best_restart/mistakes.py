"""Mistakes that learners make in best-restart: each function stands for the learner's ``best_of_restarts``."""

import jax
import numpy as np


def NaN_wins(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -window:].mean(axis=1)
    best = int(np.argmin(scores))
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def highest_score(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -window:].mean(axis=1)
    best = np.nanargmax(scores)
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def scores_as_ELBOs(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -window:].mean(axis=1)
    best = np.nanargmin(scores)
    return jax.tree.map(lambda leaf: leaf[best], phis), -scores


def lowest_single_loss(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -window:].min(axis=1)
    best = np.nanargmin(scores)
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def first_run(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -window:].mean(axis=1)
    best = 0
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def one_key_for_all(fit, keys, window):
    runs = [fit(keys[0]) for _ in range(len(keys))]
    scores = np.array([np.asarray(losses)[-window:].mean() for _, losses in runs])
    return runs[0][0], scores


def NaN_counted_as_zero(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = np.nan_to_num(losses[:, -window:].mean(axis=1))
    best = int(np.argmin(scores))
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def NaN_steps_left_out(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = np.array(
        [row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan for row in losses[:, -window:]]
    )
    best = np.nanargmin(scores)
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def the_last_loss(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, -1]
    best = np.nanargmin(scores)
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def the_first_window(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses[:, :window].mean(axis=1)
    best = int(np.argmin(np.where(np.isfinite(scores), scores, np.inf)))
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def the_whole_run(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    losses = np.asarray(losses)
    scores = losses.mean(axis=1)
    best = int(np.argmin(np.where(np.isfinite(scores), scores, np.inf)))
    return jax.tree.map(lambda leaf: leaf[best], phis), scores


def highest_score__the_last_loss(fit, keys, window):
    phis, losses = jax.vmap(fit)(keys)
    scores = np.asarray(losses[:, -1])
    return jax.tree.map(lambda leaf: leaf[np.nanargmax(scores)], phis), scores
