import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress, formatSize } from "../../guest/sizes.js";
import type { TraceEvent, TraceOptions } from "../contract.js";
import {
  type DescriptorKind,
  descriptorHex,
  kindOf,
  MARK_HI,
  S2AP_WRITE,
  TABLE_OR_PAGE,
  TYPE_MASK,
} from "./descriptor.js";
import type { SlotLayout } from "./layout.js";
import { Stage2 } from "./stage2.js";
import { baseline } from "./strategies/baseline.js";
import {
  FRESH_PAGES,
  FRESH_TABLE,
  NOT_FRESH,
  SKIP_SIBLINGS,
  WALK_PAGE,
  WALK_SKIP_LEVEL0,
  type WalkObserver,
  type WalkPosition,
  type WalkStep,
} from "./walk.js";
import { REGION_BYTES, RegionedGuest } from "./windows.js";

type Phase = "write-protect" | "split" | "nested";

/** Why a walk did what it did at an entry. */
export type TraceReason =
  /** No table: the walk steps to the end of the entry. */
  | "leaf"
  /** A table, and nothing keeps the walk out. */
  | "table"
  /** The rules go no deeper than this level. */
  | "max-level"
  /** The walk does not ask for pages, and below are only pages. */
  | "pages-not-asked"
  /** The flags leave out the level below. */
  | "skip-level"
  /** The strategy said no: the mark says that no block is below. */
  | "marked"
  /** The strategy said no to a table that this visit made. */
  | "new-table"
  /** The strategy said no. */
  | "declined"
  /** The visitor returned SKIP_CHILDREN or SKIP_SIBLINGS. */
  | "visitor-skips"
  /** The visitor returned an error. */
  | "error";

/** What is seen of an entry before the visitor runs; kept until it is known what became of it. */
interface Seen {
  readonly addr: number;
  readonly lo: number;
  readonly hi: number;
  readonly kind: DescriptorKind;
}

/** What the words of an entry are made from. */
interface EntryEvent {
  readonly level: number;
  readonly kind: DescriptorKind;
  readonly size: string;
  readonly permissions: string | undefined;
  readonly inNewTable: boolean;
  readonly visited: boolean;
  readonly did: string | null;
  readonly code: number;
  readonly step: WalkStep;
  readonly reason: TraceReason;
}

interface Broken {
  readonly level: number;
  readonly gfn: number;
  readonly tlbi: number;
}

/** Where events go: no more than the limit, and none of phases that nobody looks at. */
interface Told {
  readonly tell: (event: TraceEvent) => void;
  readonly wanted: (phase: Phase) => boolean;
}

function toldTo(sink: (event: TraceEvent) => void, options: TraceOptions): Told {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const wanted = (phase: Phase): boolean => left > 0 && !(options.without?.includes(phase) ?? false);
  const tell = (event: TraceEvent): void => {
    if (!wanted(event.phase as Phase)) return;
    left--;
    sink(event);
  };
  return { tell, wanted };
}

/**
 * Tells the walks of a tree entry by entry: attach before the work, once. `limit` and `without` keep work from being done for events that
 * nobody sees.
 *
 * Events: `walk` (a range is begun: one chunk, or one step of write-protection), `entry` (read, visited or not, and where the walk goes),
 * `break` (a block replaced by a table). Those of phase `nested` are the entries of the subtree built for the block before them.
 *
 * The kernel write-protects a whole slot before it splits any of it. Where a guest comes and goes region by region, both are done to a
 * region while it is there, which counts the same; then write-protection is told of a second tree, before the slot's turn.
 *
 * @param whole whether the whole tree is kept
 * @returns what is to be done before each slot is worked on
 */
