"""What measures of lesson 08 share."""


def _inner(equation):
    """The programs inside one step of a traced program."""
    for value in equation.params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            part = getattr(part, "jaxpr", part)
            if hasattr(part, "eqns"):
                yield part


def program_size(jaxpr):
    """Number of operations of a traced program, those inside its loops counted once."""
    return sum(1 + sum(program_size(inner) for inner in _inner(equation)) for equation in jaxpr.eqns)


def has_svi_loop(jaxpr):
    """Whether a traced program holds, at any depth, a loop with as much in it as a step of SVI.

    A loop in plain Python that is traced becomes a program of as many parts, and compiling that takes minutes.
    """
    for equation in jaxpr.eqns:
        inner = list(_inner(equation))
        if equation.primitive.name in ("scan", "while") and any(program_size(part) > 60 for part in inner):
            return True
        if any(has_svi_loop(part) for part in inner):
            return True
    return False
