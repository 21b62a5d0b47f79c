import type { Finding } from "../../finding.js";
import { ENTRIES, gpaOf, pagesAt } from "../../x86/pages.js";
import { eachLeaf, eachMisbooked, eachTable } from "../inspect.js";
import { DIRTY, PFN_OFFSET, PRESENT, WRITABLE } from "../tree.js";
import type { SmallVm } from "./vm.js";

const NOTHING: readonly Finding[] = [];

/**
 * What is wrong with a VM when all is quiet, judged by plain recursion, without the iterator: every
 * walk ended; a zapped root is empty; no page that was written is missing in the log, and none that
 * is not in the log can be written unseen; nothing huge is left where eager splitting went over the
 * slot; nothing is mapped that the host took away; frames, page tables and their counts are right.
 */
export function judge(vm: SmallVm): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (code: string, gfn: number, level: number, cause?: string) => {
    const bytes = pagesAt(level) * 4096;
    findings.push({
      code,
      count: 1,
      data: { gpa: gpaOf(gfn), level, bytes, ...(cause === undefined ? {} : { cause }) },
    });
  };
  const { tree, unit } = vm;
  const { startGfn } = unit.guest;
  if (vm.livelock !== null) {
    const { walk, gfn } = vm.livelock;
    const everyNPolls = unit.policy === "chosen" ? 0 : unit.policy;
    findings.push({ code: "livelock", count: 1, data: { walk, root: 0, gpa: gpaOf(gfn), everyNPolls } });
    return findings;
  }
  if (vm.foundGone >= 0) add("still-mapped", vm.foundGone, 1);
  judgeTables(vm, findings);
  if (!vm.logged) {
    for (let i = 0; i < ENTRIES; i++) if ((tree.words[i]! & PRESENT) !== 0) add("not-zapped", i * pagesAt(4), 4);
    return findings.length === 0 ? NOTHING : findings;
  }
  eachLeaf(tree, (at, level, gfn) => {
    const from = gfn - startGfn;
    const to = from + pagesAt(level);
    if (tree.pfns[at] !== PFN_OFFSET + gfn) add("wrong-frame", gfn, level);
    if (indexOfValue(vm.gone, 1, from, to) >= 0) add("still-mapped", gfn, level);
    if (!vm.logging) return;
    if (level > 1 && vm.splitDone && unit.eager) add("unsplit-huge-page", gfn, level);
    const spte = tree.words[at]!;
    // With PML the first write to a clean 4K page is logged; of a huge page the first write alone
    // is.
    const unseen = (spte & WRITABLE) !== 0 && (!unit.pml || level > 1 || (spte & DIRTY) !== 0);
    const page = unseen ? indexOfValue(vm.dirty, 0, from, to) : -1;
    if (page >= 0) add("dirty-page-lost", startGfn + page, level, "next-write");
  });
  for (let page = 0; vm.logging && page < vm.pages; page++) {
    if (vm.written[page] === 1 && vm.dirty[page] === 0) {
      add("dirty-page-lost", startGfn + page, 1, "written");
      break;
    }
  }
  return findings.length === 0 ? NOTHING : findings;
}

function judgeTables({ tree }: SmallVm, findings: Finding[]): void {
  eachMisbooked(tree, (data) => findings.push({ code: "table-bookkeeping-wrong", count: 1, data }));
  let linked = 0;
  eachTable(tree, () => linked++);
  if (linked !== tree.tables)
    findings.push({ code: "tables-not-linked", count: 1, data: { used: tree.tables, linked } });
}

function indexOfValue(pages: Uint8Array, value: number, from: number, to: number): number {
  const found = pages.subarray(from, to).indexOf(value);
  return found < 0 ? -1 : from + found;
}
