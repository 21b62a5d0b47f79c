import { unknownName } from "../errors.js";
import { arm64 } from "./arm64/index.js";
import type { Mmu, MmuEntry } from "./contract.js";
import { riscv } from "./riscv/index.js";
import { x86Shadow } from "./shadow/index.js";
import { x86Tdp } from "./tdp/index.js";

/**
 * The simulated MMUs, each loaded when it is first asked for. A new one is a folder and a line
 * here.
 */
export const mmus = [arm64, x86Tdp, x86Shadow, riscv] as const;

/**
 * MMUs to choose from. Whoever looks one up takes a registry, and by default {@link mmus}: a
 * program, or a test, can bring its own. The first is what is meant where none is named.
 */
export type Registry = readonly MmuEntry[];

/** What is meant where no MMU is named. */
export function defaultMmu(registry: Registry = mmus): string {
  return registry[0]!.id;
}

/** @throws UserError for an unknown MMU */
export function mmuEntry(id: string, registry: Registry = mmus): MmuEntry {
  const entry = registry.find((one) => one.id === id);
  if (entry !== undefined) return entry;
  throw unknownName(
    "MMU",
    id,
    registry.map((one) => one.id),
  );
}

/** @throws UserError for an unknown MMU */
export async function loadMmu(id: string, registry: Registry = mmus): Promise<Mmu> {
  return mmuEntry(id, registry).load();
}
