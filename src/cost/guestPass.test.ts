import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runFlow } from "../mmu/arm64/flow.js";
import type { FlowInput } from "../mmu/arm64/flowInput.js";
import { countsOfStep } from "../mmu/arm64/flowStep.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { type Counts, totalAt } from "../mmu/counters.js";
import { guestPass, writes } from "./guestPass.js";

const GIB = 2 ** 30;
const plain = {
  pageBytes: 4096,
  entries: 512,
  memoryBytes: GIB,
  strideBytes: 4096,
  iteration: 1,
  vcpu: 0,
  seed: 1,
};

function golden(file: string, phase: string): Counts {
  const url = new URL(`../testing/golden/arm64-flow/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { baseline: Counts[] }).baseline.find((s) => s.phase === phase)!;
}

/** Everything that a profile prices in a guest step; a count that is absent is 0. */
function summary(step: Counts) {
  const at = (path: string) => totalAt(step, path) ?? 0;
  return {
    writes: at("writes"),
    reads: at("reads"),
    permissionWrite: at("faults/permissionWrite"),
    translationRead: at("faults/translationRead"),
    translationWrite: at("faults/translationWrite"),
    broadcast: at("tlbi"),
    local: at("tlbiLocal"),
    tables: at("tablesAllocated"),
    mapStores: at("map/pteStores"),
    relaxStores: at("relax/pteStores"),
  };
}

describe("guestPass", () => {
  it.each([
    ["f-1G-of-2M-g-chunk0", "dirty1", 2 ** 21, 100, 1],
    ["f-1G-of-2M-g-chunk0-w50", "dirty1", 2 ** 21, 50, 1],
    ["f-1G-of-2M-g-chunk2M-w50", "dirty1", 4096, 50, 1],
    ["f-1G-of-2M-g-chunk1G", "dirty1", 4096, 100, 1],
    ["f-1G-of-4K-g-chunk0", "dirty1", 4096, 100, 1],
    ["f-1G-of-1G-g-chunk0", "dirty1", GIB, 100, 1],
    ["f-1G-of-2M-m-chunk0-w50", "dirty2", 2 ** 21, 50, 2],
    ["f-1G-of-2M-m-chunk2M", "dirty2", 4096, 100, 2],
  ])("equals %s, %s, in everything that is priced", (file, phase, leafBytes, writePercent, iteration) => {
    expect(summary(guestPass({ ...plain, leafBytes, writePercent, iteration }))).toEqual(summary(golden(file, phase)));
  });

  it("has the shape of a guest step of a flow, each count where it stands there", () => {
    // Two blocks of 512 pages, of which the accesses 1, 4 and 7 to 1022 write.
    const pass = { ...plain, memoryBytes: 2 ** 22, leafBytes: 2 ** 21, writePercent: 0, writeEvery: 3, firstAccess: 2 };
    const written = 341;
    expect(guestPass(pass)).toEqual({
      kind: "guest",
      reads: 1024 - written,
      writes: written,
      faults: {
        // Accesses 1 and 514 break their blocks; those before read them whole, all others fault.
        permissionWrite: { 2: 2 },
        translationRead: { 3: 1021 - written },
        translationWrite: { 3: written - 2 },
      },
      map: { calls: { 3: 1021 }, visits: { invalid: { 3: 1021 } }, pteStores: 2 * 1021 + 2 * 2 },
      relax: { calls: { 3: 0 }, visits: { valid: { 3: 0 } }, pteStores: 0 },
      tlbi: { 2: 2 },
      tlbiLocal: { 3: 0 },
      tablesAllocated: 2,
      topup: { pages: 40 },
      cmo: { dcache: 1021, icache: 1021 },
    });
    const split = { ...pass, leafBytes: 4096 };
    expect(guestPass(split)).toMatchObject({
      faults: { permissionWrite: { 3: written }, translationRead: { 3: 0 }, translationWrite: { 3: 0 } },
      relax: { calls: { 3: written }, visits: { valid: { 3: written } }, pteStores: written },
      tlbiLocal: { 3: written },
      tlbi: { 3: 0 },
      topup: { pages: 0 },
    });
    expect(guestPass({ ...pass, leafBytes: GIB, memoryBytes: GIB }).tlbi).toEqual({ 1: 1 });
  });

  it("tops the vCPU's cache up to 40 pages whenever it holds one, as in the golden flow", () => {
    const pages = (tables: number) =>
      Number(
        Object(
          guestPass({
            ...plain,
            leafBytes: 2 ** 21,
            strideBytes: 2 ** 21,
            memoryBytes: tables * 2 ** 21,
            writePercent: 100,
          }).topup,
        ).pages,
      );
    expect([0, 1, 39, 40, 78, 79].map(pages)).toEqual([0, 40, 40, 80, 80, 120]);
  });

  it("draws writes by the mixer of the golden flows, of seed, iteration, vCPU and access", () => {
    const draw = { seed: 1, iteration: 1, vcpu: 0, writePercent: 50 };
    const of = (more: Partial<typeof draw>, first = 0) =>
      Array.from({ length: 40 }, (_, i) => (writes({ ...draw, ...more }, first + i) ? 1 : 0)).join("");
    const drawn = [of({}), of({ seed: 2 }), of({ iteration: 2 }), of({ vcpu: 1 }), of({}, 1)];
    expect(new Set(drawn).size).toBe(5);
    expect(of({}, 1).slice(0, 39)).toBe(of({}).slice(1));
    expect([of({ writePercent: 0 }), of({ writePercent: 100 })]).toEqual(["0".repeat(40), "1".repeat(40)]);
    const { writePercent: _, ...rest } = draw;
    const least = Array.from({ length: 101 }, (_, percent) => writes({ ...rest, writePercent: percent }, 7)).indexOf(
      true,
    );
    expect(writes({ ...rest, writePercent: least - 1 }, 7)).toBe(false);
  });

  it("equals the 16M guests at 5 percent writes", () => {
    const pass = { ...plain, memoryBytes: 2 ** 24, writePercent: 5 };
    expect(summary(guestPass({ ...pass, leafBytes: 2 ** 21 }))).toEqual(
      summary(golden("f-16M-of-2M-g-chunk0-w5", "dirty1")),
    );
    expect(summary(guestPass({ ...pass, leafBytes: 4096 }))).toEqual(
      summary(golden("f-16M-of-2M-g-chunk1G-w5", "dirty1")),
    );
  });

  it("equals the simulated flow for any writes, seed and iteration, lazy and eager", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.constantFrom("4K", "2M"),
        fc.constantFrom("0", "2M"),
        fc.integer({ min: 1, max: 3 }),
        (writePercent, seed, map, chunk, blocks) => {
          const memoryBytes = blocks * 2 ** 21;
          const size = `${2 * blocks}M`;
          const pass = (name: string, iteration: number, percent: number) =>
            ({ op: "guest", name, iteration, writePercent: percent, order: "sequential" }) as const;
          const flow: FlowInput = {
            granule: "4K",
            ipaBits: 40,
            chunk,
            manual: 0,
            slots: [{ base: "0x40000000", size, hva: "0x400000000000", backing: [{ map, size }] }],
            vcpus: 1,
            partitioned: true,
            pagesPerVcpu: memoryBytes / 4096,
            rule: "hash",
            seed,
            steps: [pass("populate", 0, 100), { op: "enable", name: "enable" }, pass("dirty", 1, writePercent)],
          };
          const step = runFlow(flow, strategies[0]!, { digest: false }).find((one) => one.phase === "dirty")!;
          const leafBytes = chunk === "0" && map === "2M" ? 2 ** 21 : 4096;
          const modelled = guestPass({ ...plain, memoryBytes, leafBytes, writePercent, seed });
          expect(summary(modelled)).toEqual(summary(countsOfStep(step)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("breaks one block for each access where each access is in a block of its own", () => {
    const pass = guestPass({ ...plain, leafBytes: 2 ** 21, strideBytes: 2 ** 21, writePercent: 100 });
    expect(summary(pass)).toMatchObject({ writes: 512, permissionWrite: 512, translationWrite: 0, broadcast: 512 });
  });
});
