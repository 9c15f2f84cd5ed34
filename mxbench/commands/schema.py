"""The command `mxbench schema`."""

from mxbench.commands.telling import Plugins, say_json


def schema(plugin: Plugins = None) -> None:
    """Print the JSON Schema of an experiment file, for editors; shipped experiments name it in their first line."""
    from mxbench.experiment.json_schema import json_schema
    from mxbench.registry import Registry

    say_json(json_schema(Registry(tuple(map(str, plugin or ())))))
