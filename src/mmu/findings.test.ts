import { expect, it } from "vitest";
import { FindingList } from "./findingList.js";
import { are, counted, figures, size, was } from "./findingWords.js";
import { TreeFaults } from "./treeFaults.js";

it("findings are one a code, with the figures of the first and how often, one figure added up", () => {
  const list = new FindingList();
  const first = { at: "0x1", bytes: 4 };
  list.add("lost", first, "bytes");
  list.add("stuck", {});
  list.add("lost", { at: "0x2", bytes: 8 }, "bytes");
  list.add("lost", { at: "0x3", bytes: 16 });
  expect(list.all()).toEqual([
    { code: "lost", count: 3, data: { at: "0x1", bytes: 12 } },
    { code: "stuck", count: 1, data: {} },
  ]);
  expect(first).toEqual({ at: "0x1", bytes: 4 });
});

it("faults of a tree are one a code, with the lowest frame and its level, and all their bytes", () => {
  const faults = new TreeFaults(4096);
  faults.add("lost", 8, 4, 2);
  faults.add("lost", 12, 1, 3);
  faults.add("lost", 8, 1, 3);
  faults.add("stray", 0, 1, 3);
  faults.add("lost", 7, 1, 1);
  expect([...faults]).toEqual([
    ["lost", { count: 4, bytes: 7 * 4096, firstGfn: 7, level: 1 }],
    ["stray", { count: 1, bytes: 4096, firstGfn: 0, level: 3 }],
  ]);
});

it("words agree with their number", () => {
  expect([counted(1, "leaf", "leaves"), counted(2, "leaf", "leaves"), counted(0, "block")]).toEqual([
    "1 leaf",
    "2 leaves",
    "0 blocks",
  ]);
  expect([are(1), are(2), was(1), was(2)]).toEqual(["is", "are", "was", "were"]);
  expect([size(2 ** 21), size("2M"), size(null), size(undefined)]).toEqual(["2M", "memory", "memory", "memory"]);
});

it("figures without words are named, but for those that are not known", () => {
  expect(figures({ code: "x", count: 1, data: { level: 2, gpa: "0x1", none: null } })).toBe(" (level 2, gpa 0x1)");
  expect(figures({ code: "x", count: 1, data: { none: null } })).toBe("");
});
