import { existsSync, mkdirSync, readFileSync, truncateSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Counts } from "../mmu/counters.js";
import { countAt } from "../mmu/counters.js";
import type { ResultFile, RunResult } from "../results/types.js";
import { summarize } from "../stats/statistics.js";
import { unwrapped } from "../testing/inProcess.js";
import { withCount } from "../testing/resultBuilder.js";
import { s2split, spawned, temporaryFolder } from "./cli.js";

const SMALL = ["bench", "-b", "64M", "-s", "thp,4k", "--quiet"];

/** A fresh result of two cases, counts only, in a folder of its own. */
async function benched(
  extra: readonly string[] = ["--no-wall"],
): Promise<{ folder: string; base: string; result: ResultFile }> {
  const folder = temporaryFolder();
  const base = join(folder, "base.json");
  const { code, stderr } = await s2split([...SMALL, ...extra, "--export-json", base]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { folder, base, result: JSON.parse(readFileSync(base, "utf8")) as ResultFile };
}

function save(folder: string, name: string, result: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(result));
  return path;
}

function withRuns(result: ResultFile, change: (run: RunResult) => RunResult): ResultFile {
  return { ...result, runs: result.runs.map(change) };
}

/** The walker got slower: one inspected entry more for each table of the final tree. */
function slowed(result: ResultFile, strategy: string): ResultFile {
  return withRuns(result, (run) => {
    if (run.strategy !== strategy) return run;
    const tables = countAt(run.counts, "final/tables") as number;
    const inspected = countAt(run.counts, "split/inspected/3") as number;
    return { ...run, counts: withCount(run.counts as Counts, "split/inspected/3", inspected + tables) };
  });
}

