import { expect, it } from "vitest";
import { perform } from "./actions.js";
import { GUESTS, type Step } from "./guests.js";
import { ScriptRun } from "./run.js";
import { SmallVm } from "./vm.js";

/** A VM without tables: what userspace knows of it is all that there is. */
class Tableless extends SmallVm {
  readonly ioctls: Step[] = [];
  override ioctl(step: Step): boolean {
    this.ioctls.push(step);
    return super.ioctl(step);
  }
  walksDone(): number {
    return 0;
  }
  protected resetTables(): void {}
  protected enableSlot(): void {}
  protected takeWords(asked: number): number {
    const taken = this.dirty & asked;
    this.dirty &= ~taken;
    return taken;
  }
  protected loggingDisabled(): void {}
  protected accessTables(gfn: number, write: boolean): void {
    if (write && this.logging) this.markDirty(gfn);
  }
  protected unmapTables(): void {}
  protected isMapped(): boolean {
    return true;
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
