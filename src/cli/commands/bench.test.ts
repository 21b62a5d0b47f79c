import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ResultFile } from "../../results/types.js";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";
import { runWatched } from "../../testing/watched.js";

const ARGS = ["bench", "--no-wall", "-s", "thp", "-b", "2M", "--strategy", "max-level"];
const TABLES = `thp-2M: KVM/arm64 stage-2, 4K granule, 40 IPA bits, enable dirty logging (no manual protect, -g), chunk 1G, leaves: 1 at
  level 2

The same under both strategies: TLBIs 1, tables 1, lock drops 1.

strategy   visitor calls          inspected          result
baseline             513                514          right
max-level              1  -99.8%          2  -99.6%  right

whole ioctl: write-protect and split together, which is what userspace sees:
The same under both strategies: stores 1,027.

strategy   visitor calls          inspected
baseline             514                516
max-level              2  -99.6%          4  -99.2%

max-level inspects 99.6% fewer entries than baseline in the split walk, and 99.2% fewer in the whole ioctl.

Counts are exact: the same on every machine; the tests hold them equal to those of the kernel's own code.
`;

const resultOf = (text: string) => JSON.parse(text) as ResultFile;

describe("what bench prints", () => {
  it("is its tables, behind them every counter and the drawings where they are asked for", async () => {
    const plain = await run(ARGS);
    expect(plain).toEqual({ code: 0, stdout: TABLES, stderr: "" });
    const long = await run([...ARGS, "--long"]);
    expect(long.stdout.startsWith(`${TABLES}\nthp-2M/enable/chunk=1G: every count that is not 0, exact\n\n`)).toBe(
      true,
    );
    const plot = await run([...ARGS, "--plot"]);
    expect(plot.stdout.startsWith(`${TABLES}\nthp-2M/enable/chunk=1G\n\n## entries inspected, `)).toBe(true);
    const [more, drawing] = [long.stdout, plot.stdout].map((text) => text.slice(TABLES.length));
    expect(drawing).toMatch(/[^\n]\n$/);
    expect((await run([...ARGS, "--long", "--plot"])).stdout).toBe(`${TABLES}${more}${drawing}`);
    expect((await run([...ARGS, "--quiet"])).stdout).toBe("");
    expect((await run([...ARGS, "-q", "--long"])).stdout).toBe(more);
    expect((await run([...ARGS, "-q", "--plot"])).stdout).toBe(drawing);
  });

  it("is one export alone where that goes to standard output", async () => {
    const json = await run([...ARGS, "--json", "--long", "--plot"]);
    expect(resultOf(json.stdout)).toMatchObject({
      options: { wall: false, runs: null, timeMs: null, seed: 1 },
      shard: null,
      partial: false,
      runs: [{ strategy: "baseline" }, { strategy: "max-level" }],
    });
    const csv = await run([...ARGS, "--export-csv", "-"]);
    expect(csv.stdout).toMatch(
      /^scenario,[^\n]*\r\nthp-2M[^\n]*,baseline,[^\n]*\r\nthp-2M[^\n]*,max-level,[^\n]*\r\n$/,
    );
  });

  it("has every table whole of many cases where that is asked for", async () => {
    const args = ["bench", "--no-wall", "-s", "4k,thp", "-b", "2M", "--chunk", "0,2M", "--strategy", "max-level"];
    const [short, full] = [await run(args), await run([...args, "--full"])];
    const tables = (text: string) => text.match(/^strategy .* result$/gm)?.length ?? 0;
    expect([tables(short.stdout), tables(full.stdout)]).toEqual([3, 4]);
  });
});

