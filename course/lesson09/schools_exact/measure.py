"""What is measured of ``schools_exact``."""

import numpy as np

SETS = ("a", "b", "c")


def measure(fn, case):
    """For three data sets the log evidence (3,), and mean and sd of mu and of tau, (3, 2) each."""
    found = []
    for name in SETS:
        data = case[name]
        log_z, mu, tau = fn(data["y"], data["noise"], float(data["mu_sd"]), float(data["tau_scale"]))
        found.append((np.asarray(log_z), np.asarray([*mu]), np.asarray([*tau])))
    return {key: np.stack(values) for key, values in zip(("log_z", "mu", "tau"), zip(*found))}
