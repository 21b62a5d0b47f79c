import { z } from "zod";
import { PHASES } from "../selftest/phases.js";

/**
 * The measured-result file: what the real selftest printed, on a real machine, as integers. Kind
 * `s2split-measurement`; the counts of simulations are in another file (`results/types.ts`). Times
 * are in nanoseconds and say so in their name; they are the selftest's own, not this program's.
 *
 * zod is heavy: import types from here with `import type`, and read files through `read.ts`, which
 * loads this when needed.
 */

const bytes = z.int().min(0);
const timeNs = z.int().min(0);
const count = z.int().min(0);
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/);

const note = z.strictObject({
  /** Kebab-case, stable; worded by `report/measureNotes.ts`. */
  code: z.string(),
  data: z.record(z.string(), z.union([z.number(), z.string(), z.array(z.string())])),
});

/**
 * Options of dirty_log_perf_test with its defaults filled in (Linux 7.3,
 * tools/testing/selftests/kvm/dirty_log_perf_test.c).
 */
const selftestOptions = z.strictObject({
  /** `-m`; empty: all modes that the host has. */
  modes: z.array(count),
  /** `-i` */
  iterations: count,
  /** false with `-g`. Manual protect is with initially-all-set. */
  manualProtect: z.boolean(),
  /** `-b` */
  memoryPerVcpuBytes: bytes,
  /** `-v` */
  vcpus: count,
  /** `-o` */
  overlap: z.boolean(),
  /** `-s` */
  backing: z.string(),
  /** `-x` */
  memslots: count,
  /** `-w` */
  writePercent: count,
  /** `-a` */
  randomAccess: z.boolean(),
  /** `-e` */
  runWhileDisabling: z.boolean(),
  /** `-n` */
  nested: z.boolean(),
  /** `-r` */
  seed: count,
  /** `-p` */
  offset: hex.nullable(),
  /** `-c` */
  pinning: z.string().nullable(),
  /**
   * The eager-split chunk. Of what `measure` ran: as a run has proved that it was set, else null.
   * Of an imported log: what its command says, KVM_EAGER_SPLIT_CHUNK of a test that takes it from
   * there.
   */
  eagerSplitChunkBytes: bytes.nullable(),
  /** Words of the command that are no option of the test. */
  unknown: z.array(z.string()),
});

const measuredCase = z.strictObject({
  /** Unique in the file. */
  id: z.string(),
  /** What distinguishes it in a measurement over several: `{ "s": "anonymous_thp" }`. */
  variables: z.record(z.string(), z.string()),
  command: z.string().nullable(),
  /** null where the command is not known. */
  options: selftestOptions.nullable(),
});

const measuredOutput = z.strictObject({
  /** The log as the user named it; null for what `measure` ran. */
  log: z.string().nullable(),
  /** Where the raw output lies, relative to this file; null for what `import` read. */
  rawFile: z.string().nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  /** Wall time of the whole process, by this program. */
  durationNs: timeNs.nullable(),
  /** Lines that could not be read, by number from 1; the first 50. */
  unread: z.array(z.strictObject({ line: count, text: z.string() })),
  unreadCount: count,
  /** All that was printed; cut where the process printed beyond all measure. */
  text: z.string(),
  truncated: z.boolean(),
});

const measuredRun = z.strictObject({
  /** Id of a case. */
  case: z.string(),
  /** From 1; null for imported logs. */
  round: count.nullable(),
  warmup: z.boolean(),
  /** Index into `outputs`, and the lines of the run in it, from 1. */
  output: count,
  firstLine: count,
  lastLine: count,
  /**
   * `complete`: every phase of every iteration is there, and nothing says that the test failed.
   * Only these have statistics.
   */
  status: z.enum(["complete", "incomplete", "failed", "timeout", "interrupted"]),
  /** As printed; null where the output has none. */
  guestMode: z
    .strictObject({ text: z.string(), paBits: count.nullable(), vaBits: count.nullable(), pageBytes: bytes.nullable() })
    .nullable(),
  iterations: count.nullable(),
  seeds: z.array(hex),
  /** Guest physical test memory; the old form has no end. */
  region: z.strictObject({ start: hex, end: hex.nullable() }).nullable(),
  phases: z.array(z.strictObject({ phase: z.enum(PHASES), iteration: count.nullable(), timeNs })),
  totals: z.array(
    z.strictObject({
      phase: z.enum(["get", "clear"]),
      iterations: count,
      totalNs: timeNs,
      averageNs: timeNs.nullable(),
    }),
  ),
  notes: z.array(note),
});

/** The machine, where it says so; null: it does not, or may not be read. */
const machineNote = z.strictObject({
  kernel: z.string(),
  arch: z.string(),
  cpuModel: z.string(),
  cpuCount: count,
  governors: z.array(z.string()).nullable(),
  boost: z.boolean().nullable(),
  smtActive: z.boolean().nullable(),
  /** The choice in brackets of transparent_hugepage/enabled: always, madvise, never. */
  thp: z.string().nullable(),
  thpShmem: z.string().nullable(),
  hugepages: z.array(z.strictObject({ pageBytes: bytes, total: count, free: count })),
  numaBalancing: z.boolean().nullable(),
  ksmRunning: z.boolean().nullable(),
  /** True where this machine is itself a guest. */
  virtualized: z.boolean().nullable(),
  kvmDevice: z.boolean(),
  /**
   * Parameters of KVM that bear on splitting: eager_page_split, tdp_mmu, nx_huge_pages,
   * kvm-arm.mode.
   */
  kvmParameters: z.record(z.string(), z.string()),
  /** One minute, per CPU, before the first run. */
  loadPerCpu: z.number().nullable(),
});

export const measurementFile = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal("s2split-measurement"),
  tool: z.strictObject({ name: z.literal("s2split"), version: z.string() }),
  /** `measure`: run here; `import`: read from logs. */
  source: z.enum(["measure", "import"]),
  /** True where the measurement was interrupted. */
  partial: z.boolean(),
  /** ISO 8601; null for imports. */
  createdAt: z.string().nullable(),
  /** null for imports: the machine of a log is not known. */
  machine: machineNote.nullable(),
  /** Settings of the machine that spoil measurements. */
  warnings: z.array(note),
  plan: z.strictObject({ warmup: count, runs: count, timeoutMs: count.nullable() }).nullable(),
  cases: z.array(measuredCase),
  outputs: z.array(measuredOutput),
  runs: z.array(measuredRun),
});

export type MeasurementFile = z.infer<typeof measurementFile>;
export type MeasuredCase = z.infer<typeof measuredCase>;
export type MeasuredOutput = z.infer<typeof measuredOutput>;
export type MeasuredRun = z.infer<typeof measuredRun>;
export type SelftestOptions = z.infer<typeof selftestOptions>;
export type MachineNote = z.infer<typeof machineNote>;
export type MeasureNote = z.infer<typeof note>;