describe("s2split compare", () => {
  it("ends with 0 for a result and itself, and says that all is equal", async () => {
    const { base } = await benched();
    const { code, stdout, stderr } = await s2split(["compare", base, base]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^(\d+) runs compared: (\d+) of \2 exact figures equal; no regression\n$/);
  });

  it("ends with 1 for a strategy that inspects one entry more per table, names it in every case, and no other", async () => {
    const { folder, base, result } = await benched();
    const slow = save(folder, "slow.json", slowed(result, "max-level"));
    const { code, stdout } = await s2split(["compare", base, slow]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^2 regressions:$/m);
    expect(stdout).toMatch(
      /^ {2}thp-64M\/enable\/chunk=1G, max-level: entries inspected, split walk: \d+ -> \d+ entries/m,
    );
    expect(stdout).toMatch(
      /^ {2}4k-64M\/enable\/chunk=1G, max-level: entries inspected, split walk: \d+ -> \d+ entries/m,
    );
    expect(stdout).not.toContain("skip-level");
    expect((await s2split(["compare", slow, base])).code).toBe(0);
    expect((await s2split(["compare", base, slow, "--max-increase", "300%"])).code).toBe(0);
  });

  it("catches a user's copy of max-level that looks at one entry of each table of pages, and names it with the figures", async () => {
    const folder = temporaryFolder();
    const body = (
      hooks: string,
    ) => `import { CONTINUE, defineStrategy, FRESH_PAGES, SKIP_CHILDREN, SKIP_SIBLINGS } from "s2split";
      export default defineStrategy({ id: "mine", summary: "a copy of max-level", origin: "a test", ${hooks} });`;
    /** Of a strategy in a folder of its own, for a process never loads a module again. */
    const bench = (name: string, hooks: string) => {
      mkdirSync(join(folder, name));
      const strategy = join(folder, name, "mine.mjs");
      writeFileSync(strategy, body(hooks));
      const guest = ["-b", "64M", "-s", "4k", "--no-wall"];
      return ["bench", ...guest, "-q", "--strategy", strategy, "--export-json", join(folder, `${name}.json`)];
    };
    const [base, next] = [join(folder, "base.json"), join(folder, "next.json")];
    expect(await s2split(bench("base", "maxLevel: 2"))).toMatchObject({ code: 0, stderr: "" });
    const afterVisit = "at.level === 3 ? SKIP_SIBLINGS : at.fresh === FRESH_PAGES ? SKIP_CHILDREN : CONTINUE";
    const benchNext = bench("next", `afterVisit: (at) => ${afterVisit}`);
    expect(await s2split(benchNext)).toMatchObject({ code: 0, stderr: "" });

    const { code, stdout } = await s2split(["compare", base, next]);
    expect(code).toBe(1);
    // 64M of pages have 32 tables of them, below one entry of level 1.
    expect(stdout).toContain("4k-64M/enable/chunk=1G, mine: entries inspected, split walk: 33 -> 65 entries (+97.0%)");
    expect(stdout).not.toMatch(/baseline: /);
    const gate = await s2split([...benchNext.filter((arg) => arg !== "-q"), "--baseline", base]);
    expect({ code: gate.code, stderr: gate.stderr }).toEqual({ code: 1, stderr: "" });
    // Who looks at a leaf also visits it.
    expect(gate.stdout).toMatch(/^2 regressions:$/m);
    expect(gate.stdout).toContain(
      "  4k-64M/enable/chunk=1G, mine: entries inspected, split walk: 33 -> 65 entries (+97.0%)\n",
    );
    expect(gate.stdout).toContain(
      "  4k-64M/enable/chunk=1G, mine: visitor calls on valid leaves, split walk: 0 -> 32 calls (+32)\n",
    );
    expect((await s2split(["compare", next, next])).code).toBe(0);
  });

  it("shows every figure with --all, and is JSON alone with --json", async () => {
    const { base, folder, result } = await benched();
    const all = await s2split(["compare", base, base, "--all"]);
    expect(all.stdout).toContain("TLBIs by IPA [TLBIs]");
    const slow = save(folder, "slow.json", slowed(result, "skip-level"));
    const { code, stdout } = await s2split(["compare", base, slow, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "s2split-comparison", exitCode: 1, summary: { regressions: 2 } });
  });

  it("compares folders by scenario, and reads one side from standard input", async () => {
    const { folder, base, result } = await benched();
    const set = join(folder, "set");
    mkdirSync(set);
    for (const scenario of result.scenarios) {
      const runs = result.runs.filter((run) => run.scenario === scenario.id);
      save(set, `${scenario.name}.json`, { ...result, scenarios: [scenario], runs });
    }
    expect((await s2split(["compare", set, base])).code).toBe(0);
    const piped = await s2split(["compare", set, "-"], { stdin: JSON.stringify(slowed(result, "baseline")) });
    expect(piped.code).toBe(1);
  });

  it("refuses wall times of another environment by field where they gate, and leaves them out where they do not", async () => {
    const { folder, base, result } = await benched(["--runs", "6"]);
    const elsewhere = { ...result, environment: { ...result.environment!, cpuModel: "Elsewhere" } };
    const other = save(folder, "other.json", elsewhere);
    const gated = await s2split(["compare", base, other, "--wall-threshold", "5%"]);
    expect(gated.code).toBe(2);
    expect(gated.stderr).toContain("environment.cpuModel");
    const plain = await s2split(["compare", base, other]);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain("wall times are not compared: environment.cpuModel");
    const forced = await s2split(["compare", base, other, "--wall-threshold", "5%", "--any-environment"]);
    expect(forced.code).toBe(0);
  });

  it("calls a doubled wall time a regression only with a threshold, and says how many samples would be needed for a small one", async () => {
    const { folder, base, result } = await benched(["--runs", "30"]);
    const twice = withRuns(result, (run) => {
      const wall = Object.fromEntries(
        Object.entries(run.wall!).map(([part, series]) => [part, summarize(series.samplesNs.map((ns) => 20 * ns))]),
      );
      return { ...run, wall };
    });
    const slow = save(folder, "slow.json", twice);
    expect((await s2split(["compare", base, slow])).code).toBe(0);
    const gated = await s2split(["compare", base, slow, "--wall-threshold", "50%"]);
    expect(gated.code).toBe(1);
    expect(unwrapped(gated.stdout)).toMatch(/baseline: wall time, split: median .* -> .*95% interval .*p < 0\.001/);
    const fine = await s2split(["compare", base, base, "--wall-threshold", "0.01%"]);
    expect(fine.code).toBe(0);
    // How many depends on the machine: it may be more than bench takes.
    expect(unwrapped(fine.stdout)).toMatch(/each side (?:needs|would need) up to [\d,.]+/);
    expect(unwrapped(fine.stdout)).toContain("(the fewest are 30)");
  });

  it("annotates the run and appends a summary in GitHub Actions", async () => {
    const { folder, base, result } = await benched();
    const slow = save(folder, "slow.json", slowed(result, "max-level"));
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
    const { code, stdout } = await s2split(["compare", base, slow], { env });
    expect(code).toBe(1);
    const errors = stdout.split("\n").filter((line) => line.startsWith("::error "));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(
      /^::error file=[^:,]+base\.json,title=s2split%3A regression::thp-64M\/enable\/chunk=1G, max-level: .*%25\)$/,
    );
    expect(readFileSync(summary, "utf8")).toMatch(/^before\n## s2split: 2 regressed\n/);
    const json = await s2split(["compare", base, slow, "--json"], { env });
    expect(() => JSON.parse(json.stdout)).not.toThrow();
    expect(json.stderr).toContain("::error ");
    expect((await s2split(["compare", base, base], { env })).stdout).not.toContain("::error");
  });

  it("has its exit codes in its help", async () => {
    const { code, stdout } = await s2split(["compare", "--help"]);
    expect(code).toBe(0);
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "Exit codes: 0 no regression, 1 regression, 2 not comparable or unreadable, 130 interrupted.",
    );
  });
});

