import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assembleImport } from "../measure/assemble.js";
import { readLog } from "../measure/readLog.js";
import { findSelftestCommand } from "../measure/selftestCommand.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { candidateRuns, describeOptions, measuredPhases } from "./measuredRuns.js";
import { countSelftest, hasWork } from "./selftestTerms.js";

const FIXTURES = new URL("../testing/fixtures/", import.meta.url);
const baseline = strategies.find(({ id }) => id === "baseline")!;

function imported(name: string, command: string, change = (text: string) => text) {
  const text = change(readFileSync(new URL(name, FIXTURES), "utf8"));
  const origin = { log: name, rawFile: null, exitCode: 0, signal: null, durationNs: null, truncated: false };
  return assembleImport([readLog(text, origin, name, findSelftestCommand(command))], "1.2.3");
}

function measured(name: string, command: string, change?: (text: string) => string) {
  return measuredPhases([{ input: name, file: imported(name, command, change) }], baseline);
}

it("names the guest mode in each row of a command without -m, so that no two rows have one label", () => {
  const command = "KVM_EAGER_SPLIT_CHUNK=0x200000 dirty_log_perf_test -g -b 64M";
  const { phases } = measured("dirty-log-perf-test/var_allmodes_64M_anon_chunk2M_g.txt", command);
  const labels = phases.map(({ label }) => label);
  expect(new Set(labels).size).toBe(labels.length);
  const modes = [3, 4, 5, 6, 7, 8, 12, 13, 14, 16];
  expect(labels.filter((label) => label.endsWith(": enable"))).toEqual(
    modes.map((mode) => `-m ${mode} -s anonymous -b 64M -g chunk 2M: enable`),
  );
});

it("counts guests of 52 bits, the first that the test runs where the host has LPA2", () => {
  const { phases, skipped } = measured(
    "dirty-log-perf-test-7.3/var_allmodes_4M_thp_g.txt",
    "dirty_log_perf_test -g -b 4M -s anonymous_thp",
  );
  expect(skipped).toEqual([]);
  const enabled = phases.filter(({ label }) => label.endsWith(": dirty 1"));
  const modes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 16];
  expect(enabled.map(({ label }) => label.split(" -s ")[0])).toEqual(modes.map((mode) => `-m ${mode}`));
  // A level more in the tree changes nothing of what is split and faulted: as in the 48-bit guest
  // of the same page size.
  for (const mode of [0, 1, 2]) expect(enabled[mode]!.terms).toEqual(enabled[mode + 3]!.terms);
  expect(enabled[0]!.terms.faults).toBeGreaterThan(0);
});

const SMALL = "dirty-log-perf-test/dlpt_64M_anon_off_g.txt";

it("pairs each measured phase that does work with its counts, and names it by the options that decide them", () => {
  const { phases, skipped, ignoredWritePercent } = measured(SMALL, "dirty_log_perf_test -g -b 64M -m 6");
  expect([skipped, ignoredWritePercent]).toEqual([[], []]);
  const options = {
    memoryPerVcpuBytes: 2 ** 26,
    vcpus: 1,
    overlap: false,
    backing: "anonymous",
    memslots: 1,
    iterations: 2,
    manualProtect: false,
    eagerSplitChunkBytes: null,
  };
  const counted = countSelftest(options, { paBits: 40, pageBytes: 4096 }, baseline).filter(hasWork);
  expect(
    phases.map(({ label, terms, issuers, phase, iteration }) => ({ label, terms, issuers, phase, iteration })),
  ).toEqual(
    counted.map((one) => ({
      ...one,
      label: `-m 6 -s anonymous -b 64M -g chunk off: ${one.phase}${one.iteration === null ? "" : ` ${one.iteration}`}`,
    })),
  );
  const text = readFileSync(new URL(SMALL, FIXTURES), "utf8");
  const seconds = Number(/^Enabling dirty logging time: ([\d.]+)s/m.exec(text)![1]);
  expect(phases[0]).toMatchObject({ phase: "enable", iteration: null, medianNs: Math.round(seconds * 1e9) });
  expect(phases[0]!.samplesNs).toEqual([phases[0]!.medianNs]);
  expect(phases[0]!.hasInterval).toBe(false);
});

const COMMAND = "dirty_log_perf_test -g -b 64M";

/** What comes of a case whose command had other options. */
function withOptions(options: object | null) {
  const file = imported(SMALL, COMMAND);
  const [one] = file.cases;
  const changed = options === null ? null : { ...one!.options!, ...options };
  return measuredPhases([{ input: "x", file: { ...file, cases: [{ ...one!, options: changed }] } }], baseline);
}

