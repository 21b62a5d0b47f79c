import { badInput } from "../../errors.js";
import { PAGE_LEVEL } from "../../guest/geometry.js";
import type { ForeignTrace, RunOutcome } from "../contract.js";
import { totalAt } from "../counters.js";
import { MARK_HI, TABLE_OR_PAGE, TYPE_MASK } from "./descriptor.js";
import type { Layout } from "./layout.js";
import type { Stage2 } from "./stage2.js";
import type { StoreCause, StoreListener } from "./storeListener.js";

/** Table pages that the checker holds, fixed when it is built. */
const MAX_PAGES = 8192;
/** Where the trace puts its pages; any place above 0 would do. */
const FIRST_PAGE = 0x10000000;
const PAGE = 4096;
const LOCK = 0x9000;
const VMID = 1;
/**
 * The root that is loaded at the end, so that the tree can be released and is searched for what was
 * left broken.
 */
const OTHER_VMID = 2;

/**
 * Writes a run as a trace of casemate (github.com/rems-project/casemate, 3.0.2), an executable
 * model of the Arm architecture's protocol for page-table updates, so that its `casemate-check`
 * judges break-before-make and every TLBI independently of this project.
 *
 * The checker starts at level 0 and takes no concatenated roots: the levels above the tree's are
 * made up, one page each, whose entries point to the root pages. KVM's stores to live entries are
 * plain ones under the write lock; they are written as `release`, since the checker's own lock
 * rules, those of pKVM, allow one plain store for each DSB only. Flushes of a memslot are
 * VMALLS12E1IS: the format has no invalidation of a range.
 *
 * @param run simulates once, with the whole tree in memory
 * @throws UserError for what the checker cannot hold: another granule than 4K, more than 48 IPA
 *   bits, more than 8192 table pages
 */
export function casemateTrace(
  layout: Layout,
  run: (attach?: (stage2: Stage2) => undefined) => RunOutcome,
  line: (text: string) => void,
): ForeignTrace {
  const { geometry } = layout;
  if (geometry.granule !== "4K") throw badInput(`granule ${geometry.granule}`, "is unknown to casemate", "4K");
  if (geometry.ipaBits > 48) throw badInput(`ipaBits ${geometry.ipaBits}`, "are too many for casemate", "at most 48");
  const pages = totalAt(run().counts, "final/tables")! + geometry.pgdPages + geometry.startLevel + 1;
  if (pages > MAX_PAGES) {
    throw badInput("the guest", `needs ${pages} table pages, casemate holds ${MAX_PAGES}`, "a smaller guest");
  }
  let writer: TraceWriter | undefined;
  const outcome = run((stage2) => {
    writer = new TraceWriter(stage2, line);
    stage2.listen(writer);
  });
  writer!.end();
  return { outcome, notes: writer!.refusals() };
}

class TraceWriter implements StoreListener {
  private records = 0;
  private begun = false;
  private marked = 0;
  private replacedAtOnce = 0;
  private broken = false;
  /** Level of each table page. */
  private readonly levels: number[] = [];
  /** Pages made up above the tree's root, one for each level, then the other root. */
  private readonly upperPages: number;

  constructor(
    private readonly stage2: Stage2,
    private readonly line: (text: string) => void,
  ) {
    this.upperPages = stage2.geometry.startLevel;
  }

  tablePage(page: number, level: number): void {
    this.levels[page] = level;
    this.record("mem-init", `${hex(this.addressOf(page))} ${hex(PAGE)}`, "nested");
  }

  store(slot: number, lo: number, hi: number, cause: StoreCause): void {
    if (cause === "mark") this.marked++;
    if (cause === "break") this.broken = true;
    if (cause === "make") {
      if (!this.broken) this.replacedAtOnce++;
      this.broken = false;
    }
    this.write(slot, lo, hi, cause === "nested" ? "plain" : "release", cause);
  }

  tlbi(gfn: number, level: number): void {
    // By IPA for stage 2, then all of stage 1, which may hold what both stages made of it (kernel:
    // `__kvm_tlb_flush_vmid_ipa()`).
    this.record("barrier", "dsb ishst", "tlbi");
    this.record("tlbi", `ipas2e1is ${hex((4 + level) * 2 ** 44 + gfn)}`, "tlbi");
    this.record("barrier", "dsb ish", "tlbi");
    this.record("tlbi", "vmalle1is", "tlbi");
    this.record("barrier", "dsb ish", "tlbi");
    this.record("barrier", "isb", "tlbi");
  }

  flush(): void {
    this.record("barrier", "dsb ishst", "flush");
    this.record("tlbi", "vmalls12e1is", "flush");
    this.record("barrier", "dsb ish", "flush");
    this.record("barrier", "isb", "flush");
  }