describe("how bench samples", () => {
  const timed = ["bench", "-s", "thp", "-b", "2M", "--strategy", "baseline", "--json", "--seed", "7"];
  it.each<[readonly string[], object]>([
    [[], { wall: true, runs: 20, timeMs: null, seed: 7 }],
    [["--runs", "6"], { wall: true, runs: 6, timeMs: null, seed: 7 }],
    [["--time", "0.01", "--jobs", "1"], { wall: true, runs: null, timeMs: 10, seed: 7 }],
    [["--no-wall"], { wall: false, runs: null, timeMs: null, seed: 7 }],
  ])("with %j is in the result", async (more, options) => {
    const { stdout } = await run([...timed, ...more]);
    expect(resultOf(stdout)).toMatchObject({ options, environment: { node: process.versions.node } });
  });

  it("in parts is in the result of each", async () => {
    const args = ["bench", "--no-wall", "-s", "4k,thp", "-b", "2M", "--strategy", "baseline", "--json"];
    for (const index of [1, 2]) {
      const { shard, scenarios } = resultOf((await run([...args, "--shard", `${index}/2`])).stdout);
      expect([shard, scenarios.map(({ name }) => name)]).toEqual([
        expect.objectContaining({ index, count: 2 }),
        [["4k-2M", "thp-2M"][index - 1]],
      ]);
    }
  });
});

describe("bench --strict", () => {
  it("ends with 3 where a result is wrong, and with 0 where none is", async () => {
    const wrong = ["bench", "--no-wall", "-q", "--scenario", "fault-passed-over", "--strategy"];
    expect((await run([...wrong, "skip-return-rfc"])).code).toBe(0);
    expect((await run([...wrong, "skip-return-rfc", "--strict"])).code).toBe(3);
    expect((await run([...wrong, "skip-return", "--strict"])).code).toBe(0);
  });
});

describe("bench --baseline", () => {
  /** A result of these strategies, changed as text, as the baseline. */
  async function baselineOf(strategies: string, change: (text: string) => string = (text) => text): Promise<string> {
    const path = join(temporaryFolder(), "base.json");
    await run([...ARGS.slice(0, -1), strategies, "-q", "--export-json", path]);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    return path;
  }
  const better = (text: string) => text.replaceAll(/"tablesAllocated": 1/g, '"tablesAllocated": 0');
  const WORSE = /\n2 regressions:\n(?:.*\n)*2 runs compared: [^\n]*; 2 regressions\n$/;

  it("has the comparison behind the tables, and ends as compare does", async () => {
    const same = await run([...ARGS, "--baseline", await baselineOf("max-level")]);
    expect({ ...same, stdout: same.stdout.slice(TABLES.length) }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\n2 runs compared: (\d+) of \1 exact figures equal; no regression\n$/),
      stderr: "",
    });
    const base = await baselineOf("max-level", better);
    const worse = await run([...ARGS, "--baseline", base]);
    expect([worse.code, worse.stderr]).toEqual([1, ""]);
    expect(worse.stdout.slice(0, TABLES.length + 1)).toBe(`${TABLES}\n`);
    expect(worse.stdout.slice(TABLES.length + 1)).toMatch(WORSE);
    const json = await run([...ARGS, "--baseline", base, "--json"]);
    expect([json.code, resultOf(json.stdout).runs.length, json.stderr]).toEqual([1, 2, expect.stringMatching(WORSE)]);
    for (const more of [[], ["--json"]]) {
      expect((await run([...ARGS, "--baseline", base, "--quiet", ...more])).stderr).toBe("");
    }
    expect(await run([...ARGS, "--baseline", base, "--quiet"])).toEqual({ code: 1, stdout: "", stderr: "" });
    expect((await run([...ARGS, "--baseline", base, "-q", "--max-increase", "0"])).code).toBe(1);
    expect((await run([...ARGS, "--baseline", base, "-q", "--strict"])).code).toBe(1);
  });

  it("misses of the baseline what was asked for and is gone, and nothing else", async () => {
    const gone = (text: string) => text.replaceAll('"skip-level"', '"gone"');
    const base = await baselineOf("max-level,skip-level", gone);
    const code = async (...more: string[]) =>
      (await run([...ARGS.slice(0, -2), "-q", "--baseline", base, ...more])).code;
    expect(await code("--strategy", "max-level")).toBe(0);
    expect([await code(), await code("--strategy", "all")]).toEqual([1, 1]);
    expect(await code("--allow-missing")).toBe(0);
  });

  it("tells GitHub on the stream that people read", async () => {
    const base = await baselineOf("max-level", better);
    const env = { GITHUB_ACTIONS: "true" };
    const plain = await run([...ARGS, "--baseline", base], { env });
    const json = await run([...ARGS, "--baseline", base, "--json"], { env });
    expect([plain.stdout, json.stderr].map((text) => text.match(/^::error /gm)?.length)).toEqual([2, 2]);
  });
});

