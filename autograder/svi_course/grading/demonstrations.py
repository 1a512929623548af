"""Which cells of a submission need not run: the lesson's own demonstrations that nobody changed and nothing uses.

Most of a notebook's time goes into fits and figures that show something. A cell is left out if its text is the
released one and no cell that runs uses a name that it binds or changes. A changed cell always runs, and so does
whatever it uses.
"""

import ast
import symtable

from IPython.core.inputtransformer2 import TransformerManager

from svi_course.grading.submission import grade_id

#: Names through which code reaches other names by their text: whoever loads one may use anything.
DYNAMIC = {
    "globals",
    "locals",
    "vars",
    "eval",
    "exec",
    "get_ipython",
    "__main__",
    "__import__",
    "importlib",
    "In",
    "Out",
}


def parsed(source):
    """(syntax tree, symbols) of a cell, IPython's own commands as calls of ``get_ipython``; None if it is no Python."""
    try:
        code = TransformerManager().transform_cell(source)
        return ast.parse(code), symtable.symtable(code, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _root(node):
    """The name at the beginning of ``name.attribute[index].method``, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def imported(tree):
    """Names that imports bind anywhere in a cell."""
    aliases = [a for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) for a in node.names]
    return {(alias.asname or alias.name).split(".")[0] for alias in aliases}


def used(symbols):
    """Names of the notebook that a cell loads, in its functions too; their own variables are none."""
    inside = set().union(*(used(scope) for scope in symbols.get_children()))
    top = symbols.get_type() == "module"
    return inside | {s.get_name() for s in symbols.get_symbols() if s.is_referenced() and (top or s.is_global())}


def changed(tree, modules):
    """Names that a cell binds, deletes, writes into, or calls a method of; ``np.sin()`` changes nothing of a module."""
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.add(node.name)
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            names.add(_root(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names |= {_root(node.func)} - modules
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)):
            names.add(node.name)
    return names - {None}


def unneeded(notebook):
    """Indices of the code cells that need not run.

    Args:
        notebook: a restored submission (``submission.restore``), whose unchanged cells are marked as released.
    """
    cells = {index: cell for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    trees = {index: parsed(cell.source) for index, cell in cells.items()}
    ours = [
        index
        for index, cell in cells.items()
        if trees[index] and not grade_id(cell) and cell.metadata.get("svi_course", {}).get("released")
    ]
    modules = set().union(*(imported(trees[index][0]) for index in ours))
    waiting = {index: changed(trees[index][0], modules) for index in ours}
    wanted = set()
    running = [index for index in cells if index not in waiting] + ours[:1]  # the first cell has the imports
    while running:
        for index in running:
            waiting.pop(index, None)
            if trees[index]:
                wanted |= used(trees[index][1])
        if wanted & DYNAMIC:
            return set()
        running = [index for index, names in waiting.items() if names & wanted]
    return set(waiting)
