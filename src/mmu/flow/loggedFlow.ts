import { badInput } from "../../errors.js";
import { DirtyBitmap } from "./dirtyBitmap.js";
import type { FlowPages } from "./flowPages.js";
import { type GuestAccesses, type GuestPassInput, guestAccesses } from "./guestAccess.js";
import type { DirtyLogStep, GuestFlow } from "./guestFlow.js";
import type { LoggedSlot } from "./loggedSlot.js";

/** What ioctls of a step do with bitmaps. */
interface IoctlCounts {
  ioctls: number;
  dirtyReturned: number;
}

type StepOf<Op extends DirtyLogStep["op"]> = DirtyLogStep & { readonly op: Op };

/**
 * One VM while a flow goes on: its guests, and its dirty log as KVM's generic code keeps it. What
 * tables do is the MMU's own.
 *
 * Source: Linux 7.3, virt/kvm/kvm_main.c.
 */
export abstract class LoggedFlow<
  Input extends Omit<GuestFlow, "steps">,
  Layout extends FlowPages,
  Slot extends LoggedSlot,
  Outcome,
> {
  /** Guests' accesses and their faults. */
  protected abstract readonly mmu: { access(vcpu: number, gfn: number, write: boolean): void };
  protected abstract readonly ioctl: IoctlCounts;
  private readonly accesses: GuestAccesses;

  constructor(
    protected readonly input: Input,
    readonly layout: Layout,
    readonly slots: readonly Slot[],
  ) {
    this.accesses = guestAccesses(input, layout.passPages);
  }

  /** Sets the counts of a step back. */
  protected abstract begin(): void;
  /** What logging that begins with all pages clean does to a slot's tables. */
  protected abstract enableSlot(slot: Slot): void;
  /**
   * Takes what is asked for (null: all) and dirty out of a slot's bitmap.
   *
   * @param clears KVM_CLEAR_DIRTY_LOG does, and may split
   */
  protected abstract takeDirty(slot: Slot, asked: DirtyBitmap | null, clears: boolean): void;
  protected abstract guestOutcome(phase: string): Outcome;
  protected abstract ioctlOutcome(phase: string): Outcome;
  /** What disabling logging does to a slot's tables. */
  protected disableSlot(_slot: Slot): void {}
  protected disableOutcome(phase: string): Outcome {
    return this.ioctlOutcome(phase);
  }

  /** Runs one step. @throws UserError for one that cannot be */
  run(step: DirtyLogStep): Outcome[] {
    this.begin();
    switch (step.op) {
      case "guest":
        this.pass(step, 0, 1);
        return [this.guestOutcome(step.name)];
      case "access":
        this.accessRuns(step);
        return [this.guestOutcome(step.name)];
      case "enable":
        this.enable();
        break;
      case "get":
        this.get(step.name);
        break;
      case "clear":
        for (const slot of this.slots) this.clear(slot, slot.lastGot ?? new DirtyBitmap(slot.pages), step.name);
        break;
      case "clear_part":
        this.clear(...this.partOf(step), step.name);
        break;
      case "disable":
        return this.disable(step);
    }
    return [this.ioctlOutcome(step.name)];
  }

  /** Bits set in all slots; none after logging is disabled. */
  protected get dirtyBits(): number {
    return this.slots.reduce((sum, { bitmap }) => sum + (bitmap?.count() ?? 0), 0);
  }

  protected partOf({ slot: index, firstPage, runs }: StepOf<"clear_part">): [Slot, DirtyBitmap] {
    const slot = this.slots[index]!;
    const asked = new DirtyBitmap(slot.pages);
    for (const [bit, count] of runs) asked.setRun(firstPage + bit, Math.min(count, slot.pages - firstPage - bit));
    return [slot, asked];
  }

  /** The part of a pass from one share of its accesses to another. */
  private pass(step: GuestPassInput, fromShare: number, toShare: number): void {
    const { passPages, gfnOfGuestPage } = this.layout;
    const { mmu } = this;
    this.accesses.pass(step, Math.floor(fromShare * passPages), Math.floor(toShare * passPages), (vcpu, page, write) =>
      mmu.access(vcpu, gfnOfGuestPage(page), write),
    );
  }

  private accessRuns({ name, accesses }: StepOf<"access">): void {
    const { npages, gfnOfPage } = this.layout;
    for (const [vcpu, kind, first, count] of accesses) {
      if (!(vcpu >= 0 && vcpu < this.input.vcpus && first >= 0 && first + count <= npages)) {
        const run = `${name}: access [${vcpu}, ${kind}, ${first}, ${count}]`;
        throw badInput(run, "beyond the guest", "its own pages");
      }
      for (let page = first; page < first + count; page++) this.mmu.access(vcpu, gfnOfPage(page), kind === "w");
    }
  }

  /** With initially-all-set enabling touches no tables, and all bits are 1. */
  private enable(): void {
    for (const slot of this.slots) {
      this.ioctl.ioctls++;
      slot.bitmap = new DirtyBitmap(slot.pages);
      slot.lastGot = null;
      if (this.input.manual === 3) slot.bitmap.setAll();
      else this.enableSlot(slot);
    }
  }

  /** `kvm_get_dirty_log_protect()`: never splits. */
  private get(step: string): void {
    for (const slot of this.slots) {
      const bitmap = bitmapOf(slot, step);
      this.ioctl.ioctls++;
      slot.lastGot = bitmap.copy();
      this.ioctl.dirtyReturned += bitmap.count();
      if (this.input.manual === 0) this.takeDirty(slot, null, false);
    }
  }

  /** `kvm_clear_dirty_log_protect()`: what is asked for and dirty. */
  private clear(slot: Slot, asked: DirtyBitmap, step: string): void {
    if (this.input.manual === 0) throw badInput(`step ${step}`, "clears without manual protect", "manual 1 or 3");
    bitmapOf(slot, step);
    this.ioctl.ioctls++;
    this.takeDirty(slot, asked, this.input.manual === 3);
  }

  /** Slot by slot, between the equal parts of a pass that runs meanwhile. */
  private disable({ name, guests }: StepOf<"disable">): Outcome[] {
    const parts = this.slots.length + 1;
    const part = (index: number): void => {
      if (guests !== undefined) this.pass(guests, index / parts, (index + 1) / parts);
    };
    part(0);
    for (const [index, slot] of this.slots.entries()) {
      slot.bitmap = null;
      slot.lastGot = null;
      this.ioctl.ioctls++;
      this.disableSlot(slot);
      part(index + 1);
    }
    const ioctls = this.disableOutcome(name);
    return guests === undefined ? [ioctls] : [ioctls, this.guestOutcome(guests.name)];
  }
}

/** The bitmap of a slot. @throws UserError while logging is disabled */
function bitmapOf({ bitmap }: LoggedSlot, step: string): DirtyBitmap {
  if (bitmap === null) throw badInput(`step ${step}`, "needs a dirty log", "an enable step before it");
  return bitmap;
}
