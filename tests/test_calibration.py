"""The calibrator's own arithmetic."""

import pytest

from svi_course import calibration


def test_upper_bound():
    assert calibration.upper_bound(0, 3000) == pytest.approx(1 - 0.05 ** (1 / 3000))
    assert calibration.upper_bound(0, 2990) > 1e-3 > calibration.upper_bound(0, 3000)
    assert calibration.upper_bound(5, 5) == 1.0