export function traceWalks(
  stage2: Stage2,
  sink: (event: TraceEvent) => void,
  options: TraceOptions,
  whole: boolean,
): ((slot: SlotLayout) => void) | undefined {
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

/** S2AP[0], AF, and XN[1:0] in the hi word. */
const S2AP_READ = 1 << 6;
const ACCESS_FLAG = 1 << 10;
const XN_HI = 3 << 21;

/** "r-x". */
function permissionsOf(lo: number, hi: number): string {
  return `${(lo & S2AP_READ) === 0 ? "-" : "r"}${(lo & S2AP_WRITE) === 0 ? "-" : "w"}${(hi & XN_HI) === 0 ? "x" : "-"}`;
}

function nestedText(kind: DescriptorKind): string {
  return `invalid: visited, ${kind === "table" ? "table made and filled" : `${kind} mapped`}`;
}

class Teller implements WalkObserver {
  private walks = 0;
  private topups = 0;
  private seen!: Seen;
  private broken: Broken | null = null;
  /** Table pages that this walk has made. */
  private readonly newTables = new Set<number>();

  constructor(
    private readonly stage2: Stage2,
    private readonly phase: Phase,
    private readonly told: Told,
  ) {}

  private tell(event: TraceEvent): void {
    this.told.tell(event);
  }

  private wanted(phase: Phase): boolean {
    return this.told.wanted(phase);
  }

  inspected(at: WalkPosition): void {
    const { counts } = this.stage2;
    const walks = this.phase === "split" ? counts.splitWalks : counts.writeProtectWalks;
    if (walks !== this.walks) this.begin(walks, at);
    this.seen = { addr: at.addr, lo: at.lo, hi: at.hi, kind: kindOf(at.lo, at.hi, at.level) };
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
    const start = this.ipa(at.addr);
    const end = this.ipa(at.end);
    const cached = this.phase === "split" ? { toppedUp, cached: cache.objects } : {};
    const fold = `${this.phase} walk${toppedUp ? `, page cache topped up to ${cache.objects}` : ""}`;
    this.tell({ event: "walk", phase: this.phase, start, end, ...cached, fold, text: `${fold}: ${start} to ${end}` });
  }

  private entry(at: WalkPosition, slot: number, visited: boolean, code: number, step: WalkStep): TraceEvent {
    const { seen } = this;
    const { geometry } = this.stage2;
    const { level, index, fresh } = at;
    const { kind, lo, hi } = seen;
    const isLeaf = kind === "page" || kind === "block";
    const teller = this;
    const event = {
      event: "entry",
      phase: this.phase,
      level,
      index,
      ipa: this.ipa(at.entryGfn),
      size: formatSize(at.span * geometry.pageBytes),
      descriptor: `0x${descriptorHex(lo, hi)}`,
      kind,
      outputAddress: isLeaf ? formatAddress(this.stage2.layout.leaf.outputAddress(lo, hi)) : undefined,
      permissions: isLeaf ? permissionsOf(lo, hi) : undefined,
      accessed: isLeaf ? (lo & ACCESS_FLAG) !== 0 : undefined,
      marked: kind === "table" ? (hi & MARK_HI) !== 0 : undefined,
      visited,
      did: this.did(at, visited),
      code,
      step,
      reason: this.reason(at, code, step),
      after: at.lo === lo && at.hi === hi ? null : `0x${descriptorHex(at.lo, at.hi)}`,
      inNewTable: this.newTables.has(Math.floor(slot / geometry.entries)),
      addr: this.ipa(seen.addr),
      addrAfter: this.ipa(at.addr),
      outside: seen.addr < at.entryGfn || seen.addr >= at.entryGfn + at.span,
      // Words are made when they are read: a trace that is only counted has none.
      get fold(): string {
        const aside = this.outside ? " (outside of it: the walk's address)" : "";
        return `level ${level} ${teller.entryText(this, fresh, "")}${aside}`;
      },
      get text(): string {
        const target = this.outputAddress === undefined ? "" : ` -> ${this.outputAddress}`;
        const astray = this.outside ? ` (outside of it: the walk's address is ${this.addr})` : "";
        return `level ${level} [${index}] ${this.ipa} ${teller.entryText(this, fresh, target)}${astray}`;
      },
    };
    return event;
  }

  private entryText(event: EntryEvent, fresh: number, target: string): string {
    const { kind, size, permissions, inNewTable, visited, did } = event;
    const what = `${kind}${kind === "block" ? ` ${size}` : ""}${permissions === undefined ? "" : ` ${permissions}`}`;
    const done = visited ? `visited, ${did ?? "nothing to do"}` : "not visited";
    return `${what}${target}${inNewTable ? ", made by this walk" : ""}: ${done}${this.stepText(event, fresh)}`;
  }

  private did(at: WalkPosition, visited: boolean): string | null {
    if (!visited) return null;
    if (at.fresh === FRESH_PAGES) return "split into pages";
    if (at.fresh === FRESH_TABLE) return "split into next-level blocks (page cache too short)";
    if (this.phase === "write-protect" && at.lo !== this.seen.lo) return "write permission taken";
    return null;
  }

  private reason(at: WalkPosition, code: number, step: WalkStep): TraceReason {
    if (step === "error") return "error";
    if (step === "advance") return "leaf";
    if (step === "enter") return "table";
    if (step !== "not-entered") return "visitor-skips";
    const rules = this.phase === "split" ? this.stage2.splitWalker.rules : this.stage2.writeProtectWalker.rules;
    if (code === 0 && at.level >= rules.maxLevel) return "max-level";
    if ((rules.flags & (WALK_SKIP_LEVEL0 << (at.level + 1))) !== 0) return "skip-level";
    if (at.level + 1 === PAGE_LEVEL && (rules.flags & WALK_PAGE) === 0) return "pages-not-asked";
    if (this.stage2.marks !== null && (at.hi & MARK_HI) !== 0) return "marked";
    return at.fresh === NOT_FRESH ? "declined" : "new-table";
  }

  private stepText({ level, code, step, reason }: EntryEvent, fresh: number): string {
    if (step === "advance") return "";
    if (step === "enter") return fresh === NOT_FRESH ? ", entered" : ", the new table entered";
    if (step === "error") return `, the walk ends with ${code}`;
    if (reason === "visitor-skips") return `, ${this.skipText(code)}`;
    const table = fresh === NOT_FRESH ? "" : " the new table";
    const why: Readonly<Record<string, string>> = {
      "max-level": `deepest level is ${this.stage2.rules.maxLevel}`,
      "skip-level": `the flags skip level ${level + 1}`,
      "pages-not-asked": "pages are not asked for",
      marked: "marked: no block below",
      "new-table": "this visit made it",
      declined: "the strategy declines",
    };
    return `,${table} not entered (${why[reason]})`;
  }

  private skipText(code: number): string {
    const name = code === SKIP_SIBLINGS ? "SKIP_SIBLINGS" : "SKIP_CHILDREN";
    if (this.stage2.rules.skips === "as-posted") return `visitor returns ${name}: the address moves, the loop goes on`;
    return code === SKIP_SIBLINGS
      ? `visitor returns ${name}: leaves this table`
      : `visitor returns ${name}: not entered`;
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
    const size = formatSize(span * geometry.pageBytes);
    this.eachEntry(page, (index, lo, hi) => {
      const kind = kindOf(lo, hi, level);
      const entryGfn = gfn + index * span;
      this.tell({
        event: "entry",
        phase: "nested",
        level,
        index,
        ipa: this.ipa(entryGfn),
        size,
        kind: "invalid",
        visited: true,
        did: `${kind} mapped`,
        after: `0x${descriptorHex(lo, hi)}`,
        get fold(): string {
          return `level ${level} ${nestedText(kind)}`;
        },
        get text(): string {
          return `level ${level} [${index}] ${this.ipa} ${nestedText(kind)}`;
        },
      });
      if (kind === "table") this.nested(mem.childOf(lo, hi), level + 1, entryGfn);
    });
  }

  private eachEntry(page: number, look: (index: number, lo: number, hi: number) => void): void {
    const { geometry, mem } = this.stage2;
    for (let index = 0; index < geometry.entries; index++) {
      const slot = page * geometry.entries + index;
      look(index, mem.words[2 * slot]!, mem.words[2 * slot + 1]!);
    }
  }

  private breakEvent({ level, gfn, tlbi }: Broken, at: WalkPosition): TraceEvent {
    const wrong = tlbi >= 0 && (tlbi < at.entryGfn || tlbi >= at.entryGfn + at.span);
    const fold =
      tlbi < 0
        ? `block of level ${level} replaced in one store (no break, no TLBI)`
        : `block of level ${level} broken and replaced, 1 TLBI to ${wrong ? "a wrong IPA" : "its IPA"}`;
    const ipa = this.ipa(gfn);
    const address = tlbi < 0 ? null : this.ipa(tlbi);
    const text = `${fold}: ${address === null ? ipa : address}${wrong ? ` (the block is at ${ipa})` : ""}`;
    return { event: "break", phase: this.phase, level, ipa, tlbi: address, wrong, fold, text };
  }

  private ipa(gfn: number): string {
    return formatAddress(gfn * this.stage2.geometry.pageBytes);
  }
}
