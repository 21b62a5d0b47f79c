import { describe, expect, it } from "vitest";
import { eachLeaf, structureOf } from "../inspect.js";
import { builtIn } from "../strategies/index.js";
import { DIRTY, PFN_OFFSET, WRITABLE } from "../tree.js";
import { UNITS, unitId } from "./guests.js";
import { judge } from "./judge.js";
import { SmallVm } from "./vm.js";

const BASE = 449;

function vmOf(id: string): SmallVm {
  const unit = UNITS.find((candidate) => unitId(candidate) === id)!;
  const vm = new SmallVm(unit, builtIn.baseline.variant, { everyNPolls: 0 });
  vm.reset();
  return vm;
}

/** The leaf that maps a page: level, first gfn and bits. */
function leafOver(vm: SmallVm, gfn: number): string {
  let found = "none";
  eachLeaf(
    vm.tree,
    (at, level, first) => {
      const spte = vm.tree.words[at]!;
      const bits = [spte & WRITABLE ? "w" : "-", spte & DIRTY ? "d" : "-"].join("");
      found = `${level}@${first} ${bits}${vm.tree.pfns[at] === PFN_OFFSET + first ? "" : " elsewhere"}`;
    },
    gfn,
    gfn + 1,
  );
  return found;
}

/** Pages of the slot, as gfns, that have a flag. */
const gfns = (pages: Uint8Array, base = BASE) => [...pages].flatMap((one, i) => (one === 1 ? [base + i] : []));

