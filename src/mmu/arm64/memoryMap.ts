import { PAGE_LEVEL } from "../../guest/geometry.js";
import { formatAddress } from "../../guest/sizes.js";
import type { MemoryMap } from "../contract.js";
import { meets, type Run } from "../dirtyRuns.js";
import type { Windows } from "../flow/regions.js";
import { type SlotLayout, touchedSpans } from "../slotLayout.js";
import { countValid } from "./memory.js";
import { scanLeaves } from "./scan.js";
import type { Stage2 } from "./stage2.js";
import type { WalkObserver, WalkPosition } from "./walkRules.js";

/**
 * Draws guest memory bin by bin while a scenario runs: the leaves before and after, blocks that
 * should have been split and are not, and how many entries the split walks inspected. The leaves
 * are scanned outside the walks; the split walks are watched, which sends them the general path but
 * changes no count.
 */
export class MapRecorder implements WalkObserver {
  private readonly slots: readonly SlotMap[];
  /** The slot of the last entry: the next one is almost always of the same. */
  private last: SlotMap;

  /**
   * @param bins of each slot, at most; a bin is a power of two of pages, so that blocks do not
   *   straddle bins that are larger
   */
  constructor(
    private readonly stage2: Stage2,
    bins: number,
  ) {
    this.slots = stage2.layout.slots.map((slot) => new SlotMap(stage2, slot, bins));
    this.last = this.slots[0]!;
    stage2.splitWalker.observer = this;
  }

  /** The windows of a run with a scan before and after each. */
  around(windows: Windows): Windows {
    return (slot, work) => {
      const map = this.slots[this.stage2.layout.slots.indexOf(slot as SlotLayout)]!;
      windows(slot, (start, end) => {
        map.scanBefore(start, end);
        work(start, end);
        map.scanAfter(start, end);
      });
    };
  }

  inspected(at: WalkPosition): void {
    const { entryGfn, addr } = at;
    // An entry may begin below its slot, and be inspected for an address within.
    if (!this.last.has(entryGfn) && !this.last.has(addr)) {
      this.last = this.slots.find((slot) => slot.has(entryGfn) || slot.has(addr)) ?? this.last;
    }
    this.last.count(entryGfn);
  }

  decided(): void {}

  /** What was drawn. */
  map(): MemoryMap {
    return { slots: this.slots.map((slot) => slot.json(this.stage2.geometry.pageBytes)) };
  }
}

/** Levels 0 to 3. */
const LEVELS = 4;

class SlotMap {
  private readonly binPages: number;
  private readonly bins: number;
  /** Pages by bin and level. */
  private readonly before: Float64Array;
  private readonly after: Float64Array;
  private readonly unsplit: boolean[];
  private readonly entries: Float64Array;
  private readonly spans: readonly Run[];

  constructor(
    private readonly stage2: Stage2,
    private readonly slot: SlotLayout,
    bins: number,
  ) {
    const pages = slot.endGfn - slot.startGfn;
    this.binPages = 2 ** Math.max(0, Math.ceil(Math.log2(pages / bins)));
    this.bins = Math.ceil(pages / this.binPages);
    this.before = new Float64Array(this.bins * LEVELS);
    this.after = new Float64Array(this.bins * LEVELS);
    this.unsplit = new Array<boolean>(this.bins).fill(false);
    this.entries = new Float64Array(this.bins);
    this.spans = stage2.layout.chunkPages === 0 ? [] : touchedSpans(stage2.layout.mode, slot);
  }

  has(gfn: number): boolean {
    return gfn >= this.slot.startGfn && gfn < this.slot.endGfn;
  }

  count(gfn: number): void {
    this.entries[this.binOf(Math.min(Math.max(gfn, this.slot.startGfn), this.slot.endGfn - 1))]!++;
  }

  scanBefore(start: number, end: number): void {
    this.scan(start, end, this.before, false);
  }

  scanAfter(start: number, end: number): void {
    this.scan(start, end, this.after, true);
  }

  json(pageBytes: number): MemoryMap["slots"][number] {
    const { slot } = this;
    return {
      baseHex: formatAddress(slot.startGfn * pageBytes),
      bytes: (slot.endGfn - slot.startGfn) * pageBytes,
      binBytes: this.binPages * pageBytes,
      bins: {
        before: this.levels(this.before),
        after: this.levels(this.after),
        unsplit: this.unsplit,
        inspected: [...this.entries],
      },
    };
  }

  private scan(from: number, to: number, pages: Float64Array, finished: boolean): void {
    if (from >= to) return;
    const { geometry, mem } = this.stage2;
    scanLeaves(geometry, mem, from, to, {
      block: (level, gfn) => {
        const start = Math.max(gfn, from);
        const end = Math.min(gfn + geometry.spanPages[level]!, to);
        this.add(pages, level, start, end);
        if (finished && meets(this.spans, gfn, gfn + geometry.spanPages[level]!)) this.mark(start, end);
      },
      pages: (words, word, gfn, count) => this.addPages(pages, words, word, gfn, count),
    });
  }

  private add(pages: Float64Array, level: number, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const bin = this.binOf(at);
      const end = Math.min(to, this.slot.startGfn + (bin + 1) * this.binPages);
      pages[bin * LEVELS + level]! += end - at;
      at = end;
    }
  }

  /** Bin by bin, so that the loop over pages does nothing but count. */
  private addPages(pages: Float64Array, words: Uint32Array, word: number, gfn: number, count: number): void {
    for (let done = 0; done < count; ) {
      const bin = this.binOf(gfn + done);
      const end = Math.min(count, this.slot.startGfn + (bin + 1) * this.binPages - gfn);
      pages[bin * LEVELS + PAGE_LEVEL]! += countValid(words, word + 2 * done, end - done);
      done = end;
    }
  }

  private mark(from: number, to: number): void {
    for (let bin = this.binOf(from); bin <= this.binOf(to - 1); bin++) this.unsplit[bin] = true;
  }

  /** The level of most pages of each bin; -1 where more are mapped by nothing than by any level. */
  private levels(pages: Float64Array): number[] {
    return Array.from({ length: this.bins }, (_, bin) => {
      const size = Math.min(this.binPages, this.slot.endGfn - this.slot.startGfn - bin * this.binPages);
      const byLevel = pages.subarray(bin * LEVELS, (bin + 1) * LEVELS);
      let best = -1;
      let most = byLevel.reduce((rest, here) => rest - here, size);
      for (const [level, here] of byLevel.entries()) {
        if (here > 0 && here >= most) [best, most] = [level, here];
      }
      return best;
    });
  }

  private binOf(gfn: number): number {
    return Math.floor((gfn - this.slot.startGfn) / this.binPages);
  }
}
