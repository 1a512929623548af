"""Seeds of hidden cases from a class's secret.

A seed is HMAC-SHA256(secret, role | lesson | exercise | index | student), all 256 bits of
it: whoever reads this repository knows the method and none of the numbers. (A JAX key
would keep 32 bits of it, few enough to try them all.)
"""

import hashlib
import hmac
import secrets

import numpy as np


def new_secret():
    """32 random bytes."""
    return secrets.token_bytes(32)


def generator(secret, role, lesson, exercise, index, student=""):
    """The NumPy generator of one hidden case.

    Raises:
        ValueError: if a part holds the separator or the secret is short.
    """
    parts = [role, lesson, exercise, str(index), student]
    if len(secret) < 32 or any("|" in part for part in parts):
        raise ValueError("a secret has 32 bytes, and names hold no '|'")
    digest = hmac.new(secret, "|".join(parts).encode(), hashlib.sha256).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest, "big")))
