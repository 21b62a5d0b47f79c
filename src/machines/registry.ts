import type { Machine } from "../contract/machine.js";
import { unknownName } from "../errors.js";

/** The simulated MMUs; each is loaded when it is first asked for. */
const loaders: Readonly<Record<string, () => Promise<Machine>>> = {
  arm64: async () => (await import("./arm64.js")).arm64 as unknown as Machine,
  "x86-tdp": async () => (await import("./x86Tdp.js")).x86Tdp as unknown as Machine,
  "x86-shadow": async () => (await import("./x86Shadow.js")).x86Shadow as unknown as Machine,
};

export const machineIds: readonly string[] = Object.keys(loaders);

/** @throws UserError for an unknown MMU */
export async function loadMachine(id: string): Promise<Machine> {
  if (!Object.hasOwn(loaders, id)) throw unknownName("MMU", id, machineIds);
  return loaders[id]!();
}
