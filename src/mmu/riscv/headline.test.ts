import { describe, expect, it } from "vitest";
import { totalAt } from "../counters.js";
import { parseRiscvScenario } from "./parse.js";
import { outcomeOf, simulate } from "./run.js";
import { strategies } from "./strategies/index.js";

function countsOf(map: string, mode: string, id: string, changes: object = {}) {
  const scenario = {
    gstage: "sv39x4",
    memslots: [{ base: "0x40000000", segments: [{ map, size: "1G" }] }],
    dirtyLog: { mode },
    ...changes,
  };
  const { layout } = parseRiscvScenario(scenario, "test");
  const { counts } = outcomeOf(simulate(layout, strategies.find((one) => one.id === id)!, { digest: false }));
  return (path: string) => totalAt(counts, path);
}

describe("1 GiB, all dirty, no resched: what a reader must see", () => {
  it.each([
    ["baseline", 786432, 1024],
    ["table-walk", 262657, 513],
  ])("of 4K pages, under %s write-protect inspects %i entries and the split %i", (id, protect, split) => {
    const at = countsOf("4K", "enable", id);
    expect([at("writeProtect/inspected"), at("split/inspected")]).toEqual([protect, split]);
  });

  it.each([
    ["sv48x4", 1048576, 1536, 262658, 514],
    ["sv57x4", 1310720, 2048, 262659, 515],
  ])("%s looks one level deeper for each page, where a table walk reads one entry more", (gstage, ...expected) => {
    const [lookup, walk] = ["baseline", "table-walk"].map((id) => countsOf("4K", "enable", id, { gstage }));
    const paths = ["writeProtect/inspected", "split/inspected"];
    expect([...paths.map(lookup!), ...paths.map(walk!)]).toEqual(expected);
  });

  it("of 2M blocks cleared, 448 of the 512 stores to each block's pages change nothing", () => {
    const at = countsOf("2M", "clear", "baseline");
    const stores = at("writeProtect/stores")!;
    // The first word of a block stores to the block, which is split; the other seven store to 64
    // pages each.
    expect(stores).toBe(512 + 512 * 448);
    expect(at("writeProtect/changed")).toBe(512);
    expect(stores - at("writeProtect/changed")!).toBe(512 * 448);
  });

  it.each(["2M", "1G"])("of %s leaves cleared, mmu_lock is dropped 17 times with up to 510 splits unflushed", (map) => {
    const at = countsOf(map, "clear", "baseline");
    expect([at("split/staleDrops"), at("split/lockDrops")]).toEqual([17, 18]);
    expect(at("split/staleSplits")).toBe(510);
  });

  it("of 2M blocks, enabling flushes before each of 17 drops, so that none is made with a split unflushed", () => {
    const at = countsOf("2M", "enable", "baseline");
    expect([at("split/staleDrops"), at("flush/byKind/drop"), at("flush/byKind/memslot")]).toEqual([0, 17, 2]);
  });

  it("of 4K pages cleared, each word is searched for blocks again, and split-if-huge searches none", () => {
    expect(countsOf("4K", "clear", "baseline")("split/inspected")).toBe(8192);
    expect(countsOf("4K", "clear", "split-if-huge")("split/inspected")).toBe(0);
  });

  it.each([
    [10, 69, 51, 68, 8704, 53],
    [1, 512, 512, 511, 261632, 2],
  ])("a poll that is true at every %i. step costs lock drops and fences, and repeats no step", (every, ...expected) => {
    const at = countsOf("2M", "enable", "baseline", { dirtyLog: { mode: "enable", reschedEveryNPolls: every } });
    const paths = ["split/lockDrops", "split/lockDropsForResched", "flush/byKind/drop"];
    const figures = [...paths, "flush/hfenceGpa", "flush/hfenceVmidAll"].map(at);
    expect(figures).toEqual(expected);
    expect(at("split/steps")).toBe(512);
  });

  it("4 GiB of nothing before a block are 2048 steps, or one for each root entry with skip-holes", () => {
    const segments = [
      { map: "hole", size: "4G" },
      { map: "2M", size: "2M" },
    ];
    const changes = { memslots: [{ base: "0x40000000", segments }] };
    const figures = (id: string) => ["split/steps", "split/inspected"].map(countsOf("", "enable", id, changes));
    expect(figures("baseline")).toEqual([2049, 2050]);
    expect(figures("skip-holes")).toEqual([5, 6]);
  });
});
