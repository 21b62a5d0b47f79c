import { describe, expect, it } from "vitest";
import { perform } from "./actions.js";
import { GUESTS, type SmallGuest, SOME, type Step } from "./guests.js";
import { ScriptRun } from "./run.js";
import { SmallVm } from "./vm.js";

/** A VM without tables: what userspace knows of it is all that there is. */
class Tableless extends SmallVm {
  mapped = true;
  readonly calls: (readonly unknown[])[] = [];
  readonly ioctls: Step[] = [];
  override ioctl(step: Step): boolean {
    this.ioctls.push(step);
    return super.ioctl(step);
  }
  walksDone(): number {
    return 0;
  }
  protected resetTables(): void {}
  protected enableSlot(): void {
    this.calls.push(["enable"]);
  }
  protected takeWords(asked: number, split: boolean): number {
    this.calls.push(["take", asked, split]);
    const taken = this.dirty & asked;
    this.dirty &= ~taken;
    return taken;
  }
  protected loggingDisabled(): void {
    this.calls.push(["disabled"]);
  }
  protected accessTables(gfn: number, write: boolean): void {
    if (write && this.logging) this.markDirty(gfn);
  }
  protected unmapTables(start: number, end: number): void {
    this.calls.push(["unmap", start, end]);
  }
  protected isMapped(): boolean {
    return this.mapped;
  }
  /** As its faults ask for it. */
  spanAt(gfn: number): number {
    return this.naturalSpan(gfn, [16, 4]);
  }
}

const vmOf = (manual: boolean) => new Tableless(GUESTS[0]!, manual, 8);

it("another thread's get takes what is dirty, its get with a clear too, and its disabling ends the log", () => {
  const vm = vmOf(false);
  vm.reset();
  vm.ioctl("enable");
  perform({ kind: "write", gfn: 3 }, vm);
  expect(vm.dirty).toBe(0b1000);
  perform({ kind: "get" }, vm);
  expect(vm.dirty).toBe(0);
  perform({ kind: "disable" }, vm);
  expect(vm.logging).toBe(false);
  expect(vm.ioctls).toEqual(["enable", "get", "disable"]);

  const manual = vmOf(true);
  manual.reset();
  manual.ioctl("enable");
  perform({ kind: "get" }, manual);
  expect(manual.dirty).toBe(0xffff);
  perform({ kind: "get-and-clear" }, manual);
  expect(manual.dirty).toBe(0);
});

it("a schedule is told in the order in which its actions happen", () => {
  const vm = vmOf(false);
  const script = { id: "get", words: "enable, get", manual: false, steps: ["enable", "get"] as const };
  const run = new ScriptRun("get/guest", "a guest", script, vm, () => []);
  const told = run.tell([
    { place: 0, action: 0 },
    { place: 0, action: 3 },
    { place: 1, action: 1 },
  ]);
  expect(told.map(({ place, action }) => [place, action])).toEqual([
    [0, "a vCPU writes page 0"],
    [0, "a vCPU reads page 0"],
    [1, "a vCPU writes page 5"],
  ]);
});

/** A slot of 16 pages from page 2, with words of 8 pages. */
const FROM_2: SmallGuest = GUESTS.find(({ id }) => id === "from-page-2")!;

/** With logging enabled. */
function logging(manual: boolean, guest = FROM_2): Tableless {
  const vm = new Tableless(guest, manual, 8);
  vm.reset();
  vm.ioctl("enable");
  return vm;
}

