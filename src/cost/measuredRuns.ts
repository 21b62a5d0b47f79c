import { UserError } from "../errors.js";
import { formatSize, parseSize } from "../guest/sizes.js";
import type { MeasuredCase, MeasurementFile } from "../measure/schema.js";
import { type PhaseSeries, seriesOf } from "../measure/series.js";
import type { SplitStrategy } from "../mmu/arm64/strategy.js";
import { GUEST_MODES } from "../selftest/guestModes.js";
import type { CandidateRun } from "./fitTypes.js";
import { countSelftest, hasWork, type PhaseCounts, type TestedMode, type TestedOptions } from "./selftestTerms.js";

/** A measured phase with what the simulation counts for it. */
export interface MeasuredPhase extends PhaseCounts {
  /** "-m 6 -s anonymous_thp -b 1G -g chunk 2M: enable". */
  readonly label: string;
  /** Measured, nanoseconds, in the order of the runs. */
  readonly samplesNs: readonly number[];
  readonly medianNs: number;
  readonly ci95Ns: readonly [number, number];
  readonly hasInterval: boolean;
}

/** A case that could not be simulated, and why. */
export interface SkippedCase {
  readonly input: string;
  readonly case: string;
  readonly reason:
    | {
        readonly code:
          | "no-command"
          | "no-guest-mode"
          | "random-access"
          | "write-percent"
          | "nested"
          | "no-complete-run";
      }
    | { readonly code: "unknown-options"; readonly options: readonly string[] }
    | { readonly code: "not-simulated"; readonly message: string };
}

export interface MeasuredPhases {
  readonly phases: readonly MeasuredPhase[];
  readonly skipped: readonly SkippedCase[];
  /** Cases of one vCPU whose command asked for a write percentage that the real guest ignores. */
  readonly ignoredWritePercent: readonly string[];
}

/**
 * The phases of measured runs that do work on page tables, each with the counts of the same options
 * simulated (baseline, Linux 7.3).
 *
 * @param files measured results with what they were read from
 */
export function measuredPhases(
  files: readonly { readonly input: string; readonly file: MeasurementFile }[],
  strategy: SplitStrategy,
): MeasuredPhases {
  const phases: MeasuredPhase[] = [];
  const skipped: SkippedCase[] = [];
  const ignoredWritePercent: string[] = [];
  const simulated = new Map<string, readonly PhaseCounts[]>();
  for (const { input, file } of files) {
    const series = seriesOf(file);
    for (const one of file.cases) {
      const own = series.filter((s) => s.case === one.id);
      const reason = whyNot(one, own);
      if (reason !== undefined) {
        skipped.push({ input, case: one.id, reason });
        continue;
      }
      const options = one.options!;
      if (isIgnored(options.writePercent)) ignoredWritePercent.push(one.id);
      for (const guestMode of new Set(own.map((s) => s.guestMode))) {
        const known = modeOf(file, guestMode);
        if (known === undefined) {
          skipped.push({ input, case: one.id, reason: { code: "no-guest-mode" } });
          continue;
        }
        const { mode, name } = known;
        const key = JSON.stringify([options, mode]);
        try {
          const counts = simulated.get(key) ?? countSelftest(options, mode, strategy);
          simulated.set(key, counts);
          phases.push(
            ...pair(
              `${name} ${describeOptions(options)}`,
              own.filter((s) => s.guestMode === guestMode),
              counts,
            ),
          );
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          skipped.push({ input, case: one.id, reason: { code: "not-simulated", message: error.message } });
        }
      }
    }
  }
  return { phases, skipped, ignoredWritePercent };
}

/**
 * Whether vCPU 0 writes every page in spite of `-w`: it draws 0 for ever, and 0 is below any
 * percentage but 0. What further vCPUs draw is not simulated.
 */
function isIgnored(writePercent: number): boolean {
  return writePercent > 0 && writePercent < 100;
}

