"""What is measured of ``posterior_coin``."""

from ..measuring import _calls, _coin_rows


def measure(posterior_coin, case):
    """Posterior parameters of 16 coins, (16, 2)."""
    return {"parameters": _calls(posterior_coin, _coin_rows(case), 2)}
