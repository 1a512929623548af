"""The truth of run-chains by a second route, which shares no code with the judge."""

import jax

from ... import line_routes


def agree(cases):
    """Medians and widths against NUTS in double precision; shapes against the words of the question."""
    with jax.enable_x64(True):
        found = line_routes.routes([case for case, _ in cases], [reference for _, reference in cases])
    for (case, r), (numbers, trouble) in zip(cases, found):
        assert trouble == ""
        assert abs(numbers["nuts_shift"]).max() < 0.1 and abs(numbers["nuts_ratio"] - 1).max() < 0.1
        shapes = dict(text.split(maxsplit=1) for text in r["shapes"])
        chains, iterations = eval(shapes.pop("steps"))
        assert chains == line_routes.CHAINS and iterations == int(case["n_warmup"]) + int(case["n_samples"])
        assert {eval(shape) for shape in shapes.values()} == {(chains, int(case["n_samples"]))}
        assert set(shapes) == {*map(str, case["names"]), "diverging"}