describe("what cannot be compared ends with 2 and one line", () => {
  /** Compares the file with itself as base and expects one line on stderr that matches. */
  async function refused(args: readonly string[], expected: RegExp): Promise<void> {
    const { code, stdout, stderr } = await s2split(["compare", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^s2split: [^\n]*\n$/);
    expect(stderr).toMatch(expected);
  }

  it("a missing, truncated, newer, hostile, deep, huge or wrong file", async () => {
    const { folder, base, result } = await benched();
    const text = JSON.stringify(result);
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    await refused([join(folder, "none.json"), base], /none\.json: no such file/);
    await refused([file("cut.json", text.slice(0, 1000)), base], /cut\.json: not JSON, perhaps truncated/);
    await refused([base, file("cut2.json", text.slice(0, 1000))], /cut2\.json: not JSON/);
    await refused(
      [file("newer.json", text.replace('"schemaVersion":1', '"schemaVersion":7')), base],
      /schemaVersion 7, newer/,
    );
    await refused(
      [file("proto.json", text.replace("{", '{"__proto__":{},')), base],
      /proto\.json: holds the name "__proto__"/,
    );
    await refused([file("deep.json", `${"[".repeat(2e5)}${"]".repeat(2e5)}`), base], /deep\.json: nested more than/);
    await refused([file("type.json", text.replace('"partial":false', '"partial":0')), base], /type\.json: partial: /);
    const huge = file("huge.json", "");
    truncateSync(huge, 500_000_000);
    await refused([huge, base], /huge\.json: 477 MiB is too large; expected a result file of at most 256 MiB/);
  });

  it("a count that is none, by its field, in compare, merge and as a baseline", async () => {
    const { folder, base, result } = await benched(["--no-wall", "--shard", "1/1"]);
    const text = JSON.stringify(result);
    const topups = /"topups":\d+/;
    expect(text).toMatch(topups);
    const path = join(folder, "edited.json");
    for (const [value, shown] of Object.entries({
      '"7"': '"7"',
      null: "null",
      "-1": "-1",
      1.5: "1.5",
      "1e300": "1e+300",
    })) {
      writeFileSync(path, text.replace(topups, `"topups":${value}`));
      const message = `${path}: runs[0].counts.split.topups is ${shown}; expected a whole number from 0 to 2^53 - 1`;
      const ended = { code: 2, stdout: "", stderr: `s2split: ${message}\n` };
      expect(await s2split(["compare", base, path])).toEqual(ended);
      if (value !== "null") continue;
      expect(await s2split(["compare", path, base])).toEqual(ended);
      expect(await s2split(["merge", path])).toEqual(ended);
      expect(await s2split([...SMALL, "--no-wall", "--baseline", path])).toEqual(ended);
    }
  });

  it("another model version, another scenario, another case", async () => {
    const { folder, base, result } = await benched();
    const model = save(folder, "model.json", { ...result, tool: { ...result.tool, modelVersion: 99 } });
    await refused([base, model], /tool\.modelVersion is 99, and \d+ in/);
    const scenarios = JSON.parse(JSON.stringify(result.scenarios).replaceAll('"size":"64M"', '"size":"32M"'));
    await refused(
      [base, save(folder, "scenario.json", { ...result, scenarios })],
      /memslots\[0\]\.segments\[0\]\.size is "32M"/,
    );
    const chunk = join(folder, "chunk.json");
    await s2split([...SMALL, "--no-wall", "--chunk", "2M", "--export-json", chunk]);
    await refused([base, chunk], /no scenario in common: of "thp-64M" variables\.chunk is "1G" and "2M"/);
  });

  it("a result that Ctrl-C cut short, as a baseline", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "partial.json");
    const ended = await spawned(
      ["bench", "-b", "16M", "-s", "thp,4k,mixed", "--time", "1", "--export-json", file, "-q"],
      {
        during: (child) => {
          const watcher = watch(folder, () => {
            if (!existsSync(file)) return;
            watcher.close();
            child.kill("SIGINT");
          });
        },
      },
    );
    expect(ended.code).toBe(130);
    await refused([file, file], /partial\.json: partial: its run was interrupted; expected a complete result/);
    const bench = await s2split([...SMALL, "--no-wall", "--baseline", file]);
    expect(bench.code).toBe(2);
    expect(bench.stderr).toMatch(/partial: its run was interrupted/);
  });

  it("wrong options, by name", async () => {
    const { base } = await benched();
    for (const option of [
      ["--max-increase", "-1"],
      ["--wall-threshold", "fast"],
      ["--alpha", "0"],
      ["--alpha", "1"],
      ["--seed", "x"],
    ]) {
      const { code, stderr } = await s2split(["compare", base, base, ...option]);
      expect(code, option.join(" ")).toBe(2);
      expect(stderr).toContain(option[0]);
    }
    expect((await s2split(["compare", base])).code).toBe(2);
  });
});