  lock(): void {
    if (!this.begun) this.begin();
    this.record("lock", hex(LOCK), "mmu_lock");
  }

  unlock(): void {
    this.record("unlock", hex(LOCK), "mmu_lock");
  }

  /**
   * Loads another root and lets the tree go: the checker then looks for entries that were left
   * broken.
   */
  end(): void {
    const other = this.upper(this.upperPages);
    this.record("sysreg-write", `vttbr_el2 ${vttbr(other, OTHER_VMID)}`, "end");
    this.record("hint", `release_table ${hex(this.rootAddress())} 0`, "end");
  }

  /** What of this run the checker refuses although it is right. */
  refusals(): string[] {
    const notes: string[] = [];
    if (this.replacedAtOnce > 0) {
      notes.push("casemate-check will refuse a block replaced in one store (bbm 2): FEAT_BBM is not in its model");
    }
    if (this.marked > 0) {
      notes.push(
        "casemate-check will refuse a software bit stored in a live table descriptor (split-mark): hardware " +
          "ignores the bit, the checker does not",
      );
    }
    return notes;
  }

  /** The tables as they are before the work, then the announcement of the root. */
  private begin(): void {
    this.begun = true;
    const { geometry, mem } = this.stage2;
    const { startLevel, pgdPages } = geometry;
    const pages = this.upperPages + 1 + pgdPages + mem.tables;
    this.record("mem-init", `${hex(FIRST_PAGE)} ${hex(pages * PAGE)}`, "begin");
    for (let level = 0; level < startLevel; level++) {
      const below = level + 1 < startLevel ? 1 : pgdPages;
      for (let index = 0; index < below; index++) {
        const child = level + 1 < startLevel ? this.upper(level + 1) : this.addressOf(index);
        this.record("mem-write", `plain ${hex(this.upper(level) + 8 * index)} ${hex(child + 3)}`, "begin");
      }
    }
    for (let root = 0; root < pgdPages; root++) this.tree(root, startLevel);
    this.record("hint", `set_root_lock ${hex(this.rootAddress())} ${hex(LOCK)}`, "begin");
    this.record("sysreg-write", `vttbr_el2 ${vttbr(this.rootAddress(), VMID)}`, "begin");
  }

  private tree(page: number, level: number): void {
    const { geometry, mem } = this.stage2;
    const { entries } = geometry;
    this.levels[page] = level;
    for (let slot = page * entries; slot < (page + 1) * entries; slot++) {
      const lo = mem.words[2 * slot]!;
      const hi = mem.words[2 * slot + 1]!;
      if (lo === 0 && hi === 0) continue;
      this.write(slot, lo, hi, "plain", "begin");
      if (level < PAGE_LEVEL && (lo & TYPE_MASK) === TABLE_OR_PAGE) this.tree(mem.childOf(lo, hi), level + 1);
    }
  }

  private write(slot: number, lo: number, hi: number, order: string, cause: string): void {
    const { entries } = this.stage2.geometry;
    const page = Math.floor(slot / entries);
    const table = this.levels[page]! < PAGE_LEVEL && (lo & TYPE_MASK) === TABLE_OR_PAGE;
    const value = table ? this.tableValue(lo, hi) : wide(lo, hi);
    this.record("mem-write", `${order} ${hex(this.addressOf(page) + 8 * (slot % entries))} ${value}`, cause);
  }

  /**
   * A table descriptor with the address that its table has in the trace, and the software bit where
   * it has one.
   */
  private tableValue(lo: number, hi: number): string {
    const address = this.addressOf(this.stage2.mem.childOf(lo, hi));
    return wide(address | TABLE_OR_PAGE, hi & MARK_HI);
  }

  private record(kind: string, values: string, cause: string): void {
    this.line(`(${kind} ${this.records++} 0 ${values} "${cause}:0")`);
  }

  private rootAddress(): number {
    return this.upperPages === 0 ? this.addressOf(0) : this.upper(0);
  }

  private upper(level: number): number {
    return FIRST_PAGE + level * PAGE;
  }

  /**
   * Where a table page of the model stands: the made-up ones and the other root come before them.
   */
  private addressOf(page: number): number {
    return FIRST_PAGE + (this.upperPages + 1 + page) * PAGE;
  }
}

function hex(value: number): string {
  return value.toString(16);
}

/** A 64-bit word. */
function wide(lo: number, hi: number): string {
  const high = hi >>> 0;
  return high === 0 ? hex(lo >>> 0) : hex(high) + hex(lo >>> 0).padStart(8, "0");
}

function vttbr(root: number, vmid: number): string {
  return wide(root, vmid << 16);
}
