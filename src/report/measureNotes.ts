import { formatSize } from "../guest/sizes.js";
import type { ImportNote } from "../importLayout/layoutImport.js";
import type { MeasureNote } from "../measure/schema.js";

type Data = ImportNote["data"];
type Words = (data: Data) => string;

const several = (value: Data[string] | undefined): string => (Array.isArray(value) ? value.join(", ") : String(value));
const size = (value: Data[string] | undefined): string => formatSize(Number(value));

/** What importers of layouts have to say. */
const LAYOUT: Readonly<Record<string, Words>> = {
  "line-not-read": (d) => `line ${d.line} is no part of the dump and was not read: "${d.text}"`,
  "more-lines-not-read": (d) => `${d.lines} more lines were not read`,
  "granule-inferred": (d) => `granule ${d.granule}, by the sizes and levels of the ranges`,
  "granule-ambiguous": (d) =>
    `granule ${d.granule} taken, but ${several(d.candidates)} could have printed this: give --granule`,
  "granule-assumed": (d) => `granule ${d.granule} assumed: no page size in the file says it`,
  "ipa-bits-assumed": (d) => `IPA width ${d.ipaBits} assumed: give --ipa-bits, or the folder that has ipa_range`,
  "levels-disagree": (d) =>
    `stage2_levels says ${d.levels}, but ${d.granule} pages and ${d.ipaBits} bits make ${d.expected}: the width ` +
    "may be wrong",
  "no-header": () => "the header line is missing: the beginning may be cut off",
  "last-range-missing": (d) =>
    `nothing is said of ${d.from}-${d.to} (kernels up to 7.2 leave the last range out): taken as not mapped`,
  gaps: (d) => `${d.count} gaps between ranges, the first ${d.first}: taken as not mapped`,
  "empty-tables": (d) =>
    `${d.tables} tables without any valid entry: a scenario has none, so walks over these holes inspect fewer ` +
    "entries than the host's",
  "annotated-invalid": (d) => `${size(d.bytes)} invalid but annotated (F): taken as not mapped`,
  "mapped-without-read": (d) => `${size(d.bytes)} mapped without read permission: taken as read-only`,
  "no-output-addresses": () =>
    "a dump has no output addresses: which host pages are mapped, and so their contiguity, is the simulator's choice",
  "memslots-guessed": (d) =>
    `memslots guessed, one for each island of mapped memory, to its edges: ${several(d.memslots)}; correct them ` +
    "with --memslot",
  "mapped-outside-memslots": (d) => `${size(d.bytes)} mapped outside the memslots: left out`,
  "dirty-log-chosen": (d) => `dirty log mode ${d.mode}, chunk ${d.chunk} (--mode, --chunk)`,
  "vma-chosen": (d) =>
    `${d.address} ${d.size} ${d.path}: ${d.large} in ${d.leaf} pages, ${d.pages} in base pages, ${d.absent} not ` +
    "in memory",
  "positions-unknown-runs": () =>
    "smaps has no positions: huge pages are put first, then base pages, then what is not in memory (--placement " +
    "spread mixes them)",
  "positions-unknown-spread": (d) =>
    `smaps has no positions: huge pages, base pages and holes are mixed by seed ${d.seed}, not as on the host`,
  "host-mapping-not-stage2": () =>
    "smaps shows the VMM's own mapping, on any architecture: stage 2, here that of arm64, has at most that, " +
    "where the guest has touched it and addresses allow blocks",
  "slot-positions-invented": (d) => `guest addresses are not in smaps: memslots begin at ${d.base}`,
};

/** What there is to say of measured runs and of the machine. */
const MEASURED: Readonly<Record<string, Words>> = {
  "write-percent-ignored": (d) =>
    Number(d.vcpus) === 1
      ? `-w ${d.writePercent} had no effect: the guest of the real test in Linux 7.3 never gets the seed and ` +
        "writes every page"
      : `-w ${d.writePercent}: in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 writes ` +
        "every page it touches",
  "random-access-one-page": (d) =>
    Number(d.vcpus) === 1
      ? "-a touched one page only: the guest of the real test in Linux 7.3 never gets the seed"
      : "-a: in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 touches one page only",
  "offset-ignored": (d) => `-p ${d.offset} had no effect: the real test in Linux 7.3 reads it and does not use it`,
  "options-unknown": (d) => `not understood in the command: ${several(d.words)}`,
  "chunk-not-set": (d) =>
    `nothing proves that the eager-split chunk ${size(d.chunk)} was set: the test made no VM, or was run without ` +
    "the library (LD_PRELOAD)",
  "chunk-from-environment": () =>
    "KVM_EAGER_SPLIT_CHUNK: whether the test reads it is not known, so no chunk is recorded (--eager-split-chunk " +
    "sets one, and proves it)",
  "command-disagrees": (d) =>
    `the command before it in the log is not its own (${several(d.options)} differ): taken as not known`,
  "missing-phases": (d) => `missing: ${several(d.phases)}`,
  "test-failed": (d) => `the test failed: ${d.text}`,
  "total-disagrees": (d) => `${d.phase}: the printed total is ${d.totalNs} ns, its ${d.parts} parts make ${d.sumNs} ns`,
  "exit-code": (d) =>
    `printed everything, but ended with ${d.exitCode === undefined ? `signal ${d.signal}` : `exit code ${d.exitCode}`}`,
  "no-kvm-device": () => "/dev/kvm is not there or not writable",
  virtualized: () => "this machine is a guest itself: nested KVM costs something else, and times vary with its host",
  "governor-not-performance": (d) => `CPU governor ${several(d.governors)}: use performance`,
  "boost-on": () => "frequency boost is on: times vary with heat and load",
  "smt-active": () => "SMT is active: a sibling's load changes times",
  "numa-balancing": () => "NUMA balancing is on: it unmaps memory while it is measured (kernel.numa_balancing=0)",
  "ksm-running": () => "KSM is running: it splits huge pages",
  "machine-busy": (d) => `the machine is busy: load ${Number(d.loadPerCpu).toFixed(2)} per CPU`,
  "thp-never": () => "transparent huge pages are off: anonymous_thp gets none",
  "thp-always": () => "transparent huge pages are always on: look at whether anonymous gets them too",
  "hugepages-too-few": (d) => `${d.backing} needs ${d.needed} huge pages, ${d.free} are free`,
  "more-vcpus-than-cpus": (d) => `more vCPUs than the ${d.cpus} CPUs, the main thread counted`,
  "vcpus-not-pinned": () => "vCPUs are not pinned (-c): the scheduler adds to the spread",
};

/**
 * One sentence for a note; a code without words is shown as itself with its figures, so that
 * nothing is hidden.
 */
export function noteWords({ code, data }: ImportNote | MeasureNote): string {
  const words = LAYOUT[code] ?? MEASURED[code];
  return words === undefined ? `${code} ${JSON.stringify(data)}` : words(data);
}

/** Codes that the renderer has words for, for the test that none is forgotten. */
export const WORDED_NOTES: readonly string[] = [...Object.keys(LAYOUT), ...Object.keys(MEASURED)];
