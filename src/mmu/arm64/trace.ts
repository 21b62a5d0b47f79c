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
import type { Stage2 } from "./stage2.js";
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

interface Broken {
  readonly level: number;
  readonly gfn: number;
  readonly tlbi: number;
}

/**
 * Tells the walks of a tree entry by entry: attach before the work, once. `limit` and `without` keep work from being done for events that
 * nobody sees.
 *
 * Events: `walk` (a range is begun: one chunk, or one step of write-protection), `entry` (read, visited or not, and where the walk goes),
 * `break` (a block replaced by a table). Those of phase `nested` are the entries of the subtree built for the block before them.
 */
export function traceWalks(stage2: Stage2, sink: (event: TraceEvent) => void, options: TraceOptions): void {
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const wanted = (phase: Phase): boolean => left > 0 && !(options.without?.includes(phase) ?? false);
  const tell = (event: TraceEvent): void => {
    if (!wanted(event.phase as Phase)) return;
    left--;
    sink(event);
  };
  stage2.writeProtectWalker.observer = new Teller(stage2, "write-protect", tell, wanted);
  const split = new Teller(stage2, "split", tell, wanted);
  stage2.splitWalker.observer = split;
  stage2.splitVisitor.onBreak = (level, gfn, tlbi) => split.broke({ level, gfn, tlbi });
}

/** S2AP[0], AF, and XN[1:0] in the hi word. */
const S2AP_READ = 1 << 6;
const ACCESS_FLAG = 1 << 10;
const XN_HI = 3 << 21;

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
    private readonly tell: (event: TraceEvent) => void,
    private readonly wanted: (phase: Phase) => boolean,
  ) {}

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
    const did = this.did(at, visited);
    const reason = this.reason(at, code, step);
    const inNewTable = this.newTables.has(Math.floor(slot / geometry.entries));
    const outside = seen.addr < at.entryGfn || seen.addr >= at.entryGfn + at.span;
    const size = formatSize(at.span * geometry.pageBytes);
    const fields = this.decoded(seen);
    const what = `${seen.kind}${seen.kind === "block" ? ` ${size}` : ""}${fields.permissions === undefined ? "" : ` ${fields.permissions}`}`;
    const rest =
      `${inNewTable ? ", made by this walk" : ""}: ` +
      `${visited ? `visited, ${did ?? "nothing to do"}` : "not visited"}${this.stepText(at, code, step, reason)}`;
    const target = fields.outputAddress === undefined ? "" : ` -> ${fields.outputAddress}`;
    const astray = outside ? ` (outside of it: the walk's address is ${this.ipa(seen.addr)})` : "";
    const ipa = this.ipa(at.entryGfn);
    return {
      event: "entry",
      phase: this.phase,
      level: at.level,
      index: at.index,
      ipa,
      size,
      descriptor: `0x${descriptorHex(seen.lo, seen.hi)}`,
      kind: seen.kind,
      ...fields,
      visited,
      did,
      code,
      step,
      reason,
      after: at.lo === seen.lo && at.hi === seen.hi ? null : `0x${descriptorHex(at.lo, at.hi)}`,
      inNewTable,
      addr: this.ipa(seen.addr),
      addrAfter: this.ipa(at.addr),
      outside,
      fold: `level ${at.level} ${what}${rest}${outside ? " (outside of it: the walk's address)" : ""}`,
      text: `level ${at.level} [${at.index}] ${ipa} ${what}${target}${rest}${astray}`,
    };
  }

  /** What the descriptor says: output address and permissions of a leaf, the mark of a table. */
  private decoded({ lo, hi, kind }: Seen): {
    readonly outputAddress?: string;
    readonly permissions?: string;
    readonly accessed?: boolean;
    readonly marked?: boolean;
  } {
    if (kind === "invalid" || kind === "locked") return {};
    if (kind === "table") return { marked: (hi & MARK_HI) !== 0 };
    const permissions = `${(lo & S2AP_READ) === 0 ? "-" : "r"}${(lo & S2AP_WRITE) === 0 ? "-" : "w"}${(hi & XN_HI) === 0 ? "x" : "-"}`;
    return {
      outputAddress: formatAddress(this.stage2.layout.leaf.outputAddress(lo, hi)),
      permissions,
      accessed: (lo & ACCESS_FLAG) !== 0,
    };
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

  private stepText(at: WalkPosition, code: number, step: WalkStep, reason: TraceReason): string {
    if (step === "advance") return "";
    if (step === "enter") return at.fresh === NOT_FRESH ? ", entered" : ", the new table entered";
    if (step === "error") return `, the walk ends with ${code}`;
    if (reason === "visitor-skips") return `, ${this.skipText(code)}`;
    const table = at.fresh === NOT_FRESH ? "" : " the new table";
    const why: Readonly<Record<string, string>> = {
      "max-level": `deepest level is ${this.stage2.rules.maxLevel}`,
      "skip-level": `the flags skip level ${at.level + 1}`,
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
    this.eachEntry(page, (index, lo, hi) => {
      const kind = kindOf(lo, hi, level);
      const fold = `level ${level} invalid: visited, ${kind === "table" ? "table made and filled" : `${kind} mapped`}`;
      const entryGfn = gfn + index * span;
      this.tell({
        event: "entry",
        phase: "nested",
        level,
        index,
        ipa: this.ipa(entryGfn),
        size: formatSize(this.spanBytes(level)),
        kind: "invalid",
        visited: true,
        did: `${kind} mapped`,
        after: `0x${descriptorHex(lo, hi)}`,
        fold,
        text: `level ${level} [${index}] ${this.ipa(entryGfn)}${fold.slice(`level ${level}`.length)}`,
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

  private spanBytes(level: number): number {
    return this.stage2.geometry.spanPages[level]! * this.stage2.geometry.pageBytes;
  }
}
