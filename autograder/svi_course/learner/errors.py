"""Exceptions of learners' code as a status and a sentence of help."""

import re

#: (pattern in "Type: message", status, sentence); the first match speaks.
SENTENCES = (
    (r"^NotImplementedError", "unwritten", "It is not written yet: replace `raise NotImplementedError` by your code."),
    (
        r"grad requires real- or complex-valued.*int|got int32|got int64|dtype int(32|64).*float0",
        "crashed",
        "An initial value is an integer, and integers have no gradient: write 1.0 instead of 1.",
    ),
    (
        r"TracerArrayConversionError|ConcretizationTypeError|TracerBoolConversionError|TracerIntegerConversionError",
        "crashed",
        "It must run inside `jax.jit`: no `float(...)`, `int(...)`, `if` or NumPy on values that JAX traces.",
    ),
    (r"UnexpectedTracerError", "crashed", "A traced value left its jitted function: return it instead of storing it."),
    (r"^MemoryError", "crashed", "It asked for more memory than there is: check the shapes you build."),
    (r"^RecursionError", "crashed", "It calls itself without end."),
    (
        r"^NameError",
        "crashed",
        "It uses a name that is not defined; run the cells above, or define it in the same cell.",
    ),
)


def describe(exc):
    """``(status, sentence, detail)`` of an exception; detail is one short line of text."""
    try:
        text = str(exc)
    except Exception:  # a hostile or broken __str__
        text = ""
    detail = " ".join(f"{type(exc).__name__}: {text}".split())[:300]
    for pattern, status, sentence in SENTENCES:
        if re.search(pattern, detail):
            return status, sentence, detail
    return "crashed", f"It raised an exception: {detail}", detail
