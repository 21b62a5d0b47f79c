import { readdirSync, readFileSync } from "node:fs";
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { assembleImport } from "../measure/assemble.js";
import { readLog } from "../measure/readLog.js";
import type { MeasuredRun, MeasurementFile } from "../measure/schema.js";
import { findSelftestCommand } from "../measure/selftestCommand.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { noteWords, WORDED_NOTES } from "./measureNotes.js";
import { measureReport, unreadReport } from "./measureReport.js";

const STYLE = { chalk: new Chalk({ level: 0 }), columns: Number.POSITIVE_INFINITY };
const FIXTURES = new URL("../testing/fixtures/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FIXTURES), "utf8");
const measurement = (texts: readonly string[], command?: string) =>
  assembleImport(
    texts.map((text, i) => {
      const origin = {
        log: `log${i}`,
        rawFile: null,
        exitCode: null,
        signal: null,
        durationNs: null,
        truncated: false,
      };
      return readLog(text, origin, `log${i}`, command === undefined ? undefined : findSelftestCommand(command)!);
    }),
    "1.2.3",
  );

describe("the report", () => {
  const thp = read("dirty-log-perf-test/dlpt_64M_anon_thp_off_g.txt");

  it("of one run has its times, and no interval", () => {
    const text = measureReport(measurement([thp]), STYLE);
    expect(text).toMatch(/^log0 \(command not known\)\nPA-bits:40, VA-bits:48, 4K pages; 1 run\n/);
    expect(text).toMatch(/^enable +3\.39 ms$/m);
    expect(text).not.toContain("..  ");
  });

  it("of repeated runs has median and range, the range in brackets while it is no interval", () => {
    const text = measureReport(
      measurement([thp, thp.replace("0.003390784s", "0.005390784s")], "dirty_log_perf_test -g -b 64M"),
      STYLE,
    );
    expect(text).toMatch(/^enable +4\.39 ms +\(3\.39 ms \.\. 5\.39 ms\)/m);
  });

  it("of repeated runs says where the first eight are from, and how many more there are", () => {
    const from = (runs: number) => {
      const texts = Array<string>(runs).fill(thp);
      return /^from .*$/m.exec(measureReport(measurement(texts, "dirty_log_perf_test -g -b 64M"), STYLE))![0];
    };
    expect(from(8)).toMatch(/^from log0 line \d+, .*log7 line \d+$/);
    expect(from(9)).toMatch(/log7 line \d+ and 1 more$/);
  });

  it("has the interval without brackets from six runs on, and names outliers", () => {
    const texts = [1, 2, 3, 4, 5, 6, 90].map((ms) =>
      thp.replace("0.003390784s", `0.00${String(ms).padStart(2, "0")}90784s`),
    );
    const text = measureReport(measurement(texts, "dirty_log_perf_test -g -b 64M"), STYLE);
    expect(text).toMatch(/^enable +491 us +191 us .* {2}9\.09 ms$/m);
    expect(text).toContain("7 runs");
  });

  it("has one line beside figures of -w and -a", () => {
    const text = measureReport(
      measurement(
        [read("dirty-log-perf-test/var_64M_i5_w50_random_manual.txt")],
        "dirty_log_perf_test -b 64M -i 5 -w 50 -a",
      ),
      STYLE,
    );
    expect(text.match(/note: -w 50 had no effect/g)).toHaveLength(1);
    expect(text.match(/note: -a touched one page/g)).toHaveLength(1);
  });

  it("says what is missing of a run that ended early, and makes no figure of it", () => {
    const text = measureReport(measurement([read("dirty-log-perf-test/var_bad_chunk.txt")]), STYLE);
    expect(text).toContain("0 runs, 1 not complete, left out");
    expect(text).toContain("run at line 3 incomplete: missing: populate, enable, dirty 1, get 1, disable");
    expect(text).not.toContain("Times are measured");
  });

  it("tells which logs and lines the runs of a case are from", () => {
    expect(measureReport(measurement([thp, thp], "dirty_log_perf_test -g -b 64M"), STYLE)).toContain(
      "from log0 line 3, log1 line 3",
    );
  });
});

it("names unread lines by log and number", () => {
  expect(unreadReport(measurement([`hello\n${read("published/sharma-2023-02-160vcpu.txt")}`]))).toEqual([
    'log0 line 1: not read: "hello"',
  ]);
});

it("has words for every code that importers and measurements use", () => {
  const folders = ["../importLayout/", "../measure/"].map((name) => new URL(name, import.meta.url));
  const sources = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(new URL(name, folder), "utf8")),
  );
  const used = sources.flatMap((text) => [
    ...[...text.matchAll(/\bcode: (?:spread \? "([a-z0-9-]+)" : )?"([a-z0-9-]+)"/g)].flatMap(([, a, b]) =>
      a === undefined ? [b!] : [a, b!],
    ),
    ...[...text.matchAll(/\bwarn\("([a-z0-9-]+)"/g)].map(([, code]) => code!),
  ]);
  expect(used.length).toBeGreaterThan(30);
  expect(new Set(used)).toEqual(new Set(WORDED_NOTES));
});

