import { unknownName } from "../errors.js";
import type { Machine, Strategy } from "../machines/machine.js";

/**
 * The strategies of a machine that a list names; `all` (and no list) is every one. Names that other machines have are passed over if
 * `foreign` has them, so that one list serves a plan of several machines.
 *
 * @throws UserError for a name that no machine of the plan has
 */
export function strategiesNamed(
  machine: Machine,
  names: readonly string[] | undefined,
  foreign: ReadonlySet<string>,
): Strategy[] {
  if (names === undefined || names.includes("all")) return [...machine.strategies];
  const known = new Map(machine.strategies.map((strategy) => [strategy.id, strategy]));
  const chosen = new Set<Strategy>();
  for (const name of names) {
    const strategy = known.get(name);
    if (strategy !== undefined) chosen.add(strategy);
    else if (!foreign.has(name)) throw unknownName("strategy", name, ["all", ...known.keys()]);
  }
  return [...machine.strategies].filter((strategy) => chosen.has(strategy));
}
