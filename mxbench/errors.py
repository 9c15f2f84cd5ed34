"""Mistakes, by whose they are. A violation of mutual exclusion is a verdict, not an exception."""


class MxbenchError(Exception):
    """Anything that the user is told in one sentence and without a traceback."""


class ExperimentError(MxbenchError):
    """The experiment file, or a flag that overrides it, says something that cannot be run. Exit status 2."""


class PluginError(MxbenchError):
    """A plugin does not import, does not keep the contract, or takes a name that is taken. Exit status 2."""


class ResultError(MxbenchError):
    """A result cannot be read. Exit status 2."""


class ScenarioError(MxbenchError):
    """A scenario cannot be read, or is none, or has steps that cannot be. Exit status 2."""


class MachineError(MxbenchError):
    """The machine would not do what a run needs: no process, no socket, no room on the disk. Exit status 3."""


def property_failed(name: str, error: BaseException) -> PluginError:
    """Return what is told of a property that raised instead of judging."""
    return PluginError(f"the property '{name}' failed: {type(error).__name__}: {error}")


def not_repeated(algorithm: str, violated: str) -> PluginError:
    """Return what is told of an algorithm that did something else when a schedule was carried out again."""
    return PluginError(
        f"{algorithm}: carried out again, the schedule that violated '{violated}' does not lead there: its handlers "
        "are not a function of the node's state; 'pytest --mxbench FILE' names the line"
    )
