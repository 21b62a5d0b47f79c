import { badInput } from "../errors.js";
import { GRANULES, type Granule, geometryOf, legalChunks, MAX_IPA_BITS, needsLpa2 } from "../guest/geometry.js";
import { formatAddress, formatSize } from "../guest/sizes.js";
import { seededRandom } from "../stats/random.js";
import {
  type DirtyLogChoice,
  dirtyLogOf,
  HOLE,
  type ImportNote,
  type LayoutImport,
  SegmentList,
} from "./layoutImport.js";
import { type Backing, backingOf } from "./smapsBacking.js";
import { readSmaps, type Vma } from "./smapsText.js";

export interface SmapsOptions extends DirtyLogChoice {
  /**
   * Addresses, each inside a mapping that is taken whatever it is. Empty or absent: guest RAM is
   * found by size and kind.
   */
  readonly vmas?: readonly number[] | undefined;
  /**
   * Bytes: every candidate of at least this size is taken. Default: 64M, and at least a tenth of
   * the largest.
   */
  readonly minBytes?: number | undefined;
  /** Default: that of the smallest page size in the text. */
  readonly granule?: Granule | undefined;
  /** Default 40, or what the memory needs. */
  readonly ipaBits?: number | undefined;
  /**
   * `runs`: huge pages first, then pages, then what is not in memory. `spread`: mixed by the seed.
   * Default `runs`.
   */
  readonly placement?: "runs" | "spread" | undefined;
  /** For `spread`; default 1. */
  readonly seed?: number | undefined;
  readonly name?: string | undefined;
}

const MIN_BYTES = 64 * 2 ** 20;
/** Segments of a `spread` scenario beyond which the file would serve nobody. */
const MAX_UNITS = 1_000_000;
/** Where machines of QEMU's `virt` have their memory. */
const FIRST_BASE = 2 ** 30;

/**
 * Turns the backing of a VMM's memory, as `/proc/PID/smaps` has it, into a scenario: how much of
 * each guest RAM mapping is in huge pages, in base pages, and absent. Works for any process, on x86
 * hosts too.
 *
 * smaps gives amounts, not positions, and the host's mapping, not stage 2: the notes say what that
 * leaves open.
 *
 * @throws UserError for text that is not smaps, or amounts that do not fit
 */
export function importSmaps(text: string, input: string, options: SmapsOptions = {}): LayoutImport {
  const vmas = readSmaps(text, input);
  const notes: ImportNote[] = [];
  const granule = options.granule ?? granuleOf(vmas, notes);
  const chosen =
    options.vmas !== undefined && options.vmas.length > 0
      ? named(vmas, options.vmas, input)
      : largest(vmas, options.minBytes, input);
  const random = seededRandom(options.seed ?? 1);
  const spread = options.placement === "spread";

  const memslots = [];
  let base = FIRST_BASE;
  let list = new SegmentList();
  let slotBase = base;
  let previous: Vma | undefined;
  let previousLeaf = 0;
  let mixed = false;
  let gigabyteBlocks = false;
  for (const vma of chosen) {
    const backing = backingOf(vma, granule, input);
    notes.push({
      code: "vma-chosen",
      data: {
        address: formatAddress(vma.start),
        size: formatSize(vma.end - vma.start),
        path: vma.path === "" ? "anonymous" : vma.path,
        leaf: formatSize(backing.largeLeaf),
        large: formatSize(backing.large),
        pages: formatSize(backing.pages),
        absent: formatSize(backing.absent),
      },
    });
    mixed ||= [backing.large, backing.pages, backing.absent].filter((bytes) => bytes > 0).length > 1;
    if (previous !== undefined && (previous.end !== vma.start || backing.largeLeaf !== previousLeaf)) {
      memslots.push(list.memslot(slotBase));
      list = new SegmentList();
      base = Math.ceil(base / 2 ** 30) * 2 ** 30;
    }
    // Guest and host address agree modulo the leaf size, or KVM could map no blocks; VMMs see to
    // it.
    if (list.length === 0) slotBase = base += vma.start % backing.largeLeaf;
    place(list, vma, backing, granule, spread ? random : undefined, input);
    base += vma.end - vma.start;
    previous = vma;
    previousLeaf = backing.largeLeaf;
    gigabyteBlocks ||= backing.large > 0 && backing.largeLeaf === 2 ** 30;
  }
  memslots.push(list.memslot(slotBase));

  const ipaBits = options.ipaBits ?? Math.max(40, Math.ceil(Math.log2(base)));
  if (base > 2 ** ipaBits || ipaBits > MAX_IPA_BITS)
    throw badInput(
      input,
      `the chosen mappings need IPAs up to ${formatAddress(base)}`,
      "memory that fits the IPA width",
    );
  const lpa2 = needsLpa2(granule, ipaBits);
  if (gigabyteBlocks && !geometryOf(granule, ipaBits, lpa2).blockLevels.includes(1)) {
    throw badInput(`IPA width ${ipaBits}`, "has no 1G blocks, but the mapping is backed by them", "35 or more");
  }
  if (mixed)
    notes.push({
      code: spread ? "positions-unknown-spread" : "positions-unknown-runs",
      data: { seed: options.seed ?? 1 },
    });
  notes.push(
    { code: "host-mapping-not-stage2", data: {} },
    { code: "slot-positions-invented", data: { base: formatAddress(FIRST_BASE) } },
  );
  const dirtyLog = dirtyLogOf(granule, options);
  notes.push({ code: "dirty-log-chosen", data: { mode: dirtyLog.mode, chunk: dirtyLog.chunk } });
  const scenario = {
    name: options.name ?? "imported smaps",
    description:
      "Backing of a VMM's memory by smaps: amounts are the host's, positions are " +
      `${spread ? "mixed by a seed" : "runs in order"}, since smaps has none.`,
    granule,
    ipaBits,
    ...(lpa2 ? { lpa2 } : {}),
    memslots,
    dirtyLog,
  };
  return { scenario, notes };
}

