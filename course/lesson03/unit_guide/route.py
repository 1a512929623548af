"""The truth of unit-guide by a second route, which shares no code with the judge.

Its reference is that of coin-guide, where NUTS and reference SVI are asked too.
"""

from ..coin_guide.route import exact


def agree(cases):
    """Exact posterior by adaptive quadrature."""
    exact(cases)
