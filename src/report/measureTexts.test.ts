import { expect, it } from "vitest";
import type { MeasurementComparison } from "../compare/measurements.js";
import type { NoiseReport } from "../compare/noise.js";
import type { CellComparison, Comparison, WallMetric } from "../compare/types.js";
import { DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import type { PlannedRun } from "../measure/plan.js";
import type { RunRecord } from "../measure/runner.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { measureCompareText } from "./measureCompare.js";
import { noteWords, WORDED_NOTES } from "./measureNotes.js";
import { failureLines, progressLine } from "./measureProgress.js";
import { noiseText } from "./noiseText.js";

it("every note has its words, with the figures that it tells", () => {
  const data = {
    ...{ line: 7, text: "a text", lines: 3, granule: "4K", candidates: ["4K", "16K"], ipaBits: 40, levels: 3 },
    ...{ expected: 4, from: "0x0", to: "0x1000", count: 2, first: "0x2000", tables: 5, bytes: 8192 },
    ...{ memslots: ["0x0-0x1000", "0x2000-0x3000"], mode: "enable", chunk: 2097152, address: "7f00", size: "2M" },
    ...{ path: "/memfd", large: "1M", leaf: "2M", pages: "4K", absent: "0", seed: 9, base: "0x40000000", vcpus: 2 },
    ...{ writePercent: 50, offset: "0x10", words: ["-q"], options: ["-v", "-b"], phases: ["enable", "dirty 1"] },
    ...{ phase: "get", totalNs: 10, parts: 2, sumNs: 11, exitCode: 3, governors: ["powersave"], loadPerCpu: 0.456 },
    ...{ backing: "anonymous_thp", needed: 10, free: 1, cpus: 2 },
  };
  expect(WORDED_NOTES.map((code) => noteWords({ code, data } as never))).toEqual([
    'line 7 is no part of the dump and was not read: "a text"',
    "3 more lines were not read",
    "granule 4K, by the sizes and levels of the ranges",
    "granule 4K taken, but 4K, 16K could have printed this: give --granule",
    "granule 4K assumed: no page size in the file says it",
    "IPA width 40 assumed: give --ipa-bits, or the folder that has ipa_range",
    "stage2_levels says 3, but 4K pages and 40 bits make 4: the width may be wrong",
    "the header line is missing: the beginning may be cut off",
    "nothing is said of 0x0-0x1000 (kernels up to 7.2 leave the last range out): taken as not mapped",
    "2 gaps between ranges, the first 0x2000: taken as not mapped",
    "5 tables without any valid entry: a scenario has none, so walks over these holes inspect fewer entries than the host's",
    "8K invalid but annotated (F): taken as not mapped",
    "8K mapped without read permission: taken as read-only",
    "a dump has no output addresses: which host pages are mapped, and so their contiguity, is the simulator's choice",
    "memslots guessed, one for each island of mapped memory, to its edges: 0x0-0x1000, 0x2000-0x3000; correct them with --memslot",
    "8K mapped outside the memslots: left out",
    "dirty log mode enable, chunk 2097152 (--mode, --chunk)",
    "7f00 2M /memfd: 1M in 2M pages, 4K in base pages, 0 not in memory",
    "smaps has no positions: huge pages are put first, then base pages, then what is not in memory (--placement spread mixes them)",
    "smaps has no positions: huge pages, base pages and holes are mixed by seed 9, not as on the host",
    "smaps shows the VMM's own mapping, on any architecture: stage 2, here that of arm64, has at most that, where the guest has touched it and addresses allow blocks",
    "guest addresses are not in smaps: memslots begin at 0x40000000",
    "-w 50: in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 writes every page it touches",
    "-a: in Linux 7.3 the guest of the real test never gets the seed, and vCPU 0 touches one page only",
    "-p 0x10 had no effect: the real test in Linux 7.3 reads it and does not use it",
    "not understood in the command: -q",
    "nothing proves that the eager-split chunk 2M was set: the test made no VM, or was run without the library (LD_PRELOAD)",
    "KVM_EAGER_SPLIT_CHUNK: whether the test reads it is not known, so no chunk is recorded (--eager-split-chunk sets one, and proves it)",
    "the command before it in the log is not its own (-v, -b differ): taken as not known",
    "missing: enable, dirty 1",
    "the test failed: a text",
    "get: the printed total is 10 ns, its 2 parts make 11 ns",
    "printed everything, but ended with exit code 3",
    "/dev/kvm is not there or not writable",
    "this machine is a guest itself: nested KVM costs something else, and times vary with its host",
    "CPU governor powersave: use performance",
    "frequency boost is on: times vary with heat and load",
    "SMT is active: a sibling's load changes times",
    "NUMA balancing is on: it unmaps memory while it is measured (kernel.numa_balancing=0)",
    "KSM is running: it splits huge pages",
    "the machine is busy: load 0.46 per CPU",
    "transparent huge pages are off: anonymous_thp gets none",
    "transparent huge pages are always on: look at whether anonymous gets them too",
    "anonymous_thp needs 10 huge pages, 1 are free",
    "more vCPUs than the 2 CPUs, the main thread counted",
    "vCPUs are not pinned (-c): the scheduler adds to the spread",
  ]);
});

it("some notes have other words for one vCPU, or for a signal; a code without words is shown with its figures", () => {
  const words = (code: string, data: object) => noteWords({ code, data } as never);
  expect(words("write-percent-ignored", { vcpus: 1, writePercent: 50 })).toBe(
    "-w 50 had no effect: the guest of the real test in Linux 7.3 never gets the seed and writes every page",
  );
  expect(words("random-access-one-page", { vcpus: 1 })).toBe(
    "-a touched one page only: the guest of the real test in Linux 7.3 never gets the seed",
  );
  expect(words("exit-code", { signal: "SIGSEGV" })).toBe("printed everything, but ended with signal SIGSEGV");
  expect(words("unheard-of", { a: 1 })).toBe('unheard-of {"a":1}');
});

const planned = (variables: Record<string, string>, warmup: boolean, round = 2) =>
  ({ case: { variables }, round, warmup }) as unknown as PlannedRun;

it("progress tells which run of how many, of what, and how long it may take", () => {
  expect(progressLine(planned({ s: "anonymous_thp", b: "1G" }, true), 2, 24, 2e9)).toBe(
    "3/24 warm-up 2 of s=anonymous_thp b=1G, about 44.0 s left",
  );
  expect(progressLine(planned({}, false, 1), 0, 1, null)).toBe("1/1 run 1");
});

it("each run that is not complete has a line: how it ended, what it said, where its output is", () => {
  const record = (exitCode: number | null, rawFile: string | null) =>
    ({
      planned: planned({ s: "x" }, false),
      output: { exitCode, rawFile },
      runs: [
        { status: "complete", notes: [] },
        { status: "failed", notes: [{ code: "test-failed", data: { text: "oh" } }] },
        { status: "timeout", notes: [] },
      ],
    }) as unknown as RunRecord;
  expect(failureLines(record(1, "raw/1.txt"))).toEqual([
    "run 2 of s=x: failed (exit code 1): the test failed: oh; output in raw/1.txt",
    "run 2 of s=x: timeout (exit code 1): output in raw/1.txt",
  ]);
  expect(failureLines(record(0, null))).toEqual([
    "run 2 of s=x: failed: the test failed: oh",
    "run 2 of s=x: timeout: ",
  ]);
  expect(failureLines(record(null, null))[0]).toBe("run 2 of s=x: failed: the test failed: oh");
});

const metric = (status: WallMetric["status"], change: number): WallMetric => ({
  kind: "measured",
  part: status,
  baseNs: 1e6,
  nextNs: 1e6 * (1 + change),
  change,
  interval: [change - 0.01, change + 0.01],
  p: 0.01,
  pHolm: 0.0312,
  samples: [10, 12],
  samplesNeeded: null,
  status,
});

it("two measurements stand side by side, a table for each case and guest mode", () => {
  const statuses = ["not-gated", "noise", "too-few", "improvement", "changed", "regression"] as const;
  const phases = statuses.map((status, i) => ({ case: "a", guestMode: "4K", metric: metric(status, (i - 3) / 10) }));
  const comparison: MeasurementComparison = {
    options: { ...DEFAULT_COMPARE_OPTIONS, wallThreshold: 0.05 },
    phases: [...phases, { case: "a", guestMode: null, metric: metric("noise", 0) }],
    missing: ["a: get"],
    added: ["b: get"],
    machineDiffers: ["CPU", "RAM"],
    kernels: ["6.1", null],
    regressions: 1,
  };
  expect(marked(measureCompareText(comparison, colourStyle()))).toBe(`kernels: 6.1 -> not known

<bold>a</>
4K
<bold>phase</>           <bold>base</>      <bold>new</>  <bold>change</>      <bold>95% interval</>      <bold>p</>   <bold>runs</>
not-gated    1.00 ms   700 us  -30.0%  -31.0% .. -29.0%  0.031  10/12
noise        1.00 ms   800 us  -20.0%  -21.0% .. -19.0%  0.031  10/12  no change that the tests confirm
too-few      1.00 ms   900 us  -10.0%   -11.0% .. -9.0%  0.031  10/12  too few runs to tell
improvement  1.00 ms  1.00 ms    0.0%    -1.0% .. +1.0%  0.031  10/12  <green>faster</>
changed      1.00 ms  1.10 ms  +10.0%   +9.0% .. +11.0%  0.031  10/12  changed
regression   1.00 ms  1.20 ms  +20.0%  +19.0% .. +21.0%  0.031  10/12  <red>SLOWER</>

<bold>a</>
guest mode not known
<bold>phase</>     <bold>base</>      <bold>new</>  <bold>change</>    <bold>95% interval</>      <bold>p</>   <bold>runs</>
noise  1.00 ms  1.00 ms    0.0%  -1.0% .. +1.0%  0.031  10/12  no change that the tests confirm

<yellow>missing in new: a: get</>
only in new: b: get
<yellow>not the same machine (CPU; RAM): no verdict; --any-environment gives one</>
Medians, measured by the test itself. p: Mann-Whitney, after Holm's correction over all phases; interval: bootstrap, of
  the change.`);
  const same = {
    ...comparison,
    phases: [],
    missing: [],
    added: [],
    machineDiffers: [],
    kernels: [null, null],
  } as const;
  expect(
    marked(measureCompareText({ ...same, options: DEFAULT_COMPARE_OPTIONS }, colourStyle())),
  ).toBe(`Medians, measured by the test itself. p: Mann-Whitney, after Holm's correction over all phases; interval: bootstrap, of
  the change.
No verdict without --wall-threshold.`);
  const any = { ...comparison, options: { ...comparison.options, anyEnvironment: true } };
  expect(marked(measureCompareText(any, colourStyle()))).toContain("<yellow>not the same machine (CPU; RAM)</>\n");
});

it("a benchmark against itself is told change by change, and what follows for a gate", () => {
  const cell = (scenario: string, strategy: string) =>
    ({ scenario, strategy, wall: [metric("noise", 0.02), metric("changed", -0.01)] }) as unknown as CellComparison;
  const comparison = {
    options: DEFAULT_COMPARE_OPTIONS,
    cells: [cell("one", "a"), cell("one", "b"), cell("two", "a")],
  } as unknown as Comparison;
  const report: NoiseReport = {
    comparisons: 6,
    falseAlarms: 1,
    largestChange: -0.02,
    farthest: 0.0301,
    suggestedThreshold: 0.04,
  };
  expect(marked(noiseText(report, [comparison, comparison], colourStyle()))).toBe(`<bold>one</>
<bold>strategy, part</>    <bold>first</>   <bold>second</>  <bold>change</>  <bold>95% interval</>
a, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
a, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%
b, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
b, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%
a, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
a, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%
b, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
b, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%

<bold>two</>
<bold>strategy, part</>    <bold>first</>   <bold>second</>  <bold>change</>  <bold>95% interval</>
a, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
a, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%
a, noise        1.00 ms  1.02 ms   +2.0%  +1.0% to +3.0%
a, changed      1.00 ms   990 us   -1.0%  -2.0% to 0.0%

Counts are equal in 4 runs. Of 6 wall times of the same code, 1 would be called changed at alpha 0.05 (after Holm's
  correction); the largest change of a median is -2.0%.
Suggested: --wall-threshold 4% (beyond the 95% interval of every change seen here).
Whole runs differ on this machine by more than their samples show: without a threshold a gate would cry wolf.`);
  expect(noiseText({ ...report, falseAlarms: 0 }, [comparison], colourStyle())).not.toContain("cry wolf");
});