function granuleOf(vmas: readonly Vma[], notes: ImportNote[]): Granule {
  const smallest = Math.min(...new Set(vmas.map((vma) => vma.kernelPageSize).filter((bytes) => bytes > 0)));
  const granule = GRANULES.find((one) => legalChunks(one)[0] === smallest);
  if (granule === undefined) notes.push({ code: "granule-assumed", data: { granule: "4K" } });
  return granule ?? "4K";
}

function named(vmas: readonly Vma[], addresses: readonly number[], input: string): Vma[] {
  const found = addresses.map((address) => {
    const vma = vmas.find(({ start, end }) => address >= start && address < end);
    if (vma === undefined)
      throw badInput(`--vma ${formatAddress(address)}`, `in no mapping of ${input}`, "an address inside one");
    return vma;
  });
  return [...new Set(found)].sort((a, b) => a.start - b.start);
}

/** Whether a mapping can be guest RAM: writable, and anonymous, memfd, shared memory or hugetlb. */
function isCandidate(vma: Vma): boolean {
  if (!vma.permissions.startsWith("rw")) return false;
  if (vma.sharedHugetlb + vma.privateHugetlb > 0 || vma.kernelPageSize > 2 ** 16) return true;
  return (
    vma.path === "" ||
    /^(?:\[anon[:_]|\/memfd:|\/dev\/shm\/|\/dev\/zero|\/dev\/hugepages|\/SYSV|\/anon_hugepage)/.test(vma.path)
  );
}

function largest(vmas: readonly Vma[], minBytes: number | undefined, input: string): Vma[] {
  const candidates = vmas.filter(isCandidate);
  const top = candidates.reduce((max, vma) => Math.max(max, vma.end - vma.start), 0);
  const min = minBytes ?? Math.max(MIN_BYTES, top / 10);
  const chosen = candidates.filter((vma) => vma.end - vma.start >= min);
  if (chosen.length > 0) return chosen;
  throw badInput(
    input,
    `no writable anonymous, memfd or hugetlb mapping of ${formatSize(min)} or more; the largest is ${formatSize(top)}`,
    "the process of a VMM, a smaller --min-size, or --vma ADDRESS",
  );
}

/**
 * Places the amounts in a mapping: what is before its first whole large leaf and after its last one
 * can only be pages or absent.
 */
function place(
  list: SegmentList,
  vma: Vma,
  backing: Backing,
  granule: Granule,
  random: (() => number) | undefined,
  input: string,
): void {
  const { largeLeaf } = backing;
  const head = Math.min(vma.end, Math.ceil(vma.start / largeLeaf) * largeLeaf) - vma.start;
  const units = Math.max(0, Math.floor((vma.end - vma.start - head) / largeLeaf));
  const tail = vma.end - vma.start - head - units * largeLeaf;
  const large = formatSize(largeLeaf);
  let blocks = backing.large / largeLeaf;
  let pages = backing.pages;
  if (!Number.isInteger(blocks) || blocks > units) {
    throw badInput(
      `${input} line ${vma.line}`,
      `${formatSize(backing.large)} of ${large} pages have no place in it`,
      "amounts that fit",
    );
  }
  const rest = (bytes: number) => {
    const taken = Math.min(bytes, pages);
    pages -= taken;
    if (taken > 0) list.add(granule, taken);
    if (taken < bytes) list.add(HOLE, bytes - taken);
  };
  if (random === undefined) {
    rest(head);
    if (blocks > 0) list.add(large, blocks * largeLeaf);
    rest((units - blocks) * largeLeaf + tail);
    return;
  }
  if (units > MAX_UNITS)
    throw badInput("--placement spread", `${units} places for ${large} pages`, `at most ${MAX_UNITS}; use runs`);
  // Which units are large, and which of the others have pages, is drawn without replacement, in one
  // pass.
  let full = Math.min(units - blocks, Math.floor(pages / largeLeaf));
  pages -= full * largeLeaf;
  rest(head);
  for (let left = units; left > 0; left--) {
    const draw = random() * left;
    if (draw < blocks) {
      list.add(large, largeLeaf);
      blocks--;
    } else if (draw < blocks + full) {
      list.add(granule, largeLeaf);
      full--;
    } else rest(largeLeaf);
  }
  rest(tail);
}
