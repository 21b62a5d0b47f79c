import type { Finding } from "../../mmu/finding.js";
import { RoleSets, rolesByFrame, shadowFindings } from "../../mmu/shadow/findings.js";
import { parseShadowScenario } from "../../mmu/shadow/scenario.js";
import { ShadowMmu } from "../../mmu/shadow/shadow.js";
import { builtIn } from "../../mmu/shadow/strategies/index.js";
import type { Damages } from "./provoked.js";

/** Two nested guests of a huge page each, with the second's also mapped by the first. */
const SCENARIO = {
  mmu: "x86-shadow",
  slot: { baseGfn: 512, npages: 1024 },
  mappings: [
    { gfn: 512, level: 2, count: 2, role: 10 },
    { gfn: 1024, level: 2, count: 1, role: 9 },
  ],
  targetLevel: 1,
};

/** The guest, damaged when it is split. */
function damaged(damage: (mmu: ShadowMmu) => void, changes: object = {}): Finding[] {
  const scenario = parseShadowScenario({ ...SCENARIO, ...changes }, "damage");
  const mmu = new ShadowMmu(scenario);
  const sets = new RoleSets();
  const before = rolesByFrame(mmu, sets);
  const { targetLevel, reschedEvery } = scenario;
  mmu.split(builtIn["default-capacity"].policy, { targetLevel, reschedEvery });
  damage(mmu);
  return shadowFindings(scenario, mmu, sets, before);
}

export const mmu = "x86-shadow";

export const damages: Damages = {
  livelock: {
    provoke: () => damaged(() => {}, { reschedEvery: 1 }),
    says: "livelock: no progress between yields",
  },
  "unsplit-huge-page": {
    provoke: () =>
      damaged((mmu) => {
        mmu.lists[2]![1] = mmu.pool.add(0, mmu.sptes - 1);
      }),
    says: "1 huge page unsplit, first at 0x400000",
  },
  "roles-changed": {
    provoke: () =>
      damaged((mmu) => {
        mmu.lists[1]![700] = 0;
      }),
    says: "1 frame mapped by other roles, first at 0x4bc000",
  },
  "split-caches-unaccounted": {
    provoke: () => damaged((mmu) => void mmu.counts.headers.left++),
    says: "split caches do not add up",
  },
};
