import { unknownName } from "../errors.js";
import type { Mmu } from "./contract.js";

/** The simulated MMUs; each is loaded when it is first asked for. */
const loaders: Readonly<Record<string, () => Promise<Mmu>>> = {
  arm64: async () => (await import("./arm64/mmu.js")).arm64 as unknown as Mmu,
  "x86-tdp": async () => (await import("./tdp/mmu.js")).x86Tdp as unknown as Mmu,
  "x86-shadow": async () => (await import("./shadow/mmu.js")).x86Shadow as unknown as Mmu,
};

export const mmuIds: readonly string[] = Object.keys(loaders);

/** @throws UserError for an unknown MMU */
export async function loadMmu(id: string): Promise<Mmu> {
  if (!Object.hasOwn(loaders, id)) throw unknownName("MMU", id, mmuIds);
  return loaders[id]!();
}
