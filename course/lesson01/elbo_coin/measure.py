"""What is measured of ``elbo_beta_coin``."""

from ..measuring import _calls, _coin_rows


def measure(elbo_beta_coin, case):
    """ELBO of 20 Beta surrogates, (20,), nats."""
    rows = [(float(a), float(b), *row) for a, b, row in zip(case["a"], case["b"], _coin_rows(case))]
    return {"values": _calls(elbo_beta_coin, rows)[:, 0]}
