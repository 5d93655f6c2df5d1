"""Run of a notebook what some of its statements need, and nothing else."""

import ast
from collections.abc import Sequence

_FUNCTIONS = (ast.FunctionDef, ast.Lambda)
_IMPORTS = (ast.Import, ast.ImportFrom)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Names(ast.NodeVisitor):
    """The names of the module that a statement binds, and those that it reads before."""

    def __init__(self, statement: ast.AST) -> None:
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.local: set[str] = set()  # of the functions around
        self.visit(statement)
        self.called = ""  # the name before the dots, in a statement such as `numbers.append(3)`
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            method = statement.value.func
            self.called = _root(method) if isinstance(method, ast.Attribute) else ""

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name not in self.local:
            self.binds.add(node.name)
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, *_COMPREHENSIONS)):
            outer = self.local
            self.local = outer | _bound_within(node)
            self.generic_visit(node)
            self.local = outer
        elif isinstance(node, _IMPORTS):
            self.binds |= {(a.asname or a.name).split(".")[0] for a in node.names}
        elif isinstance(node, ast.Name) and node.id not in self.local:
            if isinstance(node.ctx, ast.Store):
                self.binds.add(node.id)
            elif node.id not in self.binds:
                self.reads.add(node.id)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            self._in_order(node, "value", "annotation", "target", "targets")
        elif isinstance(node, ast.AugAssign):
            self.visit(ast.Name(getattr(node.target, "id", ""), ast.Load()))
            self._in_order(node, "value", "target")
        elif isinstance(node, ast.For):
            self._in_order(node, "iter", "target", "body", "orelse")
        else:
            self.generic_visit(node)
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            self.binds |= {_root(node)} - self.local  # changed in place: a new value for its name

    def _in_order(self, node: ast.AST, *fields: str) -> None:
        for field in fields:
            value = getattr(node, field, None)
            for part in value if isinstance(value, list) else [value]:
                if part is not None:
                    self.visit(part)


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return getattr(node, "id", "")


def _bound_within(node: ast.AST) -> set[str]:
    inner = [part for part in ast.walk(node) if part is not node]
    arguments = {part.arg for part in inner if isinstance(part, ast.arg)}
    stored = {p.id for p in inner if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}
    return arguments | stored | {p.name for p in inner if isinstance(p, ast.FunctionDef)}


def needed(before: Sequence[str], cells: Sequence[str]) -> list[ast.stmt]:
    """Return the statements of the cells `before`, in order, that `cells` build upon."""
    given = [node for cell in before for node in ast.parse(cell).body]
    names = [_Names(node) for node in given]
    imports = [n for n, node in zip(names, given, strict=True) if isinstance(node, _IMPORTS)]
    modules = set().union(*(n.binds for n in imports))
    for statement in names:
        statement.binds |= {statement.called} - modules - {""}
    chosen: set[int] = set()
    wanted = {(name, len(given)) for name in _Names(ast.parse("\n".join(cells))).reads}
    done: set[tuple[str, int]] = set()
    while wanted:
        name, end = wanted.pop()
        done.add((name, end))
        if found := [i for i in range(end) if name in names[i].binds]:
            index = found[-1]
            chosen.add(index)
            # A function reads what is there when it is called, other statements what was before.
            late = isinstance(given[index], (ast.FunctionDef, ast.ClassDef))
            wanted |= {(read, end if late else index) for read in names[index].reads} - done
    return [given[index] for index in sorted(chosen)]
