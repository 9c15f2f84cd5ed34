"""Every plugin by kind and name, with its origin: built in, from an entry point, or from a file."""

import importlib
import inspect
import re
from difflib import get_close_matches
from importlib.metadata import entry_points
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pluggy

from mxbench import hookspecs
from mxbench.core.algorithm import API, Algorithm, Assumptions
from mxbench.core.checker import Checker
from mxbench.core.claims import CLAIMS, check_claim
from mxbench.core.contract import PLUGIN_ERRORS, ContractBreach, check_declaration
from mxbench.core.engine import RunEngine
from mxbench.core.metric import Metric
from mxbench.core.plan import PluginRef
from mxbench.core.property import ALWAYS_JUDGED, Property
from mxbench.core.quorums import QuorumSystem
from mxbench.core.report import Report
from mxbench.core.topologies import TOPOLOGIES
from mxbench.core.workload import Workload
from mxbench.errors import ExperimentError, PluginError
from mxbench.loading import load_file

GROUP = "mxbench"
HANDLERS = ("on_start", "on_request", "on_message", "on_release", "on_timer", "forget", "on_entered")
BUILT_IN = (
    "mxbench_plugins.lamport",
    "mxbench_plugins.ricart_agrawala",
    "mxbench_plugins.lamport_suppressed",
    "mxbench_plugins.carvalho_roucairol",
    "mxbench_plugins.lodha_kshemkalyani",
    "mxbench_plugins.chandy_misra",
    "mxbench_plugins.raymond_k_entry",
    "mxbench_plugins.maekawa",
    "mxbench_plugins.agrawal_el_abbadi",
    "mxbench_plugins.suzuki_kasami",
    "mxbench_plugins.ricart_agrawala_token",
    "mxbench_plugins.singhal",
    "mxbench_plugins.naimi_trehel",
    "mxbench_plugins.raymond",
    "mxbench_plugins.neilsen_mizuno",
    "mxbench_plugins.ring",
    "mxbench_plugins.coordinator",
    "mxbench.quorum_systems.grid",
    "mxbench.quorum_systems.projective_plane",
    "mxbench.quorum_systems.difference_cover",
    "mxbench.quorum_systems.tree",
    "mxbench.quorum_systems.majority",
    "mxbench.workloads.hold",
    "mxbench.workloads.bank",
    "mxbench.workloads.counter",
    "mxbench.checkers.mutual_exclusion",
    "mxbench.checkers.width",
    "mxbench.checkers.progress",
    "mxbench.checkers.ledger",
    "mxbench.checkers.register",
    "mxbench.metrics.cost",
    "mxbench.metrics.delay",
    "mxbench.metrics.fairness",
    "mxbench.metrics.resources",
    "mxbench.metrics.waits",
    "mxbench.metrics.order",
    "mxbench.metrics.links",
    "mxbench.metrics.theory",
    "mxbench.metrics.load",
    "mxbench.report.ledger",
    "mxbench.report.log",
    "mxbench.report.gantt",
    "mxbench.report.waits",
    "mxbench.properties",
    "mxbench.net.engine",
    "mxbench.sim.engine",
)
SHIPPED = "built in"  # the origin of what comes with mxbench
KINDS: dict[str, Any] = {
    "algorithms": Algorithm,
    "quorum_systems": QuorumSystem,
    "workloads": Workload,
    "checkers": Checker,
    "metrics": Metric,
    "properties": Property,
    "reports": Report,
    "engines": RunEngine,
}
HOOKS = tuple(f"{GROUP}_{kind}" for kind in KINDS)
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Registered(NamedTuple):
    """One plugin's class, the name it is known by, and where it came from."""

    name: str
    cls: Any
    origin: str
    ref: PluginRef