describe("a small VM", () => {
  it("begins unlogged, with what its guest maps, also when it begins again", () => {
    const vm = vmOf("gfn-449/enable/pml/eager");
    const fresh = () => {
      expect([vm.exists, vm.logging, vm.splitDone, vm.livelock, vm.foundGone]).toEqual([true, false, false, null, -1]);
      expect([vm.dirty, vm.written, vm.gone].flatMap((pages) => gfns(pages))).toEqual([]);
      expect([leafOver(vm, 449), leafOver(vm, 511), leafOver(vm, 700)]).toEqual(["1@449 wd", "1@511 wd", "2@512 wd"]);
      expect(structureOf(vm.tree).leavesByLevel).toEqual({ 1: 63, 2: 1 });
    };
    fresh();
    expect([vm.pages, vm.logged, vmOf("ends/zap").logged]).toEqual([575, true, false]);
    vm.ioctl("enable");
    vm.access(700, true);
    vm.unmap(449, 451);
    vm.access(511, true);
    vm.deleteSlot();
    vm.foundGone = 5;
    vm.livelock = { walk: "split", gfn: 1 };
    vm.reset();
    fresh();
  });

  it("has a page write-protected where an earlier round of logging left it so", () => {
    const vm = vmOf("hole/enable/pml/eager");
    expect([leafOver(vm, 512), leafOver(vm, 1030), leafOver(vm, 1536)]).toEqual(["none", "2@1024 -d", "2@1536 wd"]);
  });

  it("fails ioctls of the log while there is none, and all once the slot is gone", () => {
    const vm = vmOf("gfn-449/clear-twice/pml/eager");
    const all = ["get", "clear", "clear-first", "disable"] as const;
    expect(all.map((step) => vm.ioctl(step))).toEqual([false, false, false, false]);
    expect(vm.ioctl("enable")).toBe(true);
    expect(all.map((step) => vm.ioctl(step))).toEqual([true, true, true, true]);
    expect(vm.ioctl("get")).toBe(false);
    vm.deleteSlot();
    expect([vm.ioctl("enable"), vm.exists, structureOf(vm.tree).leavesByLevel]).toEqual([false, false, {}]);
    expect(gfns(vm.gone)).toHaveLength(575);
    vm.access(449, true);
    expect([leafOver(vm, 449), gfns(vm.written)]).toEqual(["none", []]);
  });

  it("splits and clears dirty bits when logging is enabled with PML and eager splitting", () => {
    const vm = vmOf("gfn-449/enable/pml/eager");
    vm.written[3] = 1;
    vm.ioctl("enable");
    expect([vm.logging, vm.splitDone, gfns(vm.dirty), gfns(vm.written)]).toEqual([true, true, [], []]);
    expect([leafOver(vm, 449), leafOver(vm, 700)]).toEqual(["1@449 w-", "1@700 w-"]);
    expect(judge(vm)).toEqual([]);
  });

  it.each([
    ["gfn-449/enable/no-pml/eager", "1@700 -d", true],
    ["gfn-449/enable/no-pml/lazy", "2@512 -d", true],
    ["gfn-449/enable/pml/lazy", "2@512 --", true],
    ["gfn-449/clear-first/pml/lazy", "2@512 wd", false],
  ])("of %s maps page 700 as %s when logging is enabled", (id, leaf, splitDone) => {
    const vm = vmOf(id);
    vm.ioctl("enable");
    expect([leafOver(vm, 700), vm.splitDone]).toEqual([leaf, splitDone]);
    expect(gfns(vm.dirty)).toHaveLength(splitDone ? 0 : 575);
    expect(judge(vm)).toEqual([]);
  });

  it("logs a write to a clean page with PML, and by a fault without", () => {
    for (const id of ["gfn-449/enable/pml/eager", "gfn-449/enable/no-pml/eager"]) {
      const vm = vmOf(id);
      vm.access(450, true);
      expect([gfns(vm.dirty), gfns(vm.written)], id).toEqual([[], []]);
      vm.ioctl("enable");
      vm.access(700, false);
      expect([gfns(vm.dirty), gfns(vm.written)], id).toEqual([[], []]);
      vm.access(700, true);
      vm.access(449, true);
      expect([gfns(vm.dirty), gfns(vm.written)], id).toEqual([
        [449, 700],
        [449, 700],
      ]);
      expect(leafOver(vm, 700)).toBe("1@700 wd");
      expect(judge(vm)).toEqual([]);
    }
  });

  it("splits a huge page that is written while it is write-protected, and maps its other pages as they were", () => {
    const vm = vmOf("gfn-449/enable/no-pml/lazy");
    vm.ioctl("enable");
    vm.access(700, true);
    expect([699, 700, 701].map((gfn) => leafOver(vm, gfn))).toEqual(["1@699 -d", "1@700 wd", "1@701 -d"]);
    expect([gfns(vm.dirty), structureOf(vm.tree).leavesByLevel]).toEqual([[700], { 1: 575 }]);
    expect(judge(vm)).toEqual([]);
  });

  it("takes the log when it is got, and clears it then unless that is for userspace to do", () => {
    const vm = vmOf("gfn-449/enable/no-pml/eager");
    vm.ioctl("enable");
    for (const gfn of [449, 512, 513, 1023]) vm.access(gfn, true);
    vm.ioctl("get");
    expect([gfns(vm.dirty), gfns(vm.written)]).toEqual([[], []]);
    expect([449, 512, 513, 1023].map((gfn) => leafOver(vm, gfn))).toEqual([
      "1@449 -d",
      "1@512 -d",
      "1@513 -d",
      "1@1023 -d",
    ]);
    expect(judge(vm)).toEqual([]);
  });

  it("clears what was got alone, the first word of it or all, and splits what it clears", () => {
    const vm = vmOf("gfn-448/clear-twice/no-pml/eager");
    vm.ioctl("enable");
    vm.access(448, true);
    vm.access(1000, true);
    expect(gfns(vm.written, 448)).toEqual([448, 1000]);
    vm.ioctl("get");
    expect([gfns(vm.dirty, 448).length, leafOver(vm, 448)]).toEqual([576, "1@448 wd"]);
    vm.ioctl("clear-first");
    expect([gfns(vm.dirty, 448)[0], gfns(vm.dirty, 448).length, vm.splitDone]).toEqual([512, 512, false]);
    expect([leafOver(vm, 448), leafOver(vm, 511), leafOver(vm, 1000)]).toEqual(["1@448 -d", "1@511 -d", "2@512 wd"]);
    expect(gfns(vm.written, 448)).toEqual([1000]);
    vm.ioctl("clear");
    expect([gfns(vm.dirty, 448), gfns(vm.written, 448), leafOver(vm, 1000), vm.splitDone]).toEqual([
      [],
      [],
      "1@1000 -d",
      true,
    ]);
    vm.access(1000, true);
    vm.ioctl("clear");
    // Userspace asks for what it got last, and that has the page: it is cleared again.
    expect(gfns(vm.dirty, 448)).toEqual([]);
    expect(judge(vm)).toEqual([]);
  });

  it("loses its log when logging is disabled", () => {
    const vm = vmOf("gfn-449/clear-first/pml/eager");
    vm.ioctl("enable");
    vm.access(449, true);
    vm.ioctl("get");
    vm.splitDone = true;
    vm.ioctl("disable");
    expect([vm.logging, vm.splitDone, gfns(vm.dirty), gfns(vm.written)]).toEqual([false, false, [], []]);
  });

  it("loses whole leaves to the host, keeps its tables, and knows what is gone until it is accessed", () => {
    const vm = vmOf("gfn-449/enable/pml/eager");
    const { tables } = vm.tree;
    vm.unmap(511, 513);
    expect([leafOver(vm, 510), leafOver(vm, 511), leafOver(vm, 700)]).toEqual(["1@510 wd", "none", "none"]);
    expect([gfns(vm.gone), vm.tree.tables]).toEqual([[511, 512], tables]);
    vm.access(511, false);
    expect([leafOver(vm, 511), gfns(vm.gone), vm.foundGone]).toEqual(["1@511 wd", [512], -1]);
    expect(judge(vm)).toEqual([]);
    vm.gone[449 - BASE] = 1;
    vm.access(449, false);
    expect([vm.foundGone, gfns(vm.gone)]).toEqual([449, [512]]);
  });

  it("maps 2M again where the slot has all of it and the host has taken none, that page alone, or all", () => {
    const mapped = (gone: readonly (readonly [number, number])[], gfn: number) => {
      const vm = vmOf("gfn-449/enable/pml/eager");
      vm.unmap(512, 513);
      vm.gone.fill(0);
      for (const [start, end] of gone) vm.gone.fill(1, start - BASE, end - BASE);
      vm.access(gfn, false);
      return [leafOver(vm, gfn), gfns(vm.gone).length];
    };
    expect(mapped([], 700)).toEqual(["2@512 wd", 0]);
    expect(mapped([[700, 701]], 700)).toEqual(["2@512 wd", 0]);
    expect(mapped([[512, 1024]], 700)).toEqual(["2@512 wd", 0]);
    expect(mapped([[701, 702]], 700)).toEqual(["1@700 wd", 1]);
    expect(mapped([[700, 702]], 700)).toEqual(["1@700 wd", 1]);
    expect(mapped([[512, 1023]], 700)).toEqual(["1@700 wd", 510]);
    const edge = vmOf("gfn-449/enable/pml/eager");
    edge.unmap(449, 512);
    edge.gone.fill(0);
    edge.access(450, false);
    expect(leafOver(edge, 450)).toBe("1@450 wd");
  });

  it("frees the table that a 2M page takes the place of", () => {
    const vm = vmOf("gfn-449/enable/pml/eager");
    vm.ioctl("enable");
    const { tables } = vm.tree;
    vm.ioctl("disable");
    vm.unmap(512, 1024);
    vm.access(512, true);
    expect([leafOver(vm, 1023), vm.tree.tables]).toEqual(["2@512 wd", tables - 1]);
    expect(judge(vm)).toEqual([]);
  });
});

