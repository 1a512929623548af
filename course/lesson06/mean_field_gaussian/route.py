"""The truth of mean-field-gaussian by a second route, which shares no code with the judge."""

import numpy as np
import pytest

from ..routing import smallest_mean_field_kl


def agree(cases):
    for case, r in cases:
        for precision, sds, gap in zip(case["precision"], r["sds"], r["gap"]):
            want, kl = smallest_mean_field_kl(np.linalg.inv(precision))
            assert sds == pytest.approx(want, rel=1e-4) and gap == pytest.approx(kl, abs=1e-6)
