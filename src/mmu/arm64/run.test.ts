import { expect, it } from "vitest";
import { newTally } from "../counters.js";
import { adoptArm64Strategy } from "./adopt.js";
import { FAULT_MAINTENANCE, Maintenance } from "./maintenance.js";
import { arm64 } from "./mmu.js";
import { baseline } from "./strategies/baseline.js";

function run(bases: readonly string[], windowBytes: number, strategy = baseline, chunk = "0") {
  const memslots = bases.map((base) => ({ base, segments: [{ map: "2M", size: "2M" }] }));
  const scenario = { granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode: "enable", chunk } };
  return arm64.parse(scenario, "test").run(strategy, { windowBytes, digest: false });
}

it.each([2 ** 30, Number.POSITIVE_INFINITY])(
  "blocks that are left are told by the lowest, by regions of %d",
  (bytes) => {
    expect(run(["0x80000000", "0x40000000"], bytes).counts.final).toMatchObject({
      unsplitBlocks: 2,
      unsplitBytes: 2 ** 22,
      firstUnsplitIpa: "0x40000000",
    });
    expect(run(["0x0"], bytes).counts.final).toMatchObject({ unsplitBlocks: 1, firstUnsplitIpa: "0x0" });
    expect(run(["0x0"], bytes, baseline, "2M").counts.final).toMatchObject({ unsplitBlocks: 0, firstUnsplitIpa: null });
  },
);

it.each([0, 1, 2])("a custom strategy may return %i at a block", (code) => {
  const custom = adoptArm64Strategy({ id: "mine", afterVisit: () => code }, "mine.mjs");
  expect(run(["0x0"], Number.POSITIVE_INFINITY, custom, "2M").counts.final).toMatchObject({ unsplitBlocks: 0 });
});

it("an invalidation on one CPU has barriers of that CPU alone, and under nVHE one more and a call", () => {
  const [vhe, nvhe] = [false, true].map((asNvhe) => {
    const counts = newTally(FAULT_MAINTENANCE, 4);
    new Maintenance(counts, { nvhe: asNvhe, tlbiRange: true, fwb: false, dic: false }, null).byIpaLocal();
    return Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0));
  });
  expect(vhe).toEqual({ ipas2e1: 1, vmalle1: 1, dsbNshst: 1, dsbNsh: 2, isb: 4, hcrWrites: 2 });
  expect(nvhe).toEqual({ ipas2e1: 1, vmalle1: 1, dsbNsh: 3, isb: 3, hypercalls: 1 });
});
