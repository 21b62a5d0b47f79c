import type { FrameRange } from "../flow/slots.js";

/** What another party may do. Pages and ranges are frames. */
export type Action =
  | { readonly kind: "read" | "write"; readonly gfn: number }
  /** An MMU notifier: the host takes memory away. */
  | { readonly kind: "unmap"; readonly start: number; readonly end: number }
  /** Another thread of userspace; not while an ioctl runs, since both hold `slots_lock`. */
  | { readonly kind: "get" | "get-and-clear" | "disable" | "delete" };

/**
 * The actions of a slot: those that need mmu_lock alone first, then those of another thread of
 * userspace.
 */
export interface ActionList {
  readonly all: readonly Action[];
  /** Numbers of the actions that may happen while an ioctl runs, and between ioctls. */
  readonly underIoctl: readonly number[];
  readonly between: readonly number[];
}

/**
 * Actions on a slot's first page, on one in the middle and on its last; unmapping of a page,
 * blocks, a range across blocks, all.
 */
export function actionsOn({ startGfn, endGfn }: FrameRange, manual: boolean): ActionList {
  const middle = startGfn + 5;
  const pages = [startGfn, middle, endGfn - 1];
  const block = Math.floor(middle / 4) * 4;
  const unmaps: readonly (readonly [number, number])[] = [
    [middle, middle + 1],
    [block, block + 4],
    [startGfn, endGfn],
    [startGfn + 3, middle + 1],
  ];
  const lock: Action[] = [
    ...pages.map((gfn): Action => ({ kind: "write", gfn })),
    ...pages.map((gfn): Action => ({ kind: "read", gfn })),
    ...unmaps.map(([start, end]): Action => ({ kind: "unmap", start, end })),
  ];
  const all = [...lock, ...ioctlsOf(manual)];
  return { all, underIoctl: lock.map((_, i) => i), between: all.map((_, i) => i) };
}

/** What another thread of userspace may do to the slot between ioctls. */
export function ioctlsOf(manual: boolean): readonly Action[] {
  const clears: Action[] = manual ? [{ kind: "get-and-clear" }] : [];
  return [{ kind: "get" }, ...clears, { kind: "disable" }, { kind: "delete" }];
}

/** A VM as others act on it. */
export interface ActedOn {
  access(gfn: number, write: boolean): void;
  unmap(start: number, end: number): void;
  ioctl(step: "get" | "clear" | "disable"): boolean;
  deleteSlot(): void;
}

/** Does to a VM what another party does. */
export function perform(action: Action, vm: ActedOn): void {
  switch (action.kind) {
    case "read":
    case "write":
      vm.access(action.gfn, action.kind === "write");
      return;
    case "unmap":
      vm.unmap(action.start, action.end);
      return;
    case "get-and-clear":
      vm.ioctl("get");
      vm.ioctl("clear");
      return;
    case "delete":
      vm.deleteSlot();
      return;
    default:
      vm.ioctl(action.kind);
  }
}

export function actionWords(action: Action): string {
  switch (action.kind) {
    case "read":
      return `a vCPU reads page ${action.gfn}`;
    case "write":
      return `a vCPU writes page ${action.gfn}`;
    case "unmap":
      return action.end === action.start + 1
        ? `the host takes page ${action.start} away`
        : `the host takes pages ${action.start} to ${action.end - 1} away`;
    case "get":
      return "another thread gets the log";
    case "get-and-clear":
      return "another thread gets the log and clears what it got";
    case "disable":
      return "another thread disables logging";
    case "delete":
      return "another thread deletes the slot";
  }
}
