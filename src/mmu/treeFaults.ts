/** What can be wrong with a finished tree, held against the layout that it was made from. */
export type TreeFault =
  /** A leaf above the smallest in a range that was to be split. */
  | "unsplit-block"
  /** A page that was mapped is no longer. */
  | "lost-coverage"
  /** A page is mapped that was not (or a leaf reaches beyond its memory). */
  | "stray-mapping"
  /** A leaf maps another output address than before. */
  | "wrong-output-address"
  /** A leaf's bits, other than write permission, changed. */
  | "wrong-attributes"
  /** A leaf is writable that was to be write-protected. */
  | "not-write-protected"
  /** A leaf is write-protected outside every range that was to be. */
  | "needlessly-write-protected";

/** How many leaves or entries, and where the first is. */
interface Fault {
  count: number;
  bytes: number;
  firstGfn: number;
  level: number;
}

/** Faults of a finished tree by code. */
export class TreeFaults<Code extends string> extends Map<Code, Fault> {
  constructor(private readonly pageBytes: number) {
    super();
  }

  /** Adds a fault of so many pages at a frame. */
  add(code: Code, gfn: number, pages: number, level: number): void {
    let fault = this.get(code);
    if (fault === undefined) {
      fault = { count: 0, bytes: 0, firstGfn: gfn, level };
      this.set(code, fault);
    }
    fault.count++;
    fault.bytes += pages * this.pageBytes;
    if (gfn >= fault.firstGfn) return;
    fault.firstGfn = gfn;
    fault.level = level;
  }
}
