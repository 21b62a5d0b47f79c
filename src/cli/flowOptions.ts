import { Option } from "commander";
import { UserError } from "../errors.js";
import type { MmuEntry } from "../mmu/contract.js";
import type { GuestOption } from "../mmu/guestOptions.js";
import { mmus, type Registry } from "../mmu/registry.js";

/** Every option of `run` that an MMU's flows read beside those of the test, by name, each once. */
export function flowOptions(registry: Registry = mmus): ReadonlyMap<string, GuestOption> {
  return new Map(registry.flatMap(({ flowOptions: options = {} }) => Object.entries(options)));
}

/**
 * @param entry the MMU whose flows run; left out: one that reads none of these options
 * @throws UserError for an option that nothing would read
 */
export function refuseFlowOptions(given: (name: string) => boolean, entry?: MmuEntry): void {
  for (const [name, { flags }] of flowOptions()) {
    if (!given(name) || Object.hasOwn(entry?.flowOptions ?? {}, name)) continue;
    const owners = mmus.filter(({ flowOptions: options }) => Object.hasOwn(options ?? {}, name)).map(({ id }) => id);
    throw new UserError(
      `${new Option(flags).long} with --mmu ${entry?.id ?? mmus[0].id}: it is of ${owners.join(" and ")}; ` +
        "expected it only there",
    );
  }
}