class _Manager(pluggy.PluginManager):
    """Looks for hooks among the functions of a module alone: to look at all that it holds takes ten times as long."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        return super().parse_hookimpl_opts(plugin, name) if isinstance(vars(plugin).get(name), FunctionType) else None


class Registry:
    """The plugins that are known: the built-in ones, those of installed packages, and the given files."""

    def __init__(self, files: tuple[str, ...] = ()) -> None:
        self.files = files
        self._plugins: dict[str, dict[str, Registered]] = {kind: {} for kind in KINDS}
        self._manager = _Manager("mxbench")
        self._manager.add_hookspecs(hookspecs)
        for module in BUILT_IN:
            self._add(importlib.import_module(module), SHIPPED, None)
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            try:
                module = entry.load()
            except PLUGIN_ERRORS as error:
                raise PluginError(f"the plugin '{entry.name}' ({entry.value}) does not import: {error!r}") from error
            package = entry.dist.name if entry.dist else entry.value
            self._add(module, f"package {package}", None)
        for file in files:
            self._add(load_file(file), file, str(Path(file).resolve()))

    def all(self, kind: str) -> dict[str, Registered]:
        """Return the plugins of a kind by name, in the order in which they came in."""
        return dict(self._plugins[kind])

    def modules(self) -> list[str]:
        """Return the modules that plugins which are not of one file came from."""
        return sorted({known.ref.module for kind in self._plugins.values() for known in kind.values()
                       if known.ref.file is None})  # fmt: skip

    def get(self, kind: str, name: str) -> Registered:
        """Return a plugin by its name; raise ExperimentError with a suggestion if there is none."""
        known = self._plugins[kind]
        if name in known:
            return known[name]
        word = (kind[:-3] + "y" if kind.endswith("ies") else kind.removesuffix("s")).replace("_", " ")
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        article = "an" if word[0] in "aeiou" else "a"
        raise ExperimentError(f"there is no {word} named '{name}'{hint} ('mxbench list {kind}' shows all; "
                              f"{article} {word} of your own comes in with --plugin FILE.py)")  # fmt: skip

    def _add(self, module: ModuleType, origin: str, file: str | None) -> None:
        for name, function in vars(module).items():
            if isinstance(function, FunctionType) and hasattr(function, f"{GROUP}_impl") and name not in HOOKS:
                close = get_close_matches(name, HOOKS, n=1)
                hint = f"; did you mean '{close[0]}'?" if close else f" (hooks: {', '.join(HOOKS)})"
                where = f"{file or module.__name__}:{inspect.unwrap(function).__code__.co_firstlineno}"
                raise PluginError(f"{where}: there is no hook '{name}'{hint}")
        before = {kind: len(known) for kind, known in self._plugins.items()}
        try:
            self._manager.register(module)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"{file or module.__name__}: {error}") from error
        for kind in KINDS:
            hook = getattr(module, f"mxbench_{kind}", None)
            if hook is None or not hasattr(hook, f"{GROUP}_impl"):
                continue
            for cls in self._given(kind, module, file):
                self._register(kind, cls, origin, module, file)
        if file and before == {kind: len(known) for kind, known in self._plugins.items()}:
            raise PluginError(
                f"{file}: it registers nothing; end it with a function marked @hookimpl, such as "
                "'def mxbench_algorithms(): return [YourAlgorithm]'"
            )

    def _given(self, kind: str, module: ModuleType, file: str | None) -> list[Any]:
        """Return what the hook of a module for a kind of plugins returns."""
        hook = f"mxbench_{kind}"
        where = f"{file or module.__name__}:{inspect.unwrap(getattr(module, hook)).__code__.co_firstlineno}"
        try:
            given = self._manager.subset_hook_caller(hook, self._others(module))()
        except PLUGIN_ERRORS as error:
            raise PluginError(f"{where}: {hook} raises {type(error).__name__}: {error}") from error
        found = given[0] if given else []
        if not isinstance(found, list | tuple):
            raise PluginError(f"{where}: {hook} returned {found!r}; it must return a list of classes")
        return list(found)

    def _others(self, module: ModuleType) -> list[Any]:
        return [plugin for plugin in self._manager.get_plugins() if plugin is not module]

    def _register(self, kind: str, cls: Any, origin: str, module: ModuleType, file: str | None) -> None:
        where = file or module.__name__
        if not inspect.isclass(cls):
            raise PluginError(f"{where}: mxbench_{kind} returned {cls!r}; it must return classes")
        base = KINDS[kind]
        line = f"{where}:{_line_of(cls)}" if file else where
        if not issubclass(cls, base):
            raise PluginError(f"{line}: {cls.__name__} is not a subclass of {base.__module__}.{base.__name__}")
        name = getattr(cls, "name", None)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise PluginError(f"{line}: {cls.__name__}.name is {name!r}; write lower-case words joined by '-'")
        taken = self._plugins[kind].get(name)
        if taken is not None:
            raise PluginError(
                f"{line}: the name '{name}' is taken ({taken.origin}: {taken.ref.file or taken.ref.module}); "
                "give your class another one"
            )
        if kind == "properties" and name in ALWAYS_JUDGED:
            raise PluginError(f"{line}: the name '{name}' is that of a property that is always judged; give your class "
                              "another one")  # fmt: skip
        if kind in ("algorithms", "workloads"):
            _check_handlers(cls, line)
        if kind == "algorithms":
            _check_algorithm(cls, line)
        ref = PluginRef(name, cls.__module__, cls.__qualname__, file)
        self._plugins[kind][name] = Registered(name, cls, origin, ref)


def _check_handlers(cls: Any, line: str) -> None:
    for name in HANDLERS:
        handler = getattr(cls, name, None)
        if any(is_none(handler) for is_none in (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)):
            raise PluginError(f"{line}: {cls.__name__}.{name} does nothing when it is called: write a plain function, "
                              "without async, await and yield")  # fmt: skip


def _check_algorithm(cls: Any, line: str) -> None:
    if cls.api != API:
        raise PluginError(f"{line}: {cls.__name__} was written for api {cls.api!r}; this mxbench has api {API}")
    for claim in CLAIMS:
        try:
            check_claim(getattr(cls, claim))
        except ValueError as error:
            raise PluginError(f"{line}: {cls.__name__}.{claim}: {error}") from None
    if not isinstance(cls.assumes, Assumptions):
        raise PluginError(f"{line}: {cls.__name__}.assumes is {cls.assumes!r}; write Assumptions(fifo=True)")
    if cls.topology is not None and cls.topology not in TOPOLOGIES:
        allowed = ", ".join(TOPOLOGIES)
        raise PluginError(
            f"{line}: {cls.__name__}.topology is {cls.topology!r}; write one of {allowed}, or leave it out"
        )
    if cls.topology is not None and cls.can_have_server:
        raise PluginError(f"{line}: {cls.__name__}.can_have_server: a server stands on no tree; leave topology out")
    try:
        check_declaration(cls)
    except ContractBreach as error:
        raise PluginError(f"{line}: {error}") from error


def _line_of(cls: type) -> int:
    try:
        return inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return 1
