import { badInput, clip } from "../errors.js";
import { parseJson } from "../files/parseJson.js";
import { formatAddress, formatSize } from "../guest/sizes.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";

/** Leaves of a VM's page tables, as KVM counts them in its statistics. */
export interface PageStats {
  readonly pages4k: number;
  readonly pages2m: number;
  readonly pages1g: number;
}

const SIZES = [
  ["pages_1g", "1G", 2 ** 30],
  ["pages_2m", "2M", 2 ** 21],
  ["pages_4k", "4K", 2 ** 12],
] as const;
type StatName = (typeof SIZES)[number][0];

const LINE = /(?:^|[^a-z0-9_])(pages_(?:4k|2m|1g))\b[^\d\n]*?[:=\s]\s*(\d{1,15})\s*$/gim;

/**
 * Reads pages_4k, pages_2m and pages_1g of one VM: lines as `grep . .../kvm/*\/pages_*` of debugfs,
 * as QEMU's `info stats vm` and tools that read the binary statistics print them, or the JSON
 * answer to QMP's query-stats. A name that is absent counts none.
 *
 * Source: Linux 7.3, arch/x86/kvm/x86.c, `kvm_vm_stats_desc`. arm64 has no such statistics.
 *
 * @throws UserError where none of them is there, or one twice: several VMs
 */
export function parsePageStats(text: string, input: string): PageStats {
  const found = new Map<StatName, number>();
  for (const [name, value] of text.trimStart().startsWith("{") ? fromJson(text, input) : fromLines(text)) {
    if (found.has(name)) throw badInput(input, `has ${name} twice`, "the statistics of one VM");
    found.set(name, value);
  }
  if (found.size === 0) {
    throw badInput(input, "has none of pages_4k, pages_2m, pages_1g", "KVM's statistics of a VM, or QMP's query-stats");
  }
  const of = (name: StatName) => found.get(name) ?? 0;
  if (of("pages_4k") + of("pages_2m") + of("pages_1g") === 0) {
    throw badInput(input, "counts no page", "the statistics of a VM that has touched its memory");
  }
  return { pages4k: of("pages_4k"), pages2m: of("pages_2m"), pages1g: of("pages_1g") };
}

function fromLines(text: string): readonly (readonly [StatName, number])[] {
  return [...text.matchAll(LINE)].map(([, name, value]) => [name!.toLowerCase() as StatName, Number(value)] as const);
}

/** QMP's answer: a list of providers with their statistics, or the list alone. */
function fromJson(text: string, input: string): readonly (readonly [StatName, number])[] {
  const value = parseJson(text, input, "the answer to QMP's query-stats");
  const found: (readonly [StatName, number])[] = [];
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    const { name, value: count } = node as { name?: unknown; value?: unknown };
    const known = SIZES.find(([stat]) => stat === name);
    if (known !== undefined) {
      if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
        throw badInput(`${input} ${known[0]}`, `is ${clip(String(count))}`, "a count of pages");
      }
      found.push([known[0], count]);
    }
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(value);
  return found;
}

/**
 * A guest with just these leaves: where each stands is not known, so that the largest come first,
 * each size in one run. Counts of walks, splits and faults depend on how many there are; chunks and
 * words at the seams are the only difference.
 */
export function scenarioOfStats(stats: PageStats): Arm64Scenario {
  const counts = { pages_1g: stats.pages1g, pages_2m: stats.pages2m, pages_4k: stats.pages4k };
  const segments = SIZES.filter(([name]) => counts[name] > 0).map(([name, map, bytes]) => ({
    map,
    size: formatSize(counts[name] * bytes),
  }));
  const total = SIZES.reduce((sum, [name, , bytes]) => sum + counts[name] * bytes, 0);
  const base = 2 ** 30;
  const ipaBits = [40, 44, 48].find((bits) => base + total <= 2 ** bits);
  if (ipaBits === undefined)
    throw badInput(`statistics of ${formatSize(total)}`, "beyond 48 IPA bits", "less than 256T");
  return {
    granule: "4K",
    ipaBits,
    memslots: [{ base: formatAddress(base), segments }],
    dirtyLog: { mode: "enable", chunk: "0" },
  };
}
