"""All planted mutants, in the order of the table."""

import of_lamport_and_ricart_agrawala
import of_permissions
import of_quorums
import of_tokens
import of_trees_and_coordinator
import of_workloads
import outside
from planted import Mutant

TABLES = (
    of_lamport_and_ricart_agrawala,
    of_permissions,
    of_quorums,
    of_tokens,
    of_trees_and_coordinator,
    of_workloads,
    outside,
)
ALL: tuple[Mutant, ...] = tuple(mutant for table in TABLES for mutant in table.MUTANTS)
