import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { assembleImport } from "../measure/assemble.js";
import { readLog } from "../measure/readLog.js";
import type { MeasurementFile } from "../measure/schema.js";
import { findSelftestCommand } from "../measure/selftestCommand.js";
import { measureCompareText } from "../report/measureCompare.js";
import { compareMeasurements } from "./measurements.js";
import { type CompareOptions, DEFAULT_COMPARE_OPTIONS } from "./types.js";

/** A measurement whose enable phase takes these milliseconds, all else being equal. */
function measurement(enableMs: readonly number[], command = "dirty_log_perf_test -g", mode?: string): MeasurementFile {
  const origin = { log: "log", rawFile: null, exitCode: null, signal: null, durationNs: null, truncated: false };
  const logs = enableMs.map((ms) => {
    const lines = [
      "Test iterations: 1",
      ...(mode === undefined ? [] : [`Testing guest mode: ${mode}`]),
      "Populate memory time: 1.000000000s",
      `Enabling dirty logging time: 0.${String(ms).padStart(3, "0")}000000s`,
      "Iteration 1 dirty memory time: 0.500000000s",
      "Iteration 1 get dirty log time: 0.000100000s",
      "Disabling dirty logging time: 0.001000000s",
    ];
    return readLog(lines.join("\n"), origin, "log", findSelftestCommand(`${command} -i 1`)!);
  });
  return assembleImport(logs, "1.2.3");
}

const NAMES = ["a.json", "b.json"] as const;
const gate: CompareOptions = { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0.05 };
const slow = [60, 61, 62, 60, 61, 62, 60, 61, 62, 63];
const fast = slow.map((ms) => ms - 20);

describe("a phase", () => {
  const statusOf = (base: readonly number[], next: readonly number[], options = gate) =>
    compareMeasurements(measurement(base), measurement(next), NAMES, options).phases.find(
      ({ metric }) => metric.part === "enable",
    )!.metric.status;

  it("that is slower beyond the threshold, confirmed by the tests, is a regression", () => {
    const comparison = compareMeasurements(measurement(fast), measurement(slow), NAMES, gate);
    expect(comparison.regressions).toBe(1);
    expect(
      comparison.phases.filter(({ metric }) => metric.status === "regression").map(({ metric }) => metric.part),
    ).toEqual(["enable"]);
  });

  it("that is faster is an improvement, that is equal is not, and neither is one of too few runs", () => {
    expect(statusOf(slow, fast)).toBe("improvement");
    expect(statusOf(slow, slow)).toBe("noise");
    expect(statusOf(slow.slice(0, 2), fast.slice(0, 2))).toBe("too-few");
  });

  it("has no verdict without a threshold", () => {
    expect(statusOf(fast, slow, DEFAULT_COMPARE_OPTIONS)).toBe("not-gated");
  });
});

it("runs of another command are missing, which is a regression unless allowed", () => {
  const both = measurement(fast);
  const other = measurement(fast, "dirty_log_perf_test -g -s shmem");
  const base = { ...both, cases: [...both.cases, ...other.cases], runs: [...both.runs, ...other.runs] };
  const comparison = compareMeasurements(base, both, NAMES, gate);
  expect(comparison.missing).toHaveLength(5);
  expect(comparison.regressions).toBe(5);
  expect(compareMeasurements(base, both, NAMES, { ...gate, allowMissing: true }).regressions).toBe(0);
  expect(() => compareMeasurements(both, other, NAMES, gate)).toThrow(
    /b\.json: has no complete run of a case that a\.json has/,
  );
});

it("an interrupted measurement is no baseline, and may be held against one", () => {
  const interrupted = { ...measurement(fast), partial: true };
  expect(() => compareMeasurements(interrupted, measurement(fast), NAMES, gate)).toThrow(
    new UserError("a.json: was interrupted, so it is no baseline; expected a whole measurement"),
  );
  expect(compareMeasurements(measurement(fast), interrupted, NAMES, gate).regressions).toBe(0);
});

