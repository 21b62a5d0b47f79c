import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../testing/nightly.js";
import { missingPhases } from "./completeness.js";
import { formatCommand } from "./selftestCommand.js";
import { parseSelftestLog } from "./selftestLog.js";

const FIXTURES = new URL("../testing/fixtures/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FIXTURES), "utf8");
const recorded = readdirSync(new URL("dirty-log-perf-test/", FIXTURES)).filter((name) => name.endsWith(".txt"));
const whole = recorded.filter((name) => !/bad_chunk|help/.test(name));

describe("recorded output of Linux 7.3", () => {
  it.each(whole)("%s is read to the last line", (name) => {
    const text = read(`dirty-log-perf-test/${name}`);
    const { runs, unreadCount } = parseSelftestLog(text);
    expect(unreadCount).toBe(0);
    expect(runs).toHaveLength(name.includes("allmodes") ? text.match(/Testing guest mode/g)!.length : 1);
    for (const run of runs) {
      expect(missingPhases(run)).toEqual([]);
      expect(run.phases.some(({ phase }) => phase === "clear")).toBe(name.includes("_manual"));
    }
  });

  it("has every time, to the nanosecond", () => {
    const [run] = parseSelftestLog(read("dirty-log-perf-test/dlpt_64M_anon_chunk2M_manual.txt")).runs;
    expect(run).toMatchObject({
      guestMode: { text: "PA-bits:40, VA-bits:48, 4K pages", paBits: 40, vaBits: 48, pageBytes: 4096 },
      iterations: 2,
      seeds: ["0x5fefe48b", "0x1"],
      region: { start: "0xfffbfff000", end: "0xfffffff000" },
      firstLine: 3,
      lastLine: 17,
      phases: [
        { phase: "populate", iteration: null, timeNs: 1_512_706_480 },
        { phase: "enable", iteration: null, timeNs: 6_506_544 },
        { phase: "dirty", iteration: 1, timeNs: 9_161_264 },
        { phase: "get", iteration: 1, timeNs: 72_000 },
        { phase: "clear", iteration: 1, timeNs: 2_535_776 },
        { phase: "dirty", iteration: 2, timeNs: 806_825_008 },
        { phase: "get", iteration: 2, timeNs: 68_032 },
        { phase: "clear", iteration: 2, timeNs: 3_114_336 },
        { phase: "disable", iteration: null, timeNs: 690_464 },
      ],
      totals: [
        { phase: "get", iterations: 2, totalNs: 140_032, averageNs: 70_016 },
        { phase: "clear", iterations: 2, totalNs: 5_650_112, averageNs: 2_825_056 },
      ],
    });
  });

  it("keeps guest modes apart that follow one another", () => {
    const { runs } = parseSelftestLog(read("dirty-log-perf-test/var_allmodes_64M_anon_chunk2M_g.txt"));
    expect(runs.map((run) => run.guestMode!.pageBytes! / 1024)).toEqual([4, 16, 64, 4, 16, 64, 4, 16, 64, 16]);
    expect(runs.map((run) => run.iterations)).toEqual(runs.map(() => 2));
  });

  it("ends after the guest mode where the chunk was refused", () => {
    const { runs, unreadCount } = parseSelftestLog(read("dirty-log-perf-test/var_bad_chunk.txt"));
    expect(unreadCount).toBe(0);
    expect(runs.map(missingPhases)).toEqual([["populate", "enable", "dirty 1", "get 1", "disable"]]);
  });

  it("is known for help where it is help", () => {
    const log = parseSelftestLog(read("dirty-log-perf-test/var_help.txt"));
    expect(log).toMatchObject({ runs: [], helpLine: 3, unreadCount: 0 });
  });
});

describe("output of Linux 7.3.4 on arm64", () => {
  const folder = "dirty-log-perf-test-7.3/";
  const { outputs } = JSON.parse(read(`${folder}index.json`)) as {
    outputs: Record<string, { exit: number | string; command: string; runs?: number }>;
  };

  it.each(Object.keys(outputs))("%s is read to the last line", (name) => {
    const { runs, unread, helpLine, failure } = parseSelftestLog(read(folder + name));
    expect(unread).toEqual([]);
    const { exit, command, runs: repeated = 1 } = outputs[name]!;
    if (exit === 0 && name !== "var_help.txt") {
      expect(runs).toHaveLength(repeated * (name.includes("allmodes") ? 13 : 1));
      for (const run of runs) {
        expect(missingPhases(run)).toEqual([]);
        expect(run.failure).toBeUndefined();
        expect(run.phases.some(({ phase }) => phase === "clear")).toBe(!/ -g\b/.test(command));
      }
    } else {
      expect(runs.flatMap(({ phases }) => phases)).toEqual([]);
      expect(helpLine !== undefined).toBe(name === "var_help.txt");
      const said = failure ?? runs[0]?.failure;
      if (exit !== 0 && exit !== "SIGTERM") expect(said).toMatch(/skipped|ended by|: .*(?:memory|evenly)/);
    }
  });

  it("has the guests of 52 bits among those of all modes", () => {
    const { runs } = parseSelftestLog(read(`${folder}var_allmodes_4M_thp_g.txt`));
    expect(runs.slice(0, 3).map((run) => [run.guestMode!.paBits, run.guestMode!.pageBytes])).toEqual([
      [52, 4096],
      [52, 16384],
      [52, 65536],
    ]);
  });

  it.each([
    ["var_no_kvm.txt", "skipped: Cannot open '/dev/kvm': No such file or directory.  Is KVM loaded and enabled?"],
    ["kselftest_skip.txt", "skipped: Cannot open '/dev/kvm': No such file or directory.  Is KVM loaded and enabled?"],
    ["kselftest_timeout.txt", "ended by the kselftest runner after 6 seconds"],
  ])("%s says why there is no run", (name, why) => {
    expect(parseSelftestLog(read(folder + name))).toMatchObject({ runs: [], failure: why });
  });

  const message =
    "include/kvm_syscalls.h:70: mem != MAP_FAILED: mmap() failed, rc: -1 errno: 12 (Cannot allocate memory)";

  it.each(["var_hugetlb_too_few.txt", "var_hugetlb_too_few_no_addr2line.txt"])(
    "%s keeps the message of the assertion, also behind the prefix of the kselftest runner",
    (name) => {
      const text = read(folder + name);
      const prefixed = (prefix: string) => text.replaceAll(/^/gm, prefix);
      for (const each of [text, prefixed("# "), prefixed("[   12.345678] "), prefixed("[   12.345678] # ")]) {
        const { runs, unread } = parseSelftestLog(each);
        expect(unread).toEqual([]);
        expect(runs.map(({ failure }) => failure)).toEqual([message]);
      }
    },
  );
});

describe("published output", () => {
  it("of November 2021 gives an offset instead of a range", () => {
    const log = parseSelftestLog(read("published/gardon-2021-11-x86-96vcpu-hugetlb-1gb.txt"));
    expect(log.unreadCount).toBe(0);
    expect(log.runs).toHaveLength(1);
    expect(log.runs[0]!.region).toEqual({ start: "0x3fe7c0000000", end: null });
    expect(missingPhases(log.runs[0]!)).toEqual([]);
  });

  it("of February 2023 has another phase and a wrapped average", () => {
    const log = parseSelftestLog(read("published/sharma-2023-02-160vcpu.txt"));
    expect(log.unreadCount).toBe(0);
    expect(log.runs[0]!.phases[1]).toEqual({ phase: "set-mode", iteration: null, timeNs: 52 });
    expect(log.runs[0]!.totals[0]).toEqual({ phase: "get", iterations: 3, totalNs: 5_680_512, averageNs: 1_893_504 });
    expect(missingPhases(log.runs[0]!)).toEqual([]);
  });

  it("of a kselftest run is indented, between its own lines", () => {
    const log = parseSelftestLog(read("published/loongarch-kselftest-wrapped.txt"));
    expect(log.unreadCount).toBe(0);
    expect(log.failure).toBeUndefined();
    expect(log.runs[0]!.guestMode).toMatchObject({ paBits: 36, vaBits: 47, pageBytes: 16384 });
    expect(missingPhases(log.runs[0]!)).toEqual([]);
  });
});

const RUN = read("dirty-log-perf-test/dlpt_64M_anon_chunk2M_g.txt");

describe("around the runs", () => {
  it("the command line is found after prompts, assignments and wrappers, and each run keeps its own", () => {
    const text = `$ KVM_EAGER_SPLIT_CHUNK=0x200000 taskset -c 3 ./dirty_log_perf_test -gb 64M | tee log\n${RUN}root@host:~# ./dirty_log_perf_test -i 5\n${RUN}`;
    const { runs, unreadCount } = parseSelftestLog(text);
    expect(unreadCount).toBe(0);
    expect(runs.map((run) => formatCommand(run.command!))).toEqual([
      "KVM_EAGER_SPLIT_CHUNK=0x200000 ./dirty_log_perf_test -gb 64M",
      "./dirty_log_perf_test -i 5",
    ]);
  });

  it("prose that names the test is no command, and is named by its line", () => {
    const { runs, unread } = parseSelftestLog(`Hi,\ndirty_log_perf_test shows a decrease of 10%:\n${RUN}`);
    expect(unread).toEqual([
      { line: 1, text: "Hi," },
      { line: 2, text: "dirty_log_perf_test shows a decrease of 10%:" },
    ]);
    expect(runs[0]!.command).toBeUndefined();
  });

  it.each([
    ["mails quote", "> > "],
    ["kselftest prefixes", "# "],
    ["the kernel log prefixes", "[   12.345678] "],
  ])("what %s is taken off", (_, prefix) => {
    const prefixed = RUN.split("\n")
      .map((line) => prefix + line)
      .join("\n");
    expect(parseSelftestLog(prefixed).runs[0]!.phases).toEqual(parseSelftestLog(RUN).runs[0]!.phases);
    expect(parseSelftestLog(prefixed).unreadCount).toBe(0);
  });

  it("an assertion makes the run a failed one, with its message", () => {
    const head = RUN.split("\n").slice(0, 6).join("\n");
    const text = `${head}\n==== Test Assertion Failure ====\n  lib/kvm_util.c:1113: !ret\n  pid=77 tid=77 errno=12 - Cannot allocate memory\n     1\t0x0000000000402f2d: run_test at x.c:1\n  (stack trace empty)\n  mmap() failed, errno: 12\n`;
    const { runs, unreadCount } = parseSelftestLog(text);
    expect(runs[0]!.failure).toBe("lib/kvm_util.c:1113: !ret: mmap() failed, errno: 12");
    expect(unreadCount).toBe(0);
  });

  it("'not ok' fails the run before it, but not that of another test", () => {
    const failed = (line: string) => parseSelftestLog(`${RUN}${line}\n`).runs[0]!.failure;
    expect(failed("not ok 2 selftests: kvm: dirty_log_perf_test # exit=254")).toContain("exit=254");
    expect(failed("not ok 3 selftests: kvm: sync_regs_test # exit=1")).toBeUndefined();
  });

  it("a log whose head was cut still has its run, and a second one is not mixed into it", () => {
    const cut = RUN.split("\n").slice(5).join("\n");
    const { runs } = parseSelftestLog(cut + cut);
    expect(runs.map((run) => run.phases.length)).toEqual([7, 7]);
    expect(runs[0]!.guestMode).toBeNull();
  });
});

it("reads damaged logs by the thousand without an exception, and never makes up a time", () => {
  const names = [
    "dirty-log-perf-test/var_64M_i5_w50_random_manual.txt",
    "published/sharma-2023-02-160vcpu.txt",
    "published/loongarch-kselftest-wrapped.txt",
  ];
  const samples = [...names.map(read), read("dirty-log-perf-test/var_help.txt").slice(0, 1500)];
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(60),
    put: fc.oneof(
      fc.string({ maxLength: 12, unit: "binary" }),
      fc.constantFrom(
        "\n",
        "Iteration 99999999999 ",
        "999999999.999999999s",
        "(Avg ",
        "Test iterations: 0\n",
        "==== Test Assertion Failure ====\n",
        "# ",
        "> ",
      ),
    ),
  });
  let whole = 0;
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }), (sample, edits) => {
      let text = sample;
      for (const { at, drop, put } of edits) {
        const from = Math.floor(at * text.length);
        text = text.slice(0, from) + put + text.slice(from + drop);
      }
      const { runs } = parseSelftestLog(text);
      for (const run of runs) {
        if (missingPhases(run).length === 0) whole++;
        for (const { timeNs } of run.phases) {
          expect(Number.isSafeInteger(timeNs)).toBe(true);
          // Every time stands in the text as it is said, whatever was damaged around it.
          const seconds = Math.floor(timeNs / 1e9);
          const digits = String(timeNs % 1e9).padStart(9, "0");
          const shortest = digits.replace(/0+$/, "") || "0";
          expect(text.includes(`${seconds}.${shortest}`), `${timeNs}`).toBe(true);
        }
      }
    }),
    { numRuns: times(600, 10_000), seed: 1 },
  );
  expect(whole).toBeGreaterThan(times(30, 500));
});

