import { describe, expect, it } from "vitest";
import { withId } from "../../../lists.js";
import type { StepSink } from "../../traceEvents.js";
import { x86Tdp } from "../mmu.js";
import { tdpInterleave } from "./index.js";

const searching = () => tdpInterleave({ actions: 2, dirtyTracking: "faults" });
const subject = (unit: string, strategy = "baseline", sink?: StepSink) => {
  const search = searching();
  return search.subject(withId(x86Tdp.strategies, strategy), search.unitIds.indexOf(unit), sink);
};
const run = (unit: string, strategy?: string, sink?: StepSink) => {
  const ran = subject(unit, strategy, sink)!;
  expect(ran.run([])).toEqual([]);
  return ran;
};

const HARDWARE = ["no-pml/lazy", "no-pml/eager", "pml/lazy", "pml/eager"];

describe("the units of the search through interleavings", () => {
  it("are zaps, both slots with every script and hardware, one that logs again, and the slot with a hole", () => {
    const yields = ["", "/every-1", "/every-3"];
    const ofSlot = (slot: string) =>
      HARDWARE.flatMap((how) => [
        ...yields.map((policy) => `${slot}/enable/${how}${policy}`),
        ...["clear-twice", "clear-first"].map((script) => `${slot}/${script}/${how}`),
      ]);
    expect(searching().unitIds).toEqual([
      ...["ends/zap", "two-tables/zap"].flatMap((unit) => yields.map((policy) => `${unit}${policy}`)),
      ...ofSlot("gfn-449"),
      ...ofSlot("gfn-448"),
      "gfn-449/again/no-pml/eager",
      ...HARDWARE.map((how) => `hole/enable/${how}`),
    ]);
  });

  it("are told by guest, by what userspace does, by hardware and by when walks yield", () => {
    const ends = "a root with 4K pages at gfn 0 to 2 and 511, and a 2M page at gfn 512; the root is zapped";
    const slot = "a slot of 575 pages from gfn 449: 63 pages of 4K, then one of 2M; ";
    const words: Readonly<Record<string, string>> = {
      "ends/zap": ends,
      "ends/zap/every-1": `${ends}; every poll finds that the walk must yield`,
      "two-tables/zap/every-3":
        "a root with 4K pages at gfn 40, 41 and 1100; the root is zapped; every 3rd poll finds that the walk must yield",
      "gfn-449/enable/pml/lazy": `${slot}logging is enabled, then the log is got; PML on, eager splitting off`,
      "gfn-449/clear-twice/no-pml/eager":
        `${slot}logging is enabled with all bits set, the log is got, its first word is cleared, then all, and it is ` +
        "got again; PML off, eager splitting on",
      "gfn-449/clear-first/pml/eager":
        `${slot}logging is enabled with all bits set, the log is got, its first word is cleared, and it is got again; ` +
        "PML on, eager splitting on",
      "gfn-449/again/no-pml/eager": `${slot}logging is enabled, disabled, enabled again, then the log is got; PML off, eager splitting on`,
      "hole/enable/no-pml/lazy":
        "a slot of 1,536 pages from gfn 512: nothing mapped in the first 512, then a page of 2M that an earlier round " +
        "of logging left write-protected, then one more; logging is enabled, then the log is got; PML off, eager " +
        "splitting off",
    };
    for (const [unit, said] of Object.entries(words)) {
      const { id, words: told } = subject(unit)!;
      expect([id, told]).toEqual([unit, said]);
    }
  });

  it("have as actions what vCPUs, the host and, where a slot is logged, another thread may do", () => {
    const nobody = "it yields, and nobody does anything";
    const accessed = (...pages: readonly number[]) =>
      pages.flatMap((page) => [`a vCPU writes page ${page}`, `a vCPU reads page ${page}`]);
    const unmaps = (page: number, ...ranges: readonly string[]) => [
      `the host takes page ${page} away`,
      ...ranges.map((range) => `the host takes pages ${range} away`),
    ];
    const thread = ["gets the log", "disables logging", "deletes the slot"].map((what) => `another thread ${what}`);
    expect(subject("ends/zap")!.actionWords).toEqual([nobody, ...unmaps(1, "0 to 511", "512 to 1023")]);
    expect(subject("two-tables/zap")!.actionWords).toEqual([
      nobody,
      ...unmaps(41, "0 to 511", "512 to 1023", "1024 to 1535"),
    ]);
    expect(subject("gfn-449/enable/pml/lazy")!.actionWords).toEqual([
      nobody,
      ...accessed(449, 511, 512, 700),
      ...unmaps(450, "449 to 511", "512 to 1023"),
      ...thread,
    ]);
    expect(subject("gfn-448/clear-first/pml/lazy")!.actionWords).toEqual([
      nobody,
      ...accessed(448, 511, 512, 700),
      ...unmaps(449, "448 to 511", "512 to 1023"),
      thread[0],
      "another thread gets the log and clears what it got",
      ...thread.slice(1),
    ]);
    expect(subject("hole/enable/pml/lazy")!.actionWords).toEqual([
      nobody,
      ...accessed(512, 1024, 1100, 1536),
      ...unmaps(1025, "512 to 1023", "1024 to 1535", "1536 to 2047"),
      ...thread,
    ]);
  });

  it("let others act between ioctls, and within a walk by what they may do there", () => {
    const between = Array.from({ length: 14 }, (_, i) => i + 1);
    const [written, dropped] = [
      [1, 3, 5, 7],
      [0, ...between.slice(0, 11)],
    ];
    const places = run("gfn-449/enable/pml/eager").choices();
    expect(places[0]).toEqual(between);
    expect(places.at(-1)).toEqual(between);
    expect(new Set(places.slice(1, -1).map((actions) => actions.join()))).toEqual(
      new Set([written.join(), dropped.join(), between.join()]),
    );
    expect(places.filter((actions) => actions.join() === between.join())).toHaveLength(3);
    // Where walks yield all the time, nobody chooses that they do.
    const always = run("gfn-449/enable/pml/eager/every-1").choices();
    expect(new Set(always.map((actions) => actions.join()))).toEqual(
      new Set([between.join(), dropped.slice(1).join()]),
    );
    expect(run("ends/zap").choices()[0]).toEqual([1, 2, 3]);
  });

  it("let others act at ends of what is mapped and of tables, and nowhere within", () => {
    const unit = run("gfn-449/enable/no-pml/lazy");
    const wheres = unit.choices().flatMap((actions, place) => unit.tell([{ place, action: actions.at(-1)! }]));
    const read = "while logging is being enabled, with mmu_lock held for reading, when a walk has read the level-";
    expect(wheres.map(({ where }) => where.replace(read, "read "))).toEqual([
      "before logging is enabled",
      "read 4 entry of gfn 0",
      "read 3 entry of gfn 0",
      "read 2 entry of gfn 0",
      "read 1 entry of gfn 449",
      "read 1 entry of gfn 511",
      "while logging is being enabled, where a walk drops mmu_lock at the level-1 entry of gfn 511",
      "read 2 entry of gfn 512",
      "while logging is being enabled, where a walk drops mmu_lock at the level-2 entry of gfn 512",
      "before the log is got",
      "in the end",
    ]);
  });

  it("have nobody act once more where walks yield all the time and the others have acted", () => {
    const unit = subject("gfn-449/enable/pml/eager/every-3")!;
    unit.run([]);
    expect(unit.choices().length).toBeGreaterThan(0);
    unit.run([{ place: 0, action: 1 }]);
    expect(unit.choices()).toEqual([]);
    const chosen = subject("gfn-449/enable/pml/eager")!;
    chosen.run([{ place: 0, action: 1 }]);
    expect(chosen.choices().length).toBeGreaterThan(0);
  });

  it("are not tried with a strategy that is for zaps alone where there is none", () => {
    expect(subject("ends/zap", "skip-not-present")).not.toBeNull();
    expect(subject("gfn-449/enable/pml/eager", "skip-not-present")).toBeNull();
  });

  it("tell what userspace does, and where an ioctl fails", () => {
    const told: string[] = [];
    const unit = subject("gfn-449/clear-twice/no-pml/lazy", "baseline", (step) => {
      if (step.event === "ioctl" || step.event === "action") told.push(String((step as { text?: string }).text));
    })!;
    const disable = unit.actionWords.indexOf("another thread disables logging");
    unit.run([{ place: 2, action: disable }]);
    const fails = "fails: the slot has no log";
    expect(told).toEqual([
      "logging is enabled",
      "the log is got",
      "another thread disables logging",
      "the first word is cleared",
      fails,
      "the log is cleared",
      fails,
      "the log is got",
      fails,
    ]);
  });
});

it("the bound of the search is said in full", () => {
  expect(searching().text).toBe(
    "every choice of up to 2 yields and actions of others on 2 roots that are zapped (31 physical address bits) and 3 " +
      "slots, from gfn 448, 449 and 512, that are enabled or cleared, with PML and eager splitting on and off; polls " +
      "find a yield due where the schedule says, or at every poll or every 3rd with one action less; walks yield at " +
      "entries where what is mapped begins or ends and at the ends of tables, and drop mmu_lock to allocate: a vCPU " +
      "reads or writes one of 4 pages, the host takes away a page or 2M; while enabling holds mmu_lock for reading, a " +
      "vCPU writes one of 4 pages at such an entry when it was read; between ioctls another thread gets or clears the " +
      "log, disables logging or deletes the slot",
  );
  expect(() => tdpInterleave({ actions: 0, dirtyTracking: "hardware" })).toThrow(
    "--dirty-tracking hardware with --mmu x86-tdp: its guests have PML on and off; expected faults",
  );
});