describe("a bench that is interrupted", () => {
  const args = ["bench", "--no-wall", "-s", "4k,thp", "-b", "2M", "--strategy", "max-level"];

  it("in a case keeps the strategies that are finished, shows them, and says how far it came", async () => {
    const file = join(temporaryFolder(), "out.json");
    const { code, stdout, stderr, released } = await runWatched([...args, "--export-json", file], {
      at: "thp-2M/enable/chunk=1G: counting baseline",
    });
    expect([code, released]).toEqual([130, true]);
    expect(stderr.replace(/\n +/g, " ")).toBe(
      `s2split: interrupted after 1 of 2 cases and 1 of 2 strategies of the next; what is finished is in ${file}\n`,
    );
    expect(stdout).toMatch(/^4k-2M: [\s\S]*^thp-2M: /m);
    const { partial, runs } = resultOf(readFileSync(file, "utf8"));
    expect([partial, runs.map(({ strategy }) => strategy)]).toEqual([true, ["baseline", "max-level", "baseline"]]);
  });

  it("between cases has whole ones, and says of no other", async () => {
    const file = join(temporaryFolder(), "out.json");
    const { code, stderr } = await runWatched([...args, "--export-json", file], {
      at: "4k-2M/enable/chunk=1G: counting max-level",
    });
    expect([code, stderr.replace(/\n +/g, " ")]).toEqual([
      130,
      `s2split: interrupted after 1 of 2 cases; what is finished is in ${file}\n`,
    ]);
    expect(resultOf(readFileSync(file, "utf8"))).toMatchObject({ partial: true, scenarios: [{ name: "4k-2M" }] });
  });

  it("has what was finished before on disk while it goes on", async () => {
    const file = join(temporaryFolder(), "out.json");
    let before: ResultFile | undefined;
    await runWatched([...args, "--export-json", file], {
      at: "thp-2M/enable/chunk=1G: counting baseline",
      atProgress: () => {
        before = resultOf(readFileSync(file, "utf8"));
      },
    });
    expect(before).toMatchObject({ partial: true, scenarios: [{ name: "4k-2M" }] });
  });

  it("shows what it has where nothing is written, unless it is to be quiet", async () => {
    const at = "thp-2M/enable/chunk=1G: counting baseline";
    const shown = await runWatched(args, { at });
    expect(shown.stdout).toContain("thp-2M: ");
    const text = "s2split: interrupted after 1 of 2 cases and 1 of 2 strategies of the next\n";
    expect(shown.stderr).toBe(text);
    const begun = await runWatched(args, { at: "" });
    expect(begun).toMatchObject({
      stdout: "",
      stderr: "s2split: interrupted after 0 of 2 cases; nothing is written\n",
      progress: [],
    });
    const quiet = await runWatched([...args, "-q"], { at });
    // It says nothing of its progress either, and so was not interrupted.
    expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "", progress: [] });
  });

  it("would have said how far it is", async () => {
    const { code, progress } = await runWatched(args);
    expect([code, progress.filter((line) => line.includes("counting"))]).toEqual([
      0,
      [
        "  0%  4k-2M/enable/chunk=1G: counting baseline",
        " 25%  4k-2M/enable/chunk=1G: counting max-level",
        " 50%  thp-2M/enable/chunk=1G: counting baseline",
        " 75%  thp-2M/enable/chunk=1G: counting max-level",
      ],
    ]);
  });
});

it("bench writes no file before it knows that all can be written", async () => {
  const file = join(temporaryFolder(), "out.csv");
  const { code } = await run([...ARGS, "--export-csv", file, "--baseline", "nowhere.json"]);
  expect([code, existsSync(file)]).toEqual([2, false]);
});