it("takes megabytes of garbage without hanging", () => {
  expect(parseSelftestLog("\u0000\uffff junk\n".repeat(300_000)).unreadCount).toBe(300_000);
  expect(parseSelftestLog(`Iteration ${"1".repeat(3_000_000)}`).runs).toEqual([]);
  expect(parseSelftestLog("> ".repeat(1_000_000)).runs).toEqual([]);
});

it("of lines that it does not know it keeps the first fifty, by number, and counts all", () => {
  const lines = Array.from({ length: 60 }, (_, i) => `line ${i + 1} of something else`);
  const { unread, unreadCount } = parseSelftestLog(lines.join("\n"));
  expect(unread).toEqual(lines.slice(0, 50).map((text, i) => ({ line: i + 1, text })));
  expect(unreadCount).toBe(60);
});

it("a log is read whole: runs with their commands, seeds and failures, and what is around them", () => {
  const text = `a note
$ ./dirty_log_perf_test -v 2
Random seed: 0xab
Test iterations: 1
Testing guest mode: PA-bits:40,  VA-bits:48,  4K pages
guest physical test memory: [0x1000, 0x2000)
Random seed: 0x1
Populate memory time: 1.5s
Enabling dirty logging time: 0.000000001s
Iteration 1 dirty memory time: 2.0s
Iteration 1 get dirty log time: 3.0s
Iteration 1 clear dirty log time: 4.25s
Disabling dirty logging time: 12.000000020s
Get dirty log over 1 iterations took 3.0s.
(Avg 3.0s/iteration)
Clear dirty log over 1 iterations took 4.25s. (Avg 4.25s/iteration)
==== Test Assertion Failure ====
  x.c:1: ok
  pid=1 tid=1 errno=0 - Success
     1\t0x0000: main at x.c:1
  (stack trace empty)
back to the shell
Random seed: 0x2
Populate memory time: 7.0s
Populate memory time: 8.0s
usage: ./dirty_log_perf_test [-h]
 -h: help
Test iterations: 3
Testing guest mode: PA-bits:52
guest physical test memory offset: 0x3000
guest physical test memory offset: 0x4000
not ok 1 selftests: kvm: dirty_log_perf_test # TIMEOUT 6 seconds
1..0 # SKIP - again
Clear dirty log over 2 iterations took 1.0s. nonsense
`;
  expect(parseSelftestLog(text)).toEqual({
    runs: [
      {
        firstLine: 5,
        lastLine: 16,
        guestMode: { text: "PA-bits:40, VA-bits:48, 4K pages", paBits: 40, vaBits: 48, pageBytes: 4096 },
        iterations: 1,
        region: { start: "0x1000", end: "0x2000" },
        seeds: ["0xab", "0x1"],
        phases: [
          { phase: "populate", iteration: null, timeNs: 1500000000 },
          { phase: "enable", iteration: null, timeNs: 1 },
          { phase: "dirty", iteration: 1, timeNs: 2000000000 },
          { phase: "get", iteration: 1, timeNs: 3000000000 },
          { phase: "clear", iteration: 1, timeNs: 4250000000 },
          { phase: "disable", iteration: null, timeNs: 12000000020 },
        ],
        totals: [
          { phase: "get", iterations: 1, totalNs: 3000000000, averageNs: 3000000000 },
          { phase: "clear", iterations: 1, totalNs: 4250000000, averageNs: 4250000000 },
        ],
        command: { env: {}, program: "./dirty_log_perf_test", args: ["-v", "2"] },
        failure: "x.c:1: ok",
      },
      {
        firstLine: 24,
        lastLine: 24,
        guestMode: null,
        iterations: 1,
        region: null,
        seeds: ["0x2"],
        phases: [{ phase: "populate", iteration: null, timeNs: 7000000000 }],
        totals: [],
        command: { env: {}, program: "./dirty_log_perf_test", args: ["-v", "2"] },
        failure: undefined,
      },
      {
        firstLine: 25,
        lastLine: 25,
        guestMode: null,
        iterations: 1,
        region: null,
        seeds: ["0x2"],
        phases: [{ phase: "populate", iteration: null, timeNs: 8000000000 }],
        totals: [],
        command: { env: {}, program: "./dirty_log_perf_test", args: ["-v", "2"] },
        failure: undefined,
      },
      {
        firstLine: 29,
        lastLine: 30,
        guestMode: { text: "PA-bits:52", paBits: 52, vaBits: null, pageBytes: null },
        iterations: 3,
        region: { start: "0x3000", end: null },
        seeds: [],
        phases: [],
        totals: [],
        command: { env: {}, program: "./dirty_log_perf_test", args: ["-v", "2"] },
        failure: undefined,
      },
      {
        firstLine: 31,
        lastLine: 31,
        guestMode: null,
        iterations: 3,
        region: { start: "0x4000", end: null },
        seeds: [],
        phases: [],
        totals: [],
        command: { env: {}, program: "./dirty_log_perf_test", args: ["-v", "2"] },
        failure: "ended by the kselftest runner after 6 seconds",
      },
    ],
    unread: [
      { line: 1, text: "a note" },
      { line: 22, text: "back to the shell" },
      { line: 34, text: "Clear dirty log over 2 iterations took 1.0s. nonsense" },
    ],
    unreadCount: 3,
    helpLine: 26,
    failure: undefined,
  });
});

it("an assertion of one line is that line, and of none says so", () => {
  const failed = (lines: string) => parseSelftestLog(`=== Test Assertion Failure ===\n${lines}`).failure;
  expect(failed("  x.c:1: a\n")).toBe("x.c:1: a");
  expect(failed("  x.c:1: a\n  b\n  c\n")).toBe("x.c:1: a: c");
  expect(failed("")).toBe("assertion failed");
  expect(failed("x.c:1: a\nsh: addr2line: not found\n  c\n")).toBe("x.c:1: a: c");
  expect(parseSelftestLog("1..0 # SKIP\n").failure).toBe("skipped: ");
});
