import type { WalkPosition } from "./walkRules.js";

/**
 * What user hooks see of a walk: the position, and no way to the tables behind it. Assigning to it
 * throws.
 */
class ReadOnlyPosition implements WalkPosition {
  private at!: WalkPosition;

  of(at: WalkPosition): this {
    if (this.at !== at) this.at = at;
    return this;
  }
  get level(): number {
    return this.at.level;
  }
  get index(): number {
    return this.at.index;
  }
  get addr(): number {
    return this.at.addr;
  }
  get end(): number {
    return this.at.end;
  }
  get entryGfn(): number {
    return this.at.entryGfn;
  }
  get span(): number {
    return this.at.span;
  }
  get lo(): number {
    return this.at.lo;
  }
  get hi(): number {
    return this.at.hi;
  }
  get fresh(): number {
    return this.at.fresh;
  }
}

/** A view for one hook, for `guardHook`: the same object each time, told where the walk is. */
export function readOnly(): (at: WalkPosition) => WalkPosition {
  const position = new ReadOnlyPosition();
  return (at) => position.of(at);
}