function whyNot({ options }: MeasuredCase, series: readonly PhaseSeries[]): SkippedCase["reason"] | undefined {
  if (options === null) return { code: "no-command" };
  if (options.unknown.length > 0) return { code: "unknown-options", options: options.unknown };
  if (options.randomAccess) return { code: "random-access" };
  if (isIgnored(options.writePercent) && options.vcpus > 1) return { code: "write-percent" };
  if (options.nested) return { code: "nested" };
  if (series.length === 0) return { code: "no-complete-run" };
  return undefined;
}

/**
 * The guest mode of a printed line, and its name in a row: a command without `-m` runs as many
 * modes as the host has.
 */
function modeOf(
  file: MeasurementFile,
  text: string | null,
): { readonly mode: TestedMode; readonly name: string } | undefined {
  const printed = file.runs.find((run) => run.guestMode?.text === text)?.guestMode;
  if (printed === null || printed === undefined) return undefined;
  const { paBits, vaBits, pageBytes } = printed;
  if (paBits === null || pageBytes === null) return undefined;
  const numbered = GUEST_MODES.find(
    (one) => one.ipaBits === paBits && one.vaBits === vaBits && parseSize(one.guestPage) === pageBytes,
  );
  return { mode: { paBits, pageBytes }, name: numbered === undefined ? printed.text : `-m ${numbered.id}` };
}

function pair(command: string, series: readonly PhaseSeries[], counts: readonly PhaseCounts[]): MeasuredPhase[] {
  return counts.filter(hasWork).flatMap((one) => {
    const measured = series.find((s) => s.phase === one.phase && s.iteration === one.iteration);
    if (measured === undefined || measured.samplesNs.some((ns) => ns <= 0)) return [];
    const { samplesNs, medianNs, ci95Ns, hasInterval } = measured;
    return [{ ...one, label: labelOf(command, one), samplesNs, medianNs, ci95Ns, hasInterval }];
  });
}

function labelOf(command: string, { phase, iteration }: Pick<PhaseCounts, "phase" | "iteration">): string {
  return `${command}: ${phase}${iteration === null ? "" : ` ${iteration}`}`;
}

/** The options that decide the counts, in the test's own letters. */
export function describeOptions(options: TestedOptions): string {
  const chunk = options.eagerSplitChunkBytes ?? 0;
  return [
    `-s ${options.backing}`,
    `-b ${formatSize(options.memoryPerVcpuBytes)}`,
    ...(options.vcpus > 1 ? [`-v ${options.vcpus}`] : []),
    ...(options.overlap ? ["-o"] : []),
    ...(options.memslots > 1 ? [`-x ${options.memslots}`] : []),
    ...(options.manualProtect ? [] : ["-g"]),
    ...(options.writePercent === 0 ? ["-w 0"] : []),
    chunk === 0 ? "chunk off" : `chunk ${formatSize(chunk)}`,
  ].join(" ");
}

/** Runs that one could make to tell costs apart: small, without hugetlb pages to set aside. */
export function candidateRuns(strategy: SplitStrategy): readonly CandidateRun[] {
  const candidates: CandidateRun[] = [];
  for (const backing of ["anonymous", "anonymous_thp"]) {
    for (const manualProtect of [false, true]) {
      for (const chunk of [null, 2 ** 21, 2 ** 30]) {
        const options: TestedOptions = {
          memoryPerVcpuBytes: 2 ** 26,
          vcpus: 1,
          overlap: false,
          backing,
          memslots: 1,
          iterations: 2,
          manualProtect,
          eagerSplitChunkBytes: chunk,
        };
        for (const one of countSelftest(options, { paBits: 40, pageBytes: 4096 }, strategy)) {
          if (hasWork(one))
            candidates.push({ label: labelOf(`-m 6 ${describeOptions(options)}`, one), terms: one.terms });
        }
      }
    }
  }
  return candidates;
}
