import { PAGE_LEVEL } from "../../guest/geometry.js";
import type { TraceEvent, TraceOptions } from "../contract.js";
import type { FrameRange } from "../flow/slots.js";
import { type DescriptorKind, kindOf, TABLE_OR_PAGE, TYPE_MASK } from "./descriptor.js";
import type { Layout } from "./layout.js";
import { Stage2 } from "./stage2.js";
import { baseline } from "./strategies/baseline.js";
import { NOT_FRESH, type WalkObserver, type WalkPosition, type WalkRules, type WalkStep } from "./walkRules.js";
import { REGION_BYTES, RegionedGuest } from "./windows.js";

type Phase = "write-protect" | "split" | "nested";

/** What the steps of a walk have in common, and their words need. */
export interface TraceContext {
  readonly pageBytes: number;
  readonly leaf: Layout["leaf"];
  /** The rules of the walk. */
  readonly rules: WalkRules;
  /** The deepest level that the split walk looks at, and what its skips mean. */
  readonly maxLevel: number;
  readonly skips: "structured" | "as-posted";
  /** Whether table descriptors carry marks. */
  readonly marks: boolean;
}

interface Step extends TraceEvent {
  readonly phase: Phase;
  readonly on: TraceContext;
}

/** A range is begun: one chunk, or one step of write-protection. */
export interface WalkEvent extends Step {
  readonly event: "walk";
  readonly startGfn: number;
  readonly endGfn: number;
  /** Split walks: whether the page cache was topped up before, and the pages in it. */
  readonly cache: { readonly toppedUp: boolean; readonly cached: number } | null;
}

/** An entry was read, visited or not, and the walk went on. */
export interface EntryEvent extends Step {
  readonly event: "entry";
  readonly phase: "write-protect" | "split";
  readonly level: number;
  readonly index: number;
  readonly gfn: number;
  /** Pages that the entry covers. */
  readonly span: number;
  /** The descriptor as it was read, and after the visitor. */
  readonly lo: number;
  readonly hi: number;
  readonly loAfter: number;
  readonly hiAfter: number;
  readonly visited: boolean;
  /** What the visit made: see `WalkPosition.fresh`. */
  readonly fresh: number;
  readonly code: number;
  readonly step: WalkStep;
  readonly inNewTable: boolean;
  /** Where the walk's address was, and is, in frames. */
  readonly addr: number;
  readonly addrAfter: number;
}

/** An entry of the subtree that was built for a block: found invalid, and mapped. */
export interface NestedEvent extends Step {
  readonly event: "entry";
  readonly phase: "nested";
  readonly level: number;
  readonly index: number;
  readonly gfn: number;
  readonly span: number;
  readonly loAfter: number;
  readonly hiAfter: number;
  /** What was mapped. */
  readonly made: DescriptorKind;
  readonly visited: true;
}

/** A block was replaced by a table. */
export interface BreakEvent extends Step {
  readonly event: "break";
  readonly level: number;
  readonly gfn: number;
  /** Frame that the TLBI went to; -1: none was made. */
  readonly tlbiGfn: number;
  /** Whether it went outside of the block. */
  readonly wrong: boolean;
}

export type Arm64TraceEvent = WalkEvent | EntryEvent | NestedEvent | BreakEvent;

interface Broken {
  readonly level: number;
  readonly gfn: number;
  readonly tlbi: number;
}

/** Where events go: no more than the limit, and none of phases that nobody looks at. */
interface Told {
  readonly tell: (event: Arm64TraceEvent) => void;
  readonly wanted: (phase: Phase) => boolean;
}

function toldTo(sink: (event: Arm64TraceEvent) => void, options: TraceOptions): Told {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const { without = [] } = options;
  const looked = {
    "write-protect": !without.includes("write-protect"),
    split: !without.includes("split"),
    nested: !without.includes("nested"),
  };
  const wanted = (phase: Phase): boolean => left > 0 && looked[phase];
  const tell = (event: Arm64TraceEvent): void => {
    if (!wanted(event.phase)) return;
    left--;
    sink(event);
  };
  return { tell, wanted };
}

/**
 * Tells the walks of a tree entry by entry: attach before the work, once. `limit` and `without`
 * keep work from being done for events that nobody sees.
 *
 * Events: `walk` (a range is begun: one chunk, or one step of write-protection), `entry` (read,
 * visited or not, and where the walk goes), `break` (a block replaced by a table). Those of phase
 * `nested` are the entries of the subtree built for the block before them.
 *
 * The kernel write-protects a whole slot before it splits any of it. Where a guest comes and goes
 * region by region, both are done to a region while it is there, which counts the same; then
 * write-protection is told of a second tree, before the slot's turn.
 *
 * @param whole whether the whole tree is kept
 * @returns what is to be done before each slot is worked on
 */
export function traceWalks(
  stage2: Stage2,
  sink: (event: Arm64TraceEvent) => void,
  options: TraceOptions,
  whole: boolean,
): ((slot: FrameRange) => void) | undefined {
  const told = toldTo(sink, options);
  const split = new Teller(stage2, "split", told);
  stage2.splitWalker.observer = split;
  stage2.splitVisitor.onBreak = (level, gfn, tlbi) => split.broke({ level, gfn, tlbi });
  if (whole || stage2.layout.mode === "clear") {
    stage2.writeProtectWalker.observer = new Teller(stage2, "write-protect", told);
    return undefined;
  }
  if (!told.wanted("write-protect")) return undefined;
  const ahead = new Stage2(stage2.layout, baseline);
  ahead.writeProtectWalker.observer = new Teller(ahead, "write-protect", told);
  const guest = new RegionedGuest(ahead, REGION_BYTES / stage2.geometry.pageBytes, false);
  return (slot) => guest.windows(slot, (start, end) => ahead.writeProtect(start, end));
}

