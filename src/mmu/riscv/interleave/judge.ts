import type { Finding } from "../../finding.js";
import { LEAF_MASK, leafHi, leafLo, pfnOf, VALID, WRITE } from "../entry.js";
import { formatGfn } from "../geometry.js";
import type { RiscvVm } from "./vm.js";

const NOTHING: readonly Finding[] = [];
const ENTRIES = 4;

/**
 * What is wrong with a VM when all is quiet: judged by plain recursion over the tables, without the
 * walks.
 *
 * - A page that was written since userspace was last told of it is in the log. A leaf that the next
 *   write goes through unseen maps only pages whose bits are set.
 * - No block is left where the split has gone over: faults make none while logging.
 * - What the host took away and nobody accessed since is not mapped; what is mapped has its own
 *   output address.
 * - Table pages in use are those that are linked, and every access came through.
 */
export class Judge {
  private findings: Finding[] | null = null;
  private linked = 0;

  constructor(private readonly vm: RiscvVm) {}

  judge(): readonly Finding[] {
    const { vm } = this;
    const { mem, geometry } = vm.gstage;
    this.findings = null;
    this.linked = 0;
    this.table(geometry.rootLevel, 0, geometry.shape.rootEntries, 0);
    const lost = vm.logging ? vm.written & ~vm.dirty : 0;
    if (lost !== 0) this.add("dirty-page-lost", vm.frame(lost), 0, "written");
    if (vm.foundGone >= 0) this.add("still-mapped", vm.foundGone, 0);
    if (vm.stuck > 0) this.push("access-stuck", { gpa: formatGfn(vm.firstStuckGfn) }, vm.stuck);
    if (vm.tablesLost > 0) this.push("tables-lost", {}, vm.tablesLost);
    const used = mem.tables - vm.tablesLost;
    if (used !== this.linked) this.push("tables-not-linked", { used, linked: this.linked });
    return this.findings ?? NOTHING;
  }

  private table(level: number, slot: number, entries: number, tableGfn: number): void {
    const { words } = this.vm.gstage.mem;
    const span = ENTRIES ** level;
    for (let index = 0; index < entries; index++) {
      const lo = words[2 * (slot + index)]!;
      if ((lo & VALID) === 0) continue;
      const gfn = tableGfn + index * span;
      if ((lo & LEAF_MASK) !== 0) {
        this.leaf(level, gfn, lo, words[2 * (slot + index) + 1]!);
      } else {
        this.linked++;
        this.table(level - 1, (lo >>> 10) * ENTRIES, ENTRIES, gfn);
      }
    }
  }

  private leaf(level: number, gfn: number, lo: number, hi: number): void {
    const { vm } = this;
    const span = ENTRIES ** level;
    const pages = vm.bits(gfn, gfn + span);
    const { startGfn, endGfn } = vm.guest.slot;
    if (gfn < startGfn || gfn + span > endGfn) this.add("stray-mapping", gfn, level);
    if ((pages & vm.gone) !== 0) this.add("still-mapped", vm.frame(pages & vm.gone), level);
    const pfn = pfnOf(gfn);
    if ((lo | WRITE) >>> 0 !== leafLo(pfn, true) || hi !== leafHi(pfn)) this.add("wrong-output-address", gfn, level);
    if (!vm.logging) return;
    if (level > 0 && (pages & vm.splitOver) !== 0) this.add("unsplit-block", gfn, level);
    const unseen = pages & ~vm.dirty;
    if (unseen !== 0 && (lo & WRITE) !== 0) this.add("dirty-page-lost", vm.frame(unseen), level, "next-write");
  }

  private add(code: string, gfn: number, level: number, cause?: string): void {
    const bytes = ENTRIES ** level * 4096;
    this.push(code, { bytes, gpa: formatGfn(gfn), level, ...(cause === undefined ? {} : { cause }) });
  }

  private push(code: string, data: Finding["data"], count = 1): void {
    this.findings ??= [];
    this.findings.push({ code, count, data });
  }
}
