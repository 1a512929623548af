"""What ``svi-course demo`` grades: students, and what each of them handed in."""

LESSON = "03-svi-in-numpyro"

#: Another optimiser and other seeds in the lesson's own cells.
OTHER_FIT = {
    "optax.adam(optax.cosine_decay_schedule(0.05, n_steps))": "optax.rmsprop(optax.exponential_decay(0.03, 400, 0.6))",
    "run_svi(jax.random.key(3)": "run_svi(jax.random.key(2024)",
    "run_svi(jax.random.key(7)": "run_svi(jax.random.key(2025)",
}

#: Student -> (exercise id -> name of an honest answer or of a mistake, the rest being the solution;
#: edits of other cells).
STUDENTS = {
    "ada-solution": ({}, {}),
    "bea-other-guide": ({"coin-guide": "mean and concentration", "unit-guide": "auxiliary site"}, {}),
    "cyd-other-optimiser": ({"run-svi": "python loop", "bound-check": "batch means"}, OTHER_FIT),
    "dan-mistake": ({"coin-guide": "uniform prior"}, {}),
    "eve-mistake": ({"coin-guide": "other site"}, {}),
    "fay-mistake": ({"run-svi": "unconstrained"}, {}),
    "gus-mistake": ({"posterior-predictive": "new coin each flip"}, {}),
    "hal-mistake": ({"unit-guide": "no log density", "bound-check": "any loss"}, {}),
    "ivy-untouched": ("untouched", {}),
    "joe-broken-file": ("broken file", {}),
}
