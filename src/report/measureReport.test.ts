import { readdirSync, readFileSync } from "node:fs";
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { assembleImport } from "../measure/assemble.js";
import { readLog } from "../measure/readLog.js";
import { findSelftestCommand } from "../measure/selftestCommand.js";
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
