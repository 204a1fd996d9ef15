"""Bodies and subjects: Liquid, without what could run for long, grow without end or read what it should not."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import lru_cache, wraps
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression

LONGEST_SOURCE = 20_000
LONGEST_OUTPUT = 100_000
LOOPS = 1_000

TAGS = {
    "#", "assign", "break", "capture", "case", "comment", "content", "continue", "echo", "for", "if", "illegal",
    "output", "unless",
}  # fmt: skip
FILTERS = {
    "append", "capitalize", "default", "downcase", "escape", "escape_once", "first", "last", "lstrip",
    "newline_to_br", "prepend", "remove", "remove_first", "remove_last", "replace", "replace_first", "replace_last",
    "rstrip", "size", "slice", "split", "squish", "strip", "strip_html", "strip_newlines", "truncate",
    "truncatewords", "upcase", "url_encode",
}  # fmt: skip
PLAIN = re.compile(r"\{\{\s*([a-z_]+)\.([a-z_]+)\s*\}\}")

Context = Mapping[str, Mapping[str, str]]
Renderer = Callable[[Context], str]


class CannotRender(ValueError):
    """The template cannot be rendered for this contact."""


class _Environment(Environment):
    output_stream_limit = LONGEST_OUTPUT
    loop_iteration_limit = LOOPS
    local_namespace_limit = LONGEST_OUTPUT
    block_nesting_limit = 20


def _bounded(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A few replacements in a row could otherwise make gigabytes of a short source."""

    @wraps(filter_)
    def bounded(value: Any, *args: Any, **options: Any) -> Any:
        result = filter_(value, *args, **options)
        if isinstance(result, str) and len(result) > LONGEST_OUTPUT:
            raise CannotRender("The text grows too long.")
        return result

    return bounded


def _environment() -> Environment:
    env = _Environment()
    env.tags = {name: tag for name, tag in env.tags.items() if name in TAGS}
    env.filters = {name: _bounded(made) for name, made in env.filters.items() if name in FILTERS}
    return env


ENVIRONMENT = _environment()


def check_template(source: str, *, variables: Set[str]) -> str | None:
    """One sentence when this does not parse, or names a variable that is not one of `variables`; else None."""
    if len(source) > LONGEST_SOURCE:
        return f"This is longer than {LONGEST_SOURCE:,} characters."
    if "\0" in source:
        return "This holds a NUL character: take it out."
    try:
        used = _parse(source).analyze()
    except CannotRender as error:
        return str(error)
    if unknown := sorted(set(used.filters) - FILTERS):
        return f"Unknown filter {unknown[0]}: use one of {', '.join(sorted(FILTERS))}."
    named = {str(variable) for found in used.globals.values() for variable in found}
    if unknown := sorted(named - variables):
        return f"Unknown variable {unknown[0]}: use one of {', '.join(sorted(variables))}."
    return None


def render(source: str, context: Context) -> str:
    """`source` filled in from `context`, which holds plain strings: {"contact": {"first_name": "Ada"}}.

    A variable that is missing is empty. Raises CannotRender.
    """
    return _renderer(source)(context)


@lru_cache(maxsize=2_000)
def _renderer(source: str) -> Renderer:
    """Compiled once. What names nothing but plain variables, as most texts do, is joined without the engine."""
    pieces = PLAIN.split(source)
    if not any("{{" in text or "{%" in text for text in pieces[::3]):
        return _joined(pieces)
    template = _parse(source)

    def rendered(context: Context) -> str:
        try:
            return template.render(**context)
        except (LiquidError, RecursionError) as error:
            raise CannotRender(f"{CannotRender.__doc__} {_first_line(error)}.") from error

    return rendered


def _parse(source: str) -> BoundTemplate:
    try:
        template = ENVIRONMENT.from_string(source)
        ranges = any(isinstance(expression, RangeLiteral) for expression in _expressions(template))
    except (LiquidError, RecursionError) as error:
        raise CannotRender(f"This is not a Liquid template: {_first_line(error)}.") from error
    if ranges:
        # `for … reversed` would make a list of a range of billions before any limit looks at it.
        raise CannotRender("A message cannot use a range such as (1..10).")
    return template


def _expressions(template: BoundTemplate) -> Iterator[Expression]:
    context = RenderContext(template)
    nodes: list[Node] = list(template.nodes)
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children(context, include_partials=False))
        yield from _with_parts(node.expressions())


def _with_parts(expressions: Iterable[Expression]) -> Iterator[Expression]:
    for expression in expressions:
        yield expression
        yield from _with_parts(expression.children())


def _joined(pieces: list[str]) -> Renderer:
    if len(pieces) == 1:
        return lambda context: pieces[0]
    head, names, tails = pieces[0], list(zip(pieces[1::3], pieces[2::3], strict=True)), pieces[3::3]
    filling = [(group, name, tail) for (group, name), tail in zip(names, tails, strict=True)]

    def joined(context: Context) -> str:
        return head + "".join([context.get(group, {}).get(name, "") + tail for group, name, tail in filling])

    return joined


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
