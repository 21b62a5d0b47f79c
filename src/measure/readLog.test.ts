import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noteWords } from "../report/measureNotes.js";
import { times } from "../testing/nightly.js";
import { assembleImport } from "./assemble.js";
import { parseMeasurement } from "./read.js";
import { readLog } from "./readLog.js";
import { measurementFile } from "./schema.js";
import { findSelftestCommand } from "./selftestCommand.js";

const FIXTURES = new URL("../testing/fixtures/dirty-log-perf-test/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, FIXTURES), "utf8");
const index = JSON.parse(read("index.json")) as Record<string, { exit: number; command: string }>;
const importOf = (text: string, command?: string, exitCode: number | null = null) =>
  readLog(
    text,
    { log: "log", rawFile: null, exitCode, signal: null, durationNs: null, truncated: false },
    "log",
    command === undefined ? undefined : findSelftestCommand(command)!,
  );
const codes = (text: string, command?: string) => importOf(text, command).runs[0]!.notes.map((note) => note.code);

const runs = Object.entries(index).filter(([name]) => !/help|bad_chunk/.test(name));

it.each(runs)("%s agrees with the command that made it", (name, { command }) => {
  const { runs, cases } = importOf(read(name), command);
  expect(cases).toHaveLength(1);
  expect(cases[0]!.options!.unknown).toEqual([]);
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "complete"));
});

it("the refused chunk is a failed run without phases", () => {
  const { runs } = importOf(read("var_bad_chunk.txt"), index["var_bad_chunk.txt"]!.command, 254);
  expect(runs).toMatchObject([{ status: "failed", phases: [] }]);
});

describe("a command", () => {
  const text = read("dlpt_64M_anon_chunk2M_g.txt");

  it.each([
    ["-b 1G -g", "-b"],
    ["-b 64M", "-g"],
    ["-b 64M -g -i 7", "-i"],
  ])("that the output contradicts (%s) is refused where it is given", (options, letter) => {
    expect(() => importOf(text, `dirty_log_perf_test ${options}`)).toThrow(
      new RegExp(`log line 3: not the output of --command: ${letter} differ`),
    );
  });

  it("that the output contradicts is not believed where the log has it", () => {
    const { runs, cases } = importOf(`$ ./dirty_log_perf_test -b 1G -g\n${text}`);
    expect(cases).toMatchObject([{ id: "log", command: null, options: null }]);
    expect(runs[0]!.notes.map((note) => note.code)).toEqual(["command-disagrees"]);
  });
});

describe("figures of options that do nothing in the real test", () => {
  const text = read("var_64M_i5_w50_random_manual.txt");
  const { command } = index["var_64M_i5_w50_random_manual.txt"]!;

  it("carry a line that says so", () => {
    expect(codes(text, command)).toEqual(["write-percent-ignored", "random-access-one-page"]);
    expect(importOf(text, command).runs[0]!.notes.map(noteWords)).toEqual([
      expect.stringMatching(/^-w 50 had no effect: .*7\.3.*every page$/),
      expect.stringMatching(/^-a touched one page only: .*7\.3/),
    ]);
  });

  it("say what holds with several vCPUs, and nothing of -w 0, which works", () => {
    const of = (options: string) =>
      importOf("Populate memory time: 1.0s\n", `dirty_log_perf_test ${options}`).runs[0]!.notes.map(noteWords);
    expect(of("-w 5 -v 2")[0]).toMatch(/^-w 5: .*vCPU 0 writes every page it touches$/);
    expect(of("-w 0")[0]).toMatch(/^missing: /);
  });

  it("name -p too, which the test reads and does not use", () => {
    const { outputs } = JSON.parse(
      readFileSync(new URL("../dirty-log-perf-test-7.3/index.json", FIXTURES), "utf8"),
    ) as { outputs: Record<string, { command: string }> };
    const name = "var_32M_p_thp_g.txt";
    const { runs } = importOf(read(`../dirty-log-perf-test-7.3/${name}`), outputs[name]!.command);
    expect(runs[0]!.region!.start).not.toBe("0x80000000");
    expect(runs[0]!.notes.map(noteWords)).toEqual([
      "-p 0x80000000 had no effect: the real test in Linux 7.3 reads it and does not use it",
    ]);
  });

  it("carry none where the options were not used", () => {
    expect(
      codes(read("dlpt_64M_anon_thp_chunk2M_manual.txt"), index["dlpt_64M_anon_thp_chunk2M_manual.txt"]!.command),
    ).toEqual([]);
  });
});

it("a sum that is not that of its parts is noted", () => {
  const text = read("dlpt_64M_anon_chunk2M_g.txt").replace("took 0.003895008s", "took 0.003895009s");
  expect(importOf(text).runs[0]!.notes).toEqual([
    { code: "total-disagrees", data: { phase: "get", totalNs: 3_895_009, sumNs: 3_895_008, parts: 2 } },
  ]);
});

it("logs of one command are runs of one case, and the file reads back as it was", async () => {
  const logs = ["dlpt_64M_anon_chunk2M_g.txt", "dlpt_64M_anon_chunk2M_g.txt", "dlpt_64M_anon_off_g.txt"];
  const file = assembleImport(
    logs.map((name) => importOf(read(name), index[name]!.command)),
    "1.2.3",
  );
  expect(file.cases).toHaveLength(2);
  expect(file.runs.map(({ output }) => output)).toEqual([0, 1, 2]);
  expect(await parseMeasurement(JSON.stringify(file), "m.json")).toEqual(file);
});

describe("a file that is no measurement is refused in one line:", () => {
  const good = assembleImport([importOf(read("dlpt_64M_anon_off_g.txt"))], "1.2.3");
  it.each([
    ["not JSON", "{", /not JSON/],
    ["another kind", '{"kind":"s2split-result"}', /not a measurement/],
    ["a newer schema", JSON.stringify({ ...good, schemaVersion: 2 }), /newer than this s2split/],
    ["a time that is no integer", JSON.stringify(good).replace('"timeNs":', '"timeNs":0.5,"x":'), /timeNs/],
    ["a run of no case", JSON.stringify({ ...good, cases: [] }), /belongs to no case/],
    ["a run of no output", JSON.stringify({ ...good, outputs: [] }), /output 0, which is not there/],
  ])("%s", async (_, text, message) => {
    await expect(parseMeasurement(text, "m.json")).rejects.toThrow(message);
  });
});

it("makes a valid file of damaged logs by the thousand, whatever is left of them", () => {
  const sample = `$ ./dirty_log_perf_test -b 64M -i 5 -w 50 -a\n${read("var_64M_i5_w50_random_manual.txt")}`;
  const edit = fc.record({
    at: fc.nat(sample.length),
    drop: fc.nat(80),
    put: fc.oneof(
      fc.string({ maxLength: 10, unit: "binary" }),
      fc.constantFrom(
        "99999999999",
        "Test iterations: 999999999\n",
        " -b 99999999T ",
        "-v 0 ",
        "0xffffffffffffffff",
        "\n",
      ),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = sample;
      for (const { at, drop, put } of edits) text = text.slice(0, at) + put + text.slice(at + drop);
      const file = assembleImport([importOf(text)], "1.2.3");
      const { success, error } = measurementFile.safeParse(file);
      expect(success ? [] : error.issues).toEqual([]);
    }),
    { numRuns: times(600, 10_000), seed: 1 },
  );
});