class Teller implements WalkObserver {
  private walks = 0;
  private topups = 0;
  private readonly on: TraceContext;
  /** The entry as it was before the visitor ran, until it is known what became of it. */
  private addr = 0;
  private lo = 0;
  private hi = 0;
  private broken: Broken | null = null;
  /** Table pages that this walk has made. */
  private readonly newTables = new Set<number>();

  constructor(
    private readonly stage2: Stage2,
    private readonly phase: "write-protect" | "split",
    private readonly told: Told,
  ) {
    const { maxLevel, skips } = stage2.rules;
    this.on = {
      pageBytes: stage2.geometry.pageBytes,
      leaf: stage2.layout.leaf,
      rules: (phase === "split" ? stage2.splitWalker : stage2.writeProtectWalker).rules,
      maxLevel,
      skips,
      marks: stage2.marks !== null,
    };
  }

  private tell(event: Arm64TraceEvent): void {
    this.told.tell(event);
  }

  private wanted(phase: Phase): boolean {
    return this.told.wanted(phase);
  }

  inspected(at: WalkPosition): void {
    const { counts } = this.stage2;
    const walks = this.phase === "split" ? counts.splitWalks : counts.writeProtectWalks;
    if (walks !== this.walks) this.begin(walks, at);
    this.addr = at.addr;
    this.lo = at.lo;
    this.hi = at.hi;
  }

  decided(at: WalkPosition, slot: number, visited: boolean, code: number, step: WalkStep): void {
    if (this.wanted(this.phase)) this.tell(this.entry(at, slot, visited, code, step));
    if (at.fresh === NOT_FRESH) return;
    const child = this.stage2.mem.childOf(at.lo, at.hi);
    this.newTable(child, at.level + 1);
    if (this.wanted("nested")) this.nested(child, at.level + 1, at.entryGfn);
    if (this.broken !== null) this.tell(this.breakEvent(this.broken, at));
    this.broken = null;
  }

  broke(broken: Broken): void {
    this.broken = broken;
  }

  private begin(walks: number, at: WalkPosition): void {
    const { counts, cache } = this.stage2;
    this.walks = walks;
    this.newTables.clear();
    const toppedUp = this.phase === "split" && counts.topups !== this.topups;
    this.topups = counts.topups;
    this.tell({
      event: "walk",
      phase: this.phase,
      startGfn: at.addr,
      endGfn: at.end,
      cache: this.phase === "split" ? { toppedUp, cached: cache.objects } : null,
      on: this.on,
    });
  }

  private entry(at: WalkPosition, slot: number, visited: boolean, code: number, step: WalkStep): EntryEvent {
    const { addr, lo, hi } = this;
    return {
      event: "entry",
      phase: this.phase,
      level: at.level,
      index: at.index,
      gfn: at.entryGfn,
      span: at.span,
      lo,
      hi,
      loAfter: at.lo,
      hiAfter: at.hi,
      visited,
      fresh: at.fresh,
      code,
      step,
      inNewTable: this.newTables.size > 0 && this.newTables.has(Math.floor(slot / this.stage2.geometry.entries)),
      addr,
      addrAfter: at.addr,
      on: this.on,
    };
  }

  private newTable(page: number, level: number): void {
    this.newTables.add(page);
    if (level === PAGE_LEVEL) return;
    this.eachEntry(page, (_index, lo, hi) => {
      if ((lo & TYPE_MASK) === TABLE_OR_PAGE) this.newTable(this.stage2.mem.childOf(lo, hi), level + 1);
    });
  }

  /** The nested walk that built a subtree: each entry was found invalid and mapped. */
  private nested(page: number, level: number, gfn: number): void {
    const { geometry, mem } = this.stage2;
    const span = geometry.spanPages[level]!;
    this.eachEntry(page, (index, lo, hi) => {
      const made = kindOf(lo, hi, level);
      const entryGfn = gfn + index * span;
      this.tell({
        event: "entry",
        phase: "nested",
        level,
        index,
        gfn: entryGfn,
        span,
        loAfter: lo,
        hiAfter: hi,
        made,
        visited: true,
        on: this.on,
      });
      if (made === "table") this.nested(mem.childOf(lo, hi), level + 1, entryGfn);
    });
  }

  private eachEntry(page: number, look: (index: number, lo: number, hi: number) => void): void {
    const { geometry, mem } = this.stage2;
    for (let index = 0; index < geometry.entries; index++) {
      const slot = page * geometry.entries + index;
      look(index, mem.words[2 * slot]!, mem.words[2 * slot + 1]!);
    }
  }

  private breakEvent({ level, gfn, tlbi }: Broken, at: WalkPosition): BreakEvent {
    const wrong = tlbi >= 0 && (tlbi < at.entryGfn || tlbi >= at.entryGfn + at.span);
    return { event: "break", phase: this.phase, level, gfn, tlbiGfn: tlbi, wrong, on: this.on };
  }
}
