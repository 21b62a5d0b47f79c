import { describe, expect, it } from "vitest";
import { goldenFiles, type ShadowGolden } from "../../testing/x86Golden.js";
import { PER_DESCRIPTOR } from "./rmap.js";
import { ShadowMmu } from "./shadow.js";
import { DEFAULT_CAPACITY, MIN_DESCRIPTORS } from "./splitCaches.js";
import { type BuiltInId, builtIn } from "./strategies/index.js";

const files = goldenFiles<ShadowGolden>("x86-shadow");

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
        expect(mmu.split(builtIn[id as BuiltInId].policy, { targetLevel: golden.input.targetLevel })).toEqual(expected);
      });
    }
  }
});