describe("a case is left out", () => {
  it.each([
    [null, { code: "no-command" }],
    [{ unknown: ["-z", "9"] }, { code: "unknown-options", options: ["-z", "9"] }],
    [{ randomAccess: true }, { code: "random-access" }],
    [{ vcpus: 2, writePercent: 1 }, { code: "write-percent" }],
    [{ vcpus: 2, writePercent: 99 }, { code: "write-percent" }],
    [{ nested: true }, { code: "nested" }],
    [
      { memslots: 3 },
      {
        code: "not-simulated",
        message: "64M in 3 memslots: cannot be cut evenly into whole pages; expected memory that is a multiple of 12K",
      },
    ],
  ] as const)("with %j", (options, reason) => {
    const { phases, skipped, ignoredWritePercent } = withOptions(options);
    expect({ phases, skipped, ignoredWritePercent }).toEqual({
      phases: [],
      skipped: [{ input: "x", case: expect.any(String), reason }],
      ignoredWritePercent: [],
    });
  });

  it("where none of its runs is complete, or no guest mode was printed", () => {
    const cut = measured(SMALL, COMMAND, (text) => text.slice(0, text.indexOf("Disabling")));
    expect(cut.skipped.map(({ reason }) => reason)).toEqual([{ code: "no-complete-run" }]);
    const silent = measured(SMALL, COMMAND, (text) => text.replace(/^Testing guest mode.*\n/m, ""));
    expect([silent.phases, silent.skipped.map(({ reason }) => reason)]).toEqual([[], [{ code: "no-guest-mode" }]]);
  });

  it("but not with several vCPUs that write all or nothing", () => {
    const of = (writePercent: number) => withOptions({ vcpus: 2, memoryPerVcpuBytes: 2 ** 25, writePercent });
    expect([of(0), of(100)].map(({ skipped }) => skipped)).toEqual([[], []]);
    // Where nothing is written, nothing is dirty that could be got.
    expect([of(0), of(100)].map(({ phases }) => phases.length)).toEqual([3, 5]);
  });
});

it("a phase that took no time is left out, for nothing can be fitted to it", () => {
  const labels = (text: string) =>
    measured(SMALL, COMMAND, () => text).phases.map(({ phase, iteration }) => `${phase} ${iteration}`);
  const text = readFileSync(new URL(SMALL, FIXTURES), "utf8");
  const all = ["enable null", "dirty 1", "get 1", "dirty 2", "get 2"];
  expect(labels(text)).toEqual(all);
  const idle = text.replace(/(Iteration 1 get dirty log time: )[\d.]+s/, "$10.000000000s");
  expect(labels(idle)).toEqual(all.filter((one) => one !== "get 1"));
});

it("a percentage of writes between 0 and 100 is told to be ignored, where one vCPU runs", () => {
  const ignored = [0, 1, 99, 100].map((writePercent) => withOptions({ writePercent }).ignoredWritePercent.length);
  expect(ignored).toEqual([0, 1, 1, 0]);
});

it("a guest mode without a number is named as the test printed it", () => {
  const { phases } = measured(SMALL, COMMAND, (text) => text.replace("PA-bits:40", "PA-bits:44"));
  expect(phases[0]!.label).toBe("PA-bits:44, VA-bits:48, 4K pages -s anonymous -b 64M -g chunk off: enable");
});

it("options are described in the test's own letters, those left out that are as the test has them", () => {
  const options = {
    memoryPerVcpuBytes: 2 ** 30,
    vcpus: 1,
    overlap: false,
    backing: "anonymous_thp",
    memslots: 1,
    iterations: 2,
    manualProtect: true,
    eagerSplitChunkBytes: null,
    writePercent: 100,
  };
  expect(describeOptions(options)).toBe("-s anonymous_thp -b 1G chunk off");
  const more = { vcpus: 2, overlap: true, memslots: 2, manualProtect: false, writePercent: 0 };
  expect(describeOptions({ ...options, ...more, eagerSplitChunkBytes: 2 ** 21 })).toBe(
    "-s anonymous_thp -b 1G -v 2 -o -x 2 -g -w 0 chunk 2M",
  );
});

it("runs that could tell costs apart are of small memory, in pages and huge pages, with each chunk and mode", () => {
  const runs = candidateRuns(baseline);
  const groups = [...new Set(runs.map(({ label }) => label.split(":")[0]))];
  expect(groups).toEqual(
    ["anonymous", "anonymous_thp"].flatMap((backing) =>
      ["-g ", ""].flatMap((mode) =>
        ["off", "2M", "1G"].map((chunk) => `-m 6 -s ${backing} -b 64M ${mode}chunk ${chunk}`),
      ),
    ),
  );
  const thp = runs.filter(({ label }) => label.startsWith("-m 6 -s anonymous_thp -b 64M chunk 2M"));
  expect(thp.map(({ label, terms }) => [label.split(": ")[1], terms.faults, terms.tlbiBroadcast])).toEqual([
    // A clear has not been yet: nothing is write-protected.
    ["dirty 1", 0, 0],
    ["clear 1", 0, 32],
    ["dirty 2", 16384, 0],
    ["clear 2", 0, 0],
  ]);
});