it("shows a code that has no words as itself", () => {
  expect(noteWords({ code: "new-thing", data: { n: 1 } })).toBe('new-thing {"n":1}');
});

it("a report of measured runs is whole: cases, modes, notes, and what was interrupted", () => {
  const phases = (ms: number) => [
    { phase: "enable" as const, iteration: null, timeNs: ms * 1e6 },
    { phase: "dirty" as const, iteration: 1, timeNs: ms * 2e6 },
  ];
  const run = (more: Partial<MeasuredRun>): MeasuredRun => ({
    case: "a",
    round: 1,
    warmup: false,
    output: 0,
    firstLine: 1,
    lastLine: 2,
    status: "complete",
    guestMode: null,
    iterations: 1,
    seeds: [],
    region: null,
    phases: phases(3),
    totals: [],
    notes: [],
    ...more,
  });
  const file = {
    source: "measure",
    partial: true,
    cases: [
      { id: "a", variables: {}, command: "dirty_log_perf_test", options: null },
      { id: "b", variables: {}, command: null, options: null },
    ],
    outputs: [
      { log: null, rawFile: "raw/1.txt", unread: [{ line: 3, text: "what" }], unreadCount: 4 },
      { log: null, rawFile: null, unread: [], unreadCount: 1 },
      { log: "x.log", rawFile: null, unread: [], unreadCount: 0 },
    ],
    runs: [
      run({ warmup: true, notes: [{ code: "test-failed", data: { text: "warm" } }], status: "failed" }),
      ...[1, 2, 3, 4, 5, 60].map((ms, i) => run({ round: i + 1, phases: phases(ms) })),
      run({
        round: null,
        firstLine: 9,
        status: "timeout",
        notes: [{ code: "missing-phases", data: { phases: ["get 1"] } }],
      }),
      run({ case: "b", guestMode: { text: "4K", paBits: null, vaBits: null, pageBytes: null } }),
    ],
  } as unknown as MeasurementFile;
  expect(marked(measureReport(file, colourStyle(110)))).toBe(`<bold>a</>
guest mode not known; 6 runs, 1 not complete, left out, 1 warm-up
<bold>phase</>     <bold>median</>              <bold>interval</>   <bold>lowest</>  <bold>highest</>  <bold>outliers</>
enable   3.50 ms  1.00 ms .. 60.0 ms !  1.00 ms  60.0 ms  60.0 ms
dirty 1  7.00 ms   2.00 ms .. 120 ms !  2.00 ms   120 ms  120 ms
<yellow>  note: warm-up 1 failed: the test failed: warm</>
<yellow>  note: run at line 9 timeout: missing: get 1</>

<bold>b (command not known)</>
4K; 1 run
<bold>phase</>       <bold>time</>
enable   3.00 ms
dirty 1  6.00 ms

Times are measured, by the test itself. Interval: 95% confidence of the median; (range) with fewer than 6
  runs, lowest to highest.
! the interval is wider than 20% of its median: something else had the machine; make it quiet, or more --runs.
<yellow>Interrupted: the runs that were planned after this are not there.</>
`);
  expect(unreadReport(file)).toEqual([
    'raw/1.txt line 3: not read: "what"',
    "raw/1.txt: 3 more lines not read",
    "output: 1 more lines not read",
  ]);
  expect(measureReport({ ...file, partial: false, runs: [] }, STYLE)).toBe("\n");
});
