"""Commands whose parameters are converted only where there is something to convert.

For every parameter, given or not, typer makes an adapter of pydantic, which takes as long to import as all else that
`mxbench list` needs. What typer does with a value beside that (is it there at all? its callback) is done here as there.
"""

from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command of a `typer.Typer` application: `app.command(cls=Command)`."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _sparing(super().get_params(ctx))


class Group(TyperGroup):
    """The commands of an application: `typer.Typer(cls=Group)`."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _sparing(super().get_params(ctx))


def _sparing(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        parameter.process_value = partial(_process, parameter)
    return parameters


def _process(parameter: Any, ctx: Any, value: Any) -> Any:
    """Return what typer would return for the value of a parameter, or let typer do it.

    A default that is of the right type is taken as it stands, without a look at `min` or `exists`.
    """
    descriptor = getattr(parameter, "type_descriptor", None)
    wanted = getattr(descriptor, "annotation", None)
    several = parameter.multiple or parameter.nargs == -1
    parsed = descriptor is None or descriptor.parameter_info.parser is not None
    if value is None and not parameter.required:
        value = () if several else None
    elif wanted == list[str] and isinstance(value, tuple) and value and not parsed:
        value = list(value)
    elif parsed or several or not isinstance(wanted, type) or not isinstance(value, wanted):
        return type(parameter).process_value(parameter, ctx, value)
    return parameter.callback(ctx, parameter, value) if parameter.callback else value
