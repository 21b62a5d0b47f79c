import type { Finding } from "../../mmu/finding.js";
import { RoleSets, rolesByFrame, shadowFindings } from "../../mmu/shadow/findings.js";
import { parseShadowScenario } from "../../mmu/shadow/scenario.js";
import { ShadowMmu } from "../../mmu/shadow/shadow.js";
import { builtIn } from "../../mmu/shadow/strategies/index.js";
import type { Provoked } from "./provoked.js";

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

interface Split {
  readonly mmu: ShadowMmu;
  readonly counts: ReturnType<ShadowMmu["split"]>;
}

/** The guest, damaged when it is split; @param damage says what the counts are then */
function damaged(damage: (split: Split) => Split["counts"], changes: object = {}): Finding[] {
  const scenario = parseShadowScenario({ ...SCENARIO, ...changes }, "damage");
  const mmu = new ShadowMmu(scenario);
  const sets = new RoleSets();
  const before = rolesByFrame(mmu, sets);
  const { targetLevel, reschedEvery } = scenario;
  const counts = mmu.split(builtIn["default-capacity"].policy, { targetLevel, reschedEvery });
  return shadowFindings(scenario, mmu, sets, before, damage({ mmu, counts }));
}

export const shadowDamages: Readonly<Record<string, Provoked>> = {
  livelock: {
    provoke: () => damaged(({ counts }) => counts, { reschedEvery: 1 }),
    says: "livelock: no progress between yields",
  },
  "unsplit-huge-page": {
    provoke: () =>
      damaged(({ mmu, counts }) => {
        mmu.lists[2]![1] = mmu.pool.add(0, mmu.sptes - 1);
        return counts;
      }),
    says: "1 huge page unsplit, first at 0x400000",
  },
  "roles-changed": {
    provoke: () =>
      damaged(({ mmu, counts }) => {
        mmu.lists[1]![700] = 0;
        return counts;
      }),
    says: "1 frame mapped by other roles, first at 0x4bc000",
  },
  "split-caches-unaccounted": {
    provoke: () => damaged(({ counts }) => ({ ...counts, headerLeft: counts.headerLeft + 1 })),
    says: "split caches do not add up",
  },
};