it("a comparison tells all: phases in the order of BASE, what one side lacks, by case, guest mode and phase", () => {
  const mode = "PA-bits:40, VA-bits:48, 4K pages";
  const both = measurement([40, 50]);
  const gone = measurement([40, 50], "dirty_log_perf_test -g -s shmem", mode);
  const added = measurement([40, 50], "dirty_log_perf_test -g -s thp");
  const join = (a: MeasurementFile, b: MeasurementFile): MeasurementFile => ({
    ...a,
    cases: [...a.cases, ...b.cases],
    runs: [...a.runs, ...b.runs],
  });
  const next = measurement([60, 70]);
  const comparison = compareMeasurements(join(gone, both), join(added, next), NAMES, gate);
  const phases = ["populate", "enable", "dirty 1", "get 1", "disable"];
  const [id] = both.cases.map((one) => one.id);
  const keys = (of: MeasurementFile, guest: string) => phases.map((phase) => `${of.cases[0]!.id}, ${guest}, ${phase}`);
  expect(comparison).toEqual({
    options: gate,
    phases: phases.map((part) => ({
      case: id,
      guestMode: null,
      metric: expect.objectContaining({ part, samples: [2, 2], status: "too-few" }),
    })),
    missing: keys(gone, mode),
    added: keys(added, "guest mode not known"),
    machineDiffers: [],
    kernels: [null, null],
    regressions: 5,
  });
  expect(comparison.phases[1]!.metric).toMatchObject({ baseNs: 45e6, nextNs: 65e6 });
  expect(() => compareMeasurements(gone, added, NAMES, gate)).toThrow(
    new UserError("b.json: has no complete run of a case that a.json has; expected measurements of the same commands"),
  );
});

describe("measurements of different machines", () => {
  const machine = (cpuModel: string, kernel: string): MeasurementFile["machine"] => ({
    kernel,
    arch: "arm64",
    cpuModel,
    cpuCount: 8,
    governors: null,
    boost: null,
    smtActive: null,
    thp: null,
    thpShmem: null,
    hugepages: [],
    numaBalancing: null,
    ksmRunning: null,
    virtualized: null,
    kvmDevice: true,
    kvmParameters: {},
    loadPerCpu: null,
  });
  const a = { ...measurement(fast), machine: machine("N1", "7.2") };

  it("get no verdict, unless any environment will do", () => {
    const b = { ...measurement(slow), machine: machine("V1", "7.2") };
    expect(compareMeasurements(a, b, NAMES, gate)).toMatchObject({
      regressions: 0,
      machineDiffers: ["cpuModel: N1, V1"],
    });
    expect(compareMeasurements(a, b, NAMES, { ...gate, anyEnvironment: true }).regressions).toBe(1);
  });

  it("differ by what is not known of one, and where only one says which it is", () => {
    const of = (more: Partial<NonNullable<MeasurementFile["machine"]>>) => ({
      ...measurement(fast),
      machine: { ...machine("N1", "7.2")!, ...more },
    });
    const differ = (b: MeasurementFile) => {
      const one = compareMeasurements(a, b, NAMES, gate);
      expect(compareMeasurements(b, a, NAMES, gate).machineDiffers).toHaveLength(one.machineDiffers.length);
      return { differs: one.machineDiffers, gated: one.phases[0]!.metric.status !== "not-gated" };
    };
    const all = { arch: "x86", cpuCount: 4, governors: ["performance"], boost: true, smtActive: false };
    expect(differ(of({ ...all, thp: "never", virtualized: "kvm" } as never))).toEqual({
      differs: [
        "arch: arm64, x86",
        "cpuCount: 8, 4",
        "governors: not known, performance",
        "boost: not known, true",
        "smtActive: not known, false",
        "thp: not known, never",
        "virtualized: not known, kvm",
      ],
      gated: false,
    });
    expect(differ(of({ ksmRunning: true, loadPerCpu: 1 } as never))).toEqual({ differs: [], gated: true });
    const unknown = { ...measurement(fast), machine: null };
    expect(differ(unknown)).toEqual({ differs: ["only one side says which machine it is of"], gated: false });
    expect(compareMeasurements(unknown, unknown, NAMES, gate)).toMatchObject({
      machineDiffers: [],
      kernels: [null, null],
    });
    expect(compareMeasurements(a, unknown, NAMES, gate).kernels).toEqual(["7.2", null]);
    expect(compareMeasurements(unknown, a, NAMES, gate).kernels).toEqual([null, "7.2"]);
  });

  it("do not differ by the kernel: that is what is compared, and told", () => {
    const comparison = compareMeasurements(a, { ...measurement(slow), machine: machine("N1", "7.3") }, NAMES, gate);
    expect(comparison.regressions).toBe(1);
    const text = measureCompareText(comparison, { chalk: new Chalk({ level: 0 }), columns: 200 });
    expect(text).toContain("kernels: 7.2 -> 7.3");
    expect(text).toMatch(/^enable +41\.0 ms +61\.0 ms +\+48\.8% .*10\/10 {2}SLOWER$/m);
  });
});
