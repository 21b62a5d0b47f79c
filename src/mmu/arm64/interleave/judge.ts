import { PAGE_LEVEL } from "../../../guest/geometry.js";
import { formatAddress } from "../../../guest/sizes.js";
import type { Finding } from "../../finding.js";
import { MARK_HI, S2AP_WRITE, TABLE_OR_PAGE, TYPE_MASK, VALID } from "../descriptor.js";
import { SMALL, SMALL_LEAF } from "../exhaustive/geometry.js";
import type { Arm64Vm } from "./vm.js";

const NOTHING: readonly Finding[] = [];

/** The writable leaf of each level and frame, low words and high words: each run looks at many. */
const LEAF_LO = [1, 2, 3].map((level) =>
  Array.from({ length: SMALL.endGfn }, (_, gfn) => SMALL_LEAF.lo(gfn, level, true)),
);
const LEAF_HI = Array.from({ length: SMALL.endGfn }, (_, gfn) => SMALL_LEAF.hi(gfn));

/**
 * What is wrong with a VM when all is quiet: judged by plain recursion over the tables, without the
 * walker.
 *
 * - A page that was written since userspace was last told of it is in the log. A leaf that the next
 *   write goes through unseen maps only pages whose bits are set.
 * - No block is left in a slot that the split has gone over: faults make none while logging.
 * - What the host took away and nobody accessed since is not mapped; what is mapped has its own
 *   output address.
 * - Table pages in use are those that are linked, marks say what is below, and no descriptor is
 *   locked.
 * - No error was returned, and each TLBI went to the block that was broken.
 */
export class Judge {
  private findings: Finding[] | null = null;
  private linked = 0;

  constructor(private readonly vm: Arm64Vm) {}

  judge(): readonly Finding[] {
    const { vm } = this;
    const { stage2 } = vm;
    this.findings = null;
    this.linked = 0;
    this.table(1, 0, 0);
    const lost = vm.logging ? vm.written & ~vm.dirty : 0;
    if (lost !== 0) this.add("dirty-page-lost", vm.frame(lost), PAGE_LEVEL, "written");
    if (vm.foundGone >= 0) this.add("still-mapped", vm.foundGone, PAGE_LEVEL);
    const { tables } = stage2.mem;
    if (tables !== this.linked) this.push("tables-not-linked", { used: tables, linked: this.linked });
    const { returnCode } = stage2.counts;
    if (returnCode !== 0) this.push("error-returned", { errno: returnCode });
    const wrong = stage2.splitVisitor.firstWrongTlbi;
    if (wrong !== null) {
      const { level, blockGfn, tlbiGfn } = wrong;
      this.push("tlbi-wrong-ipa", { block: ipa(blockGfn), tlbi: ipa(tlbiGfn), level });
    }
    return this.findings ?? NOTHING;
  }

  /** @returns whether a block is mapped below */
  private table(level: number, page: number, tableGfn: number): boolean {
    const { mem, marks } = this.vm.stage2;
    const span = SMALL.spanPages[level]!;
    let blocks = false;
    for (let index = 0; index < SMALL.entries; index++) {
      const slot = page * SMALL.entries + index;
      const lo = mem.words[2 * slot]!;
      const hi = mem.words[2 * slot + 1]!;
      const gfn = tableGfn + index * span;
      if ((lo & VALID) === 0) {
        if ((lo | hi) !== 0) this.add("left-locked", gfn, level);
      } else if (level < PAGE_LEVEL && (lo & TYPE_MASK) === TABLE_OR_PAGE) {
        this.linked++;
        const below = this.table(level + 1, mem.childOf(lo, hi), gfn);
        if (marks !== null && ((hi & MARK_HI) !== 0) === below) this.add("mark-inexact", gfn, level);
        blocks ||= below;
      } else {
        if (level < PAGE_LEVEL) blocks = true;
        this.leaf(level, gfn, lo, hi);
      }
    }
    return blocks;
  }

  private leaf(level: number, gfn: number, lo: number, hi: number): void {
    const { vm } = this;
    const span = SMALL.spanPages[level]!;
    const pages = vm.bits(gfn, gfn + span);
    const { startGfn, endGfn } = vm.guest.slot;
    if (gfn < startGfn || gfn + span > endGfn) this.add("stray-mapping", gfn, level);
    if ((pages & vm.gone) !== 0) this.add("still-mapped", vm.frame(pages & vm.gone), level);
    if ((lo | S2AP_WRITE) >>> 0 !== LEAF_LO[level - 1]![gfn] || hi !== LEAF_HI[gfn]) {
      this.add("wrong-output-address", gfn, level);
    }
    if (!vm.logging) return;
    const block = level < PAGE_LEVEL && (pages & vm.splitOver) !== 0;
    const unseen = pages & ~vm.dirty;
    if (block && vm.tracking === "hardware") {
      if (unseen !== 0) this.add("dirty-page-lost", vm.frame(unseen), level, "unsplit-block");
    } else {
      if (block) this.add("unsplit-block", gfn, level);
      if (unseen !== 0 && (lo & S2AP_WRITE) !== 0) this.add("dirty-page-lost", vm.frame(unseen), level, "next-write");
    }
  }

  private add(code: string, gfn: number, level: number, cause?: string): void {
    const bytes = SMALL.spanPages[level]! * SMALL.pageBytes;
    this.push(code, { bytes, ipa: ipa(gfn), level, ...(cause === undefined ? {} : { cause }) });
  }

  private push(code: string, data: Finding["data"]): void {
    this.findings ??= [];
    this.findings.push({ code, count: 1, data });
  }
}

function ipa(gfn: number): string {
  return formatAddress(gfn * SMALL.pageBytes);
}
