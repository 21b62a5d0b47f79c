import type { ByLevel } from "./counts.js";
import { LEAF_MASK, VALID } from "./entry.js";
import type { GStageGeometry, TableShape } from "./geometry.js";
import type { TableMemory } from "./memory.js";

/**
 * A lookup of one guest frame: from the root down, one entry a level, to a leaf, an empty entry, or
 * level 0. One object, whose fields say where the last lookup stopped.
 *
 * Each entry counts once a level, however often the C code loads it.
 *
 * Source: Linux 7.3, arch/riscv/kvm/gstage.c, `kvm_riscv_gstage_get_leaf()`.
 */
export class Lookup {
  /** The entry where it stopped. */
  slot = 0;
  level = 0;
  /** Whether that is a leaf; else it is empty. */
  found = false;

  private readonly rootLevel: number;
  private readonly shape: TableShape;

  constructor(
    private readonly mem: TableMemory,
    { rootLevel, shape }: GStageGeometry,
  ) {
    this.rootLevel = rootLevel;
    this.shape = shape;
  }

  /** @param inspected what the entries read are added to, by level */
  of(gfn: number, inspected: ByLevel): void {
    const { mem, shape } = this;
    const words = mem.words;
    let level = this.rootLevel;
    let slot = shape.rootIndex(gfn, level);
    for (;;) {
      inspected[level]!++;
      const lo = words[2 * slot]!;
      if ((lo & LEAF_MASK) !== 0 || (lo & VALID) === 0) {
        this.found = (lo & LEAF_MASK) !== 0;
        break;
      }
      level--;
      slot = mem.childOf(lo, words[2 * slot + 1]!) * shape.entries + shape.index(gfn, level);
    }
    this.slot = slot;
    this.level = level;
  }
}