describe("what userspace knows of a small VM", () => {
  it("has sets of pages with the slot's first in bit 0, of which those outside the slot are none", () => {
    const vm = new Tableless(FROM_2, false, 8);
    const ranges = [
      [2, 3],
      [0, 3],
      [17, 20],
      [0, 2],
      [18, 20],
      [3, 5],
      [0, 32],
    ] as const;
    expect(ranges.map(([start, end]) => vm.bits(start, end))).toEqual([1, 1, 0x8000, 0, 0, 0b110, 0xffff]);
    expect([1, 0b110, 0x8000].map((bits) => vm.frame(bits))).toEqual([2, 3, 17]);
  });

  it("has every page dirty at first with manual protect, and none without", () => {
    const [manual, plain] = [logging(true), logging(false)];
    expect([manual.dirty, manual.splitOver, manual.calls]).toEqual([0xffff, 0, []]);
    expect([plain.dirty, plain.splitOver, plain.calls]).toEqual([0, 0xffff, [["enable"]]]);
  });

  it("forgets a page that was written when the log is got, or when what was got is cleared", () => {
    const plain = logging(false);
    plain.access(4, true);
    plain.access(5, false);
    expect([plain.dirty, plain.written]).toEqual([0b100, 0b100]);
    expect(plain.markDirty(4)).toBe(false);
    expect(plain.markDirty(5)).toBe(true);
    plain.ioctl("get");
    expect([plain.dirty, plain.written, plain.calls.at(-1)]).toEqual([0, 0, ["take", -1, false]]);

    const manual = logging(true);
    manual.ioctl("get");
    manual.access(4, true);
    expect(manual.written).toBe(0b100);
    manual.ioctl("clear-first");
    expect([manual.written, manual.dirty, manual.splitOver]).toEqual([0, 0xff00, 0xff]);
    expect(manual.calls).toEqual([["take", 0xff, true]]);
    manual.ioctl("clear");
    expect([manual.dirty, manual.splitOver, manual.calls.at(-1)]).toEqual([0, 0xffff, ["take", 0xffff, true]]);
  });

  it("splits from the first to the last page of each word that a clear takes", () => {
    const vm = logging(true);
    vm.ioctl("get");
    vm.ioctl("clear-some");
    expect([vm.calls, vm.dirty]).toEqual([[["take", SOME, true]], 0xffff & ~SOME]);
    expect(vm.splitOver).toBe(0b0110_0000_0011_1110);
    vm.ioctl("disable");
    expect([vm.logging, vm.dirty, vm.written, vm.splitOver]).toEqual([false, 0, 0, 0]);
    expect(vm.calls.at(-1)).toEqual(["disabled"]);
  });

  it("has ioctls that fail without a log, and nothing any more once the slot is deleted", () => {
    const vm = new Tableless(FROM_2, false, 8);
    vm.reset();
    expect(["get", "clear", "disable"].map((step) => vm.ioctl(step as Step))).toEqual([false, false, false]);
    expect([vm.ioctl("enable"), vm.ioctl("get")]).toEqual([true, true]);
    vm.deleteSlot();
    expect([vm.exists, vm.logging, vm.gone, vm.calls.at(-1)]).toEqual([false, false, 0xffff, ["unmap", 2, 18]]);
    expect(vm.ioctl("enable")).toBe(false);
    vm.access(4, true);
    expect([vm.gone, vm.written]).toEqual([0xffff, 0]);
  });

  it("notes a page that is found mapped although the host took it away, and has it back by an access", () => {
    const vm = new Tableless(FROM_2, false, 8);
    vm.reset();
    vm.unmap(4, 6);
    expect([vm.gone, vm.foundGone, vm.calls]).toEqual([0b1100, -1, [["unmap", 4, 6]]]);
    vm.mapped = false;
    vm.access(4, true);
    expect([vm.gone, vm.foundGone, vm.written]).toEqual([0b1000, -1, 0]);
    vm.mapped = true;
    vm.access(4, false);
    expect(vm.foundGone).toBe(-1);
    vm.access(5, false);
    expect([vm.gone, vm.foundGone]).toEqual([0, 5]);
    vm.reset();
    expect([vm.gone, vm.foundGone]).toEqual([0, -1]);
  });

  it("allows a block that lies in the slot, and whose other pages are there or all of which come back", () => {
    const vm = new Tableless(GUESTS[0]!, false, 8);
    vm.reset();
    expect([vm.spanAt(0), vm.spanAt(15)]).toEqual([16, 16]);
    vm.unmap(5, 7);
    expect([vm.spanAt(5), vm.spanAt(0), vm.spanAt(15)]).toEqual([1, 4, 4]);
    vm.access(6, false);
    expect([vm.spanAt(6), vm.gone, vm.spanAt(5), vm.gone]).toEqual([1, 0b10_0000, 16, 0]);
    vm.unmap(0, 16);
    expect([vm.spanAt(5), vm.gone]).toEqual([16, 0]);
    const off = new Tableless(FROM_2, false, 8);
    off.reset();
    expect([2, 3, 4, 15, 16, 17].map((gfn) => off.spanAt(gfn))).toEqual([1, 1, 4, 4, 1, 1]);
  });
});