describe("s2split bench --baseline", () => {
  it("writes the new result before it fails, lists all regressions and ends with 1", async () => {
    const { folder, result } = await benched();
    const better = withRuns(result, (run) =>
      run.strategy === "max-level" || run.strategy === "skip-level"
        ? { ...run, counts: withCount(run.counts as Counts, "writeProtect/inspected/1", 0) }
        : run,
    );
    const baseline = save(folder, "better.json", better);
    const fresh = join(folder, "fresh.json");
    const { code, stderr } = await s2split([...SMALL, "--no-wall", "--baseline", baseline, "--export-json", fresh]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect((JSON.parse(readFileSync(fresh, "utf8")) as ResultFile).runs).toEqual(result.runs);
    const shown = await s2split(["bench", "-b", "64M", "-s", "thp,4k", "--no-wall", "--baseline", baseline]);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/^4 regressions:$/m);
  });

  it("ends with 0 where nothing got worse, also where only a part was benched", async () => {
    const { base } = await benched();
    expect((await s2split([...SMALL, "--no-wall", "--baseline", base])).code).toBe(0);
    const part = ["bench", "-b", "64M", "-s", "thp", "--strategy", "max-level", "-q", "--no-wall", "--baseline", base];
    expect((await s2split(part)).code).toBe(0);
  });

  it("refuses before the work what could not be compared after it, and writes nothing", async () => {
    const { folder, base } = await benched();
    const out = join(folder, "out.json");
    const cases: [string[], RegExp][] = [
      [["--baseline", join(folder, "none.json")], /none\.json: no such file/],
      [["--wall-threshold", "5%"], /--wall-threshold: nothing to compare with/],
      [["--baseline", base, "--wall-threshold", "5%"], /base\.json: has no wall times/],
    ];
    for (const [args, expected] of cases) {
      const { code, stderr } = await s2split([...SMALL, ...args, "--export-json", out]);
      expect(code).toBe(2);
      expect(stderr).toMatch(expected);
      expect(existsSync(out)).toBe(false);
    }
  });
});
