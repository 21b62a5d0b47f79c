import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress } from "../../guest/sizes.js";
import type { Finding } from "../finding.js";
import { MARK_HI, TABLE_OR_PAGE, TYPE_MASK, VALID } from "./descriptor.js";
import type { Stage2 } from "./stage2.js";
import { FRESH_TABLE, type WalkObserver, type WalkPosition } from "./walkRules.js";
import type { RegionedGuest } from "./windows.js";

interface Reading {
  count: number;
  /** Of the first occurrence. */
  readonly data: Finding["data"];
}

/**
 * Strict mode: what can be seen only while the split walk runs, or by going over the whole tree
 * once more. Each entry that is read is held against the walk's address, each block that is broken
 * is noted, and afterwards every table page must be linked once.
 */
export class StrictWatch implements WalkObserver {
  private readonly readings = new Map<"read-after-leave" | "read-beside-address", Reading>();
  /** Breaks by block, and the first block that was broken twice. */
  private readonly broken = new Set<number>();
  private readonly breaks = new Float64Array(4);
  /** Level-1 blocks that became level-2 blocks rather than pages. */
  private partial = 0;
  private brokenTwice: { readonly level: number; readonly gfn: number } | null = null;

  constructor(private readonly stage2: Stage2) {
    stage2.splitWalker.observer = this;
    stage2.splitVisitor.onBreak = (level, gfn) => this.broke(level, gfn);
  }

  inspected(at: WalkPosition): void {
    const { addr, entryGfn, span } = at;
    if (addr >= entryGfn && addr < entryGfn + span) return;
    const table = entryGfn - at.index * span;
    const left = addr < table || addr >= table + span * this.stage2.geometry.entries;
    const code = left ? "read-after-leave" : "read-beside-address";
    const reading = this.readings.get(code);
    if (reading !== undefined) {
      reading.count++;
      return;
    }
    const { pageBytes } = this.stage2.geometry;
    const data = {
      level: at.level,
      index: at.index,
      entry: formatAddress(entryGfn * pageBytes),
      table: formatAddress(table * pageBytes),
      addr: formatAddress(addr * pageBytes),
    };
    this.readings.set(code, { count: 1, data });
  }

  decided(at: WalkPosition): void {
    if (at.level === 1 && at.fresh === FRESH_TABLE) this.partial++;
  }

  private broke(level: number, gfn: number): void {
    // Frames are below 2^40, so level and frame make one exact number.
    const key = level * 2 ** 40 + gfn;
    if (this.broken.has(key)) this.brokenTwice ??= { level, gfn };
    this.broken.add(key);
    this.breaks[level]!++;
  }

  /** What strict mode has to say of a finished run. */
  findings(regions: RegionedGuest, whole: boolean): Finding[] {
    const findings: Finding[] = [];
    for (const [code, { count, data }] of this.readings) findings.push({ code, count, data });
    findings.push(...this.oneTlbiEach(regions));
    if (whole) findings.push(...auditTables(this.stage2));
    return findings;
  }

  /**
   * Each block that is gone was broken once, with one TLBI (none where the scenario says that none
   * is needed).
   */
  private oneTlbiEach({ initial, final }: RegionedGuest): Finding[] {
    const { counts, geometry, layout } = this.stage2;
    // Replaced in one store (FEAT_BBM level 2), a block needs none.
    const each = layout.bbm === 2 ? 0 : 1;
    let doubtful = 0;
    let broken = 0;
    let tlbis = 0;
    for (const level of geometry.blockLevels) {
      const made = level === 2 ? this.partial * geometry.entries : 0;
      const gone = initial.leaves[level]! + made - final.leaves[level]!;
      doubtful += Math.max(Math.abs(gone - this.breaks[level]!), Math.abs(each * gone - counts.tlbi[level]!));
      broken += gone;
      tlbis += counts.tlbi[level]!;
    }
    if (this.brokenTwice !== null) doubtful = Math.max(doubtful, 1);
    if (doubtful === 0) return [];
    const ipa = this.brokenTwice === null ? null : formatAddress(this.brokenTwice.gfn * geometry.pageBytes);
    return [
      { code: "tlbi-not-one", count: doubtful, data: { broken, tlbis, ipa, level: this.brokenTwice?.level ?? null } },
    ];
  }
}

/**
 * Goes over every table of a whole tree: each must be linked once, and its mark, where marks are
 * kept, must be exact.
 */
export function auditTables(stage2: Stage2): Finding[] {
  const { geometry, mem } = stage2;
  const seen = new Set<number>();
  const twice = { count: 0, gfn: 0, level: 0 };
  const marks = { count: 0, gfn: 0, level: 0 };
  const note = (fault: typeof twice, gfn: number, level: number): void => {
    if (fault.count++ > 0) return;
    fault.gfn = gfn;
    fault.level = level;
  };
  /** Returns whether a block is mapped anywhere below. */
  const go = (page: number, level: number, gfn: number): boolean => {
    let blocks = false;
    const span = geometry.spanPages[level]!;
    for (let index = 0; index < geometry.entries; index++) {
      const slot = page * geometry.entries + index;
      const lo = mem.words[2 * slot]!;
      const hi = mem.words[2 * slot + 1]!;
      if ((lo & VALID) === 0) continue;
      if ((lo & TYPE_MASK) !== TABLE_OR_PAGE) {
        blocks = true;
        continue;
      }
      const child = mem.childOf(lo, hi);
      const childGfn = gfn + index * span;
      if (seen.has(child)) {
        note(twice, childGfn, level);
        continue;
      }
      seen.add(child);
      const below = level + 1 < PAGE_LEVEL && go(child, level + 1, childGfn);
      if (stage2.marks !== null && ((hi & MARK_HI) !== 0) === below) note(marks, childGfn, level);
      blocks ||= below;
    }
    return blocks;
  };
  const rootSpan = geometry.spanPages[geometry.startLevel]! * geometry.entries;
  for (let root = 0; root < geometry.pgdPages; root++) go(root, geometry.startLevel, root * rootSpan);
  return [["table-linked-twice", twice] as const, ["mark-inexact", marks] as const]
    .filter(([, fault]) => fault.count > 0)
    .map(([code, { count, gfn, level }]) => ({
      code,
      count,
      data: { ipa: formatAddress(gfn * geometry.pageBytes), level },
    }));
}
