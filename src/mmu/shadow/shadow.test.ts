import { describe, expect, it } from "vitest";
import { atGoldenKeys } from "../../testing/golden.js";
import { goldenFiles, type ShadowGolden } from "../../testing/x86Golden.js";
import { RoleSets, rolesByFrame, shadowFindings } from "./findings.js";
import { PER_DESCRIPTOR } from "./rmap.js";
import { defaultShadowScenario } from "./scenario.js";
import { ShadowMmu } from "./shadow.js";
import { DEFAULT_CAPACITY, MIN_DESCRIPTORS } from "./splitCaches.js";
import { type BuiltInId, builtIn } from "./strategies/index.js";

const files = goldenFiles<ShadowGolden>("x86-shadow");

function optionsOf({ targetLevel, reschedEveryNPolls: reschedEvery, availableMmuPages }: ShadowGolden["input"]) {
  return {
    targetLevel,
    ...(reschedEvery === undefined ? {} : { reschedEvery }),
    ...(availableMmuPages == null ? {} : { availableMmuPages }),
  };
}

describe("eager splitting of nested guests", () => {
  it("has golden files to be compared with", () => {
    expect(files.length).toBeGreaterThanOrEqual(14);
  });

  for (const golden of files) {
    it(`has the kernel's constants on ${golden.name}`, () => {
      const capacity = Object.fromEntries(
        Object.entries(builtIn).map(([id, { policy }]) => [id, policy.descriptorCapacity]),
      );
      expect({
        SPLIT_DESC_CACHE_MIN_NR_OBJECTS: MIN_DESCRIPTORS,
        KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE: DEFAULT_CAPACITY,
        PTE_LIST_EXT: PER_DESCRIPTOR,
        capacity,
      }).toEqual(golden.constants);
    });

    for (const [id, expected] of Object.entries(golden.expected)) {
      it(`counts as the kernel does on ${golden.name} with ${id}`, () => {
        const mmu = new ShadowMmu(golden.input);
        const counts = mmu.split(builtIn[id as BuiltInId].policy, optionsOf(golden.input));
        expect(atGoldenKeys(counts, expected)).toEqual(expected);
      });
    }
  }
});

describe("the split caches", () => {
  const scenario = defaultShadowScenario({ alias: "few", memoryBytes: 2 ** 30 });

  it("add up after a split, and are found where an object is missing from any of them", () => {
    const caches = ["descriptors", "headers", "pages"] as const;
    for (const missing of [undefined, ...caches]) {
      const mmu = new ShadowMmu(scenario);
      const sets = new RoleSets();
      const before = rolesByFrame(mmu, sets);
      mmu.split(builtIn.double.policy, { targetLevel: 1 });
      if (missing !== undefined) mmu.counts[missing].left--;
      const found = shadowFindings(scenario, mmu, sets, before).map(({ code }) => code);
      expect(found, missing).toEqual(missing === undefined ? [] : ["split-caches-unaccounted"]);
    }
  });
});

describe("a resched that is due", () => {
  /** 512 pages of 2M, or none of them, in 1 GiB. */
  const guest = (count: number) => ({
    slot: { baseGfn: 0, npages: 2 ** 18 },
    mappings: count === 0 ? [] : [{ gfn: 0, count, level: 2, role: 0, copies: 1 }],
  });
  const split = (count: number, reschedEvery: number, policy: BuiltInId = "default-capacity") =>
    new ShadowMmu(guest(count)).split(builtIn[policy].policy, { targetLevel: 1, reschedEvery });

  it("is polled before each attempt and after each reverse map, and only the former tops up", () => {
    // Counted by the kernel's own code.
    expect(split(512, 64)).toMatchObject({ attempts: 537, topupCalls: 25, mmuLockDrops: 29, splits2m: 512 });
  });

  it("drops the lock after the first reverse map of each level, though it is empty", () => {
    expect(split(0, 1)).toMatchObject({ attempts: 0, topupCalls: 0, mmuLockDrops: 2 });
    expect(split(0, 2)).toMatchObject({ attempts: 0, topupCalls: 0, mmuLockDrops: 1 });
    expect(split(0, 3)).toMatchObject({ mmuLockDrops: 0 });
  });

  it("is told as it is: a yield between reverse maps, or a top-up", () => {
    const events: string[] = [];
    const sink = (event: string, fields: Readonly<Record<string, number | string>>) =>
      events.push(event === "top-up" ? `${event} for ${fields.why}` : event);
    // Polls: the empty first map of level 3; then the attempt that tops up, the split, and the map
    // of level 2.
    new ShadowMmu(guest(1)).split(builtIn.exact.policy, { targetLevel: 1, reschedEvery: 2, sink });
    expect(events).toEqual(["top-up for resched", "split", "yield"]);
  });
});
