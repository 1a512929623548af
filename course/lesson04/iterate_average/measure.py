"""What is measured of ``iterate_average``."""

import jax.numpy as jnp
import numpy as np

from svi_course.learner.measuring import attempt


def measure(fn, case):
    """The averages for three fractions: of ``loc``, (3,), and of ``weights``, (3, 3), if all is right."""
    phis = {name: jnp.asarray(case[name], jnp.float32) for name in ("loc", "weights")}
    averages = [fn(dict(phis), float(frac)) for frac in case["fracs"]]
    return attempt(
        {name: lambda name=name: {name: np.stack([np.asarray(phi[name], float) for phi in averages])} for name in phis}
    )