describe("the judge of a small VM", () => {
  const damaged = (id: string, damage: (vm: SmallVm) => void, enabled = true) => {
    const vm = vmOf(id);
    if (enabled) vm.ioctl(vm.logged ? "enable" : "zap");
    damage(vm);
    return judge(vm);
  };
  const EAGER = "gfn-449/enable/pml/eager";
  const at = (vm: SmallVm, gfn: number) => {
    let found = -1;
    eachLeaf(
      vm.tree,
      (place) => {
        found = Math.max(found, place);
      },
      gfn,
      gfn + 1,
    );
    return found;
  };
  const one = (code: string, gpa: string, level: number, bytes: number, cause?: string) => ({
    code,
    count: 1,
    data: { gpa, level, bytes, ...(cause === undefined ? {} : { cause }) },
  });

  it("says nothing else of a walk that never ends", () => {
    const livelock = (id: string) =>
      damaged(id, (vm) => {
        vm.livelock = { walk: "split", gfn: 512 };
        vm.foundGone = 449;
      });
    const data = { walk: "split", root: 0, gpa: "0x200000" };
    expect(livelock(EAGER)).toEqual([{ code: "livelock", count: 1, data: { ...data, everyNPolls: 0 } }]);
    expect(livelock(`${EAGER}/every-3`)).toEqual([{ code: "livelock", count: 1, data: { ...data, everyNPolls: 3 } }]);
  });

  it("says where a page was accessed that the host had taken, or is still mapped", () => {
    expect(
      damaged(EAGER, (vm) => {
        vm.foundGone = 449;
      }),
    ).toEqual([one("still-mapped", "0x1c1000", 1, 4096)]);
    expect(damaged(EAGER, (vm) => void vm.gone.fill(1, 575 - 1))).toEqual([one("still-mapped", "0x3ff000", 1, 4096)]);
    expect(damaged(EAGER, (vm) => void vm.gone.fill(1, 100, 101), false)).toEqual([
      one("still-mapped", "0x200000", 2, 2 ** 21),
    ]);
  });

  it("says what a zap left", () => {
    expect(damaged("ends/zap", () => {})).toEqual([]);
    const left = damaged("ends/zap", (vm) => vm.tree.setTable(511, vm.tree.allocate(3)));
    expect(left).toEqual([one("not-zapped", "0xff8000000000", 4, 2 ** 39)]);
  });

  it("says which page can be written unseen, by its level and what PML sees", () => {
    const unseen = (id: string, set: number) =>
      damaged(id, (vm) => {
        vm.tree.words[at(vm, 700)]! |= set;
      });
    const lost = (gpa: string, level: number) =>
      one("dirty-page-lost", gpa, level, 4096 * 512 ** (level - 1), "next-write");
    expect(unseen(EAGER, DIRTY)).toEqual([lost("0x2bc000", 1)]);
    expect(unseen("gfn-449/enable/no-pml/eager", WRITABLE)).toEqual([lost("0x2bc000", 1)]);
    expect(unseen("gfn-449/enable/pml/lazy", WRITABLE)).toEqual([lost("0x200000", 2)]);
    const logged = damaged(EAGER, (vm) => {
      vm.tree.words[at(vm, 700)]! |= DIRTY;
      vm.dirty[700 - BASE] = 1;
    });
    expect(logged).toEqual([]);
    const few = damaged("gfn-449/enable/pml/lazy", (vm) => {
      vm.tree.words[at(vm, 700)]! |= WRITABLE;
      vm.dirty.fill(1);
      vm.dirty[900 - BASE] = 0;
    });
    expect(few).toEqual([lost("0x384000", 2)]);
  });

  it("says the first page that was written and is not in the log, while there is one", () => {
    const written = (vm: SmallVm) => {
      vm.written.fill(1, 572, 575);
      vm.dirty[572] = 1;
    };
    expect(damaged(EAGER, written)).toEqual([one("dirty-page-lost", "0x3fe000", 1, 4096, "written")]);
    expect(
      damaged(EAGER, (vm) => {
        vm.written[574] = 1;
      }),
    ).toHaveLength(1);
    expect(
      damaged(EAGER, (vm) => {
        vm.written[0] = 1;
      }),
    ).toHaveLength(1);
    expect(damaged(EAGER, written, false)).toEqual([]);
  });

  it("says what is huge where eager splitting went over the slot", () => {
    const split = (id: string, done: boolean) =>
      damaged(id, (vm) => {
        vm.splitDone = done;
      });
    const unsplit = one("unsplit-huge-page", "0x200000", 2, 2 ** 21);
    expect(split("gfn-449/clear-first/pml/eager", true)).toEqual([unsplit]);
    expect(split("gfn-449/clear-first/pml/eager", false)).toEqual([]);
    expect(split("gfn-449/clear-first/pml/lazy", true)).toEqual([]);
  });

  it("says which frame is wrong, and that tables are not linked or miscounted", () => {
    expect(damaged(EAGER, (vm) => void vm.tree.pfns[at(vm, 700)]!++)).toEqual([
      one("wrong-frame", "0x2bc000", 1, 4096),
    ]);
    expect(damaged(EAGER, (vm) => void vm.tree.allocate(1))).toEqual([
      { code: "tables-not-linked", count: 1, data: { used: 6, linked: 5 } },
    ]);
    expect(damaged(EAGER, (vm) => void vm.tree.used[0]!++)).toEqual([
      { code: "table-bookkeeping-wrong", count: 1, data: { gpa: "0x0", level: 4, present: 1, usedCount: 2 } },
    ]);
  });
});
