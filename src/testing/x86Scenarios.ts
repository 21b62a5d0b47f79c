/** The smallest scenarios of the MMUs of x86, to be spoilt. */
export const root = { rootLevel: 4, leaves: [{ gfn: 0, level: 1, count: 4 }], nonpresentPaths: [] };
export const zap = { mmu: "x86-tdp", workload: "zap", root };
export const clear = { mmu: "x86-tdp", workload: "clear", root, slotBaseGfn: 0, npages: 64, masks: ["0x1"] };
export const shadow = {
  mmu: "x86-shadow",
  slot: { baseGfn: 0, npages: 1024 },
  mappings: [{ gfn: 0, count: 2, level: 2, role: 0, copies: 1 }],
};

export function leaves(...runs: object[]): object {
  return { ...zap, root: { ...root, leaves: runs } };
}
