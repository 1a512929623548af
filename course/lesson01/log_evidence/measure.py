"""What is measured of ``log_evidence_coin``."""

from ..measuring import _calls, _coin_rows


def measure(log_evidence_coin, case):
    """Log evidence of 16 short sequences, (16,), and of 4 long ones, (4,), nats."""
    values = _calls(log_evidence_coin, _coin_rows(case))[:, 0]
    return {"few": values[:16], "many": values[16:]}
