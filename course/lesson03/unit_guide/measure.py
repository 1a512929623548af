"""What is measured of ``guide_on_unit_interval``."""

from ..measuring import fit_guide


def measure(fn, case):
    """The judge's fit of the guide."""
    return fit_guide(fn, case)
