import type { Geometry } from "../../guest/geometry.js";
import { LoggedSlot } from "../flow/loggedSlot.js";
import type { FaultSlot } from "./faults.js";
import { type FlowSlotLayout, naturalLevel } from "./hostMemory.js";

/** A memslot of a running guest, and the memory behind it. */
export class Memslot extends LoggedSlot<FlowSlotLayout> implements FaultSlot {
  constructor(
    private readonly geometry: Geometry,
    layout: FlowSlotLayout,
  ) {
    super(layout);
  }

  naturalLevel(gfn: number): number {
    return naturalLevel(this.geometry, gfn, this.layout);
  }
}