/** A VM whose ioctls come to places where mmu_lock may be dropped. */
class Dropping extends Tableless {
  run: ScriptRun | null = null;
  walks = 0;
  at: readonly number[] = [];
  override walksDone(): number {
    return this.walks;
  }
  override ioctl(step: Step): boolean {
    for (const at of this.at) {
      this.walks++;
      this.run!.lockDropped(at);
      this.run!.lockDropped(at);
    }
    return super.ioctl(step);
  }
}

function dropping(steps: readonly Step[], at: readonly number[]) {
  const vm = new Dropping(FROM_2, true, 8);
  const told: unknown[] = [];
  const judged: number[] = [];
  const judge = () => {
    judged.push(vm.dirty);
    return [];
  };
  const script = { id: "s", words: "a script", manual: true, steps };
  const run = new ScriptRun("s/guest", "a guest", script, vm, judge, (event) => told.push(event));
  vm.run = run;
  vm.at = at;
  return { run, told, judged };
}

describe("a script with others between", () => {
  it("lets others act before each ioctl, once where mmu_lock is dropped after a walk, and in the end", () => {
    const { run, told, judged } = dropping(["enable", "get", "clear", "clear-first", "clear-some", "disable"], [7, -1]);
    const places = Array.from({ length: 19 }, (_, place) => ({ place, action: 3 }));
    expect(run.tell(places).map(({ where }) => where)).toEqual([
      "before logging is enabled",
      "while logging is being enabled, before it goes on at page 7",
      "while logging is being enabled, after its last walk under mmu_lock",
      "before the log is got",
      "while the log is being got, before it goes on at page 7",
      "while the log is being got, after its last walk under mmu_lock",
      "before the log is cleared",
      "while the log is being cleared, before it goes on at page 7",
      "while the log is being cleared, after its last walk under mmu_lock",
      "before the first word of the log is cleared",
      "while the first word of the log is being cleared, before it goes on at page 7",
      "while the first word of the log is being cleared, after its last walk under mmu_lock",
      "before some pages of the log are cleared",
      "while some pages of the log are being cleared, before it goes on at page 7",
      "while some pages of the log are being cleared, after its last walk under mmu_lock",
      "before logging is disabled",
      "while logging is being disabled, before it goes on at page 7",
      "while logging is being disabled, after its last walk under mmu_lock",
      "in the end",
    ]);
    expect(run.choices().map((open) => open.length)).toEqual([14, ...Array(6).fill([10, 10, 14]).flat()]);
    expect(judged).toEqual([0]);
    expect(told.slice(0, 4)).toEqual([
      { event: "action", phase: "others", text: "a vCPU reads page 2" },
      { event: "ioctl", phase: "userspace", text: "logging is enabled" },
      { event: "action", phase: "others", text: "a vCPU reads page 2" },
      { event: "action", phase: "others", text: "a vCPU reads page 2" },
    ]);
  });

  it("says that an ioctl fails, which it does where another thread has disabled logging", () => {
    const { run, told } = dropping(["enable", "get"], []);
    const disable = run.actionWords.indexOf("another thread disables logging");
    expect(run.run([{ place: 1, action: disable }])).toEqual([]);
    expect(told).toEqual([
      { event: "ioctl", phase: "userspace", text: "logging is enabled" },
      { event: "action", phase: "others", text: "another thread disables logging" },
      { event: "ioctl", phase: "userspace", text: "the log is got" },
      { event: "action", phase: "userspace", text: "fails: the slot has no log" },
    ]);
  });

  it("has a walk that comes to a thousand places for one that never ends", () => {
    // Before each ioctl there is a place, and one in the end.
    const places = (count: number) => Array.from({ length: count }, (_, i) => i);
    expect(dropping(["enable"], places(999)).run.run([])).toEqual([]);
    expect(dropping(["enable"], places(1000)).run.run([])).toEqual([{ code: "walk-never-ends", count: 1, data: {} }]);
  });
});
