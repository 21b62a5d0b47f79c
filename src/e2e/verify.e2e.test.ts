import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { ROOT, s2split, spawned, temporaryFolder } from "./cli.js";

interface Search {
  readonly wrong: readonly string[];
  readonly searches: readonly [
    {
      readonly faults: readonly {
        readonly strategy: string;
        readonly fault: string;
        readonly scenario: Arm64Scenario;
      }[];
    },
  ];
}

it("verify --random exits 1, names who is wrong, and shows each fault on at most two segments", async () => {
  const args = ["verify", "--random", "60", "--seed", "1", "--strategy", "skip-return-rfc,max-level", "--json"];
  const { code, stdout, stderr } = await s2split(args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const { wrong, searches } = JSON.parse(stdout) as Search;
  expect(wrong).toEqual(["skip-return-rfc"]);
  const faults = searches[0].faults.map(({ strategy, fault }) => `${strategy} ${fault}`);
  expect(faults).toContain("skip-return-rfc unsplit-block/passed-over");
  for (const { scenario } of searches[0].faults) {
    expect(scenario.memslots.flatMap(({ segments }) => segments).length).toBeLessThanOrEqual(2);
  }
});

it("what --save writes is a scenario that shows the fault again, and further ones stand beside it", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "found.json");
  // All kinds of faults that the RFC has, on few layouts: what takes long is shrinking.
  const search = ["verify", "--random", "20", "--seed", "8", "--strategy", "skip-return-rfc"];
  const { code, stderr } = await s2split([...search, "--save", file]);
  expect(code).toBe(1);
  const saved = readdirSync(folder).sort();
  expect(saved.length).toBeGreaterThan(1);
  expect(saved.every((name) => /^found(-\d+)?\.json$/.test(name))).toBe(true);
  expect(stderr).toContain(`fault 1 is in ${file}`);
  for (const name of saved) {
    const again = await s2split([
      "verify",
      "--strategy",
      "skip-return-rfc,max-level",
      "--scenario",
      join(folder, name),
    ]);
    expect([again.code, again.stdout.trimEnd().split("\n").at(-1)]).toEqual([
      1,
      "2 strategies checked, wrong: skip-return-rfc",
    ]);
  }
});

it.each(["found.json", "found-2.json"])("--save loses no %s that is there, unless --force is given", async (name) => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, name), "mine");
  const args = ["verify", "--random", "5", "--seed", "8", "--strategy", "skip-return-rfc", "--save", "found.json"];
  const refused = await s2split(args, { cwd });
  expect(refused).toEqual({
    code: 2,
    stdout: "",
    stderr: `s2split: ${name}: is there already; expected another --save, or --force\n`,
  });
  expect(readdirSync(cwd)).toEqual([name]);
  expect(readFileSync(join(cwd, name), "utf8")).toBe("mine");
  expect((await s2split([...args, "--force"], { cwd })).code).toBe(1);
  expect(JSON.parse(readFileSync(join(cwd, name), "utf8"))).toHaveProperty("memslots");
});

describe("verify of given scenarios", () => {
  const faults = readdirSync(join(ROOT, "scenarios")).filter((name) => name.startsWith("fault-"));

  it.each(faults)("%s shows its fault under skip-return-rfc, and none under the right strategies", async (name) => {
    const path = join(ROOT, "scenarios", name);
    const { code, stdout } = await s2split(["verify", "--scenario", path, "--json"]);
    expect(code).toBe(1);
    const { wrong } = JSON.parse(stdout) as { wrong: string[] };
    const both = name.includes("left-in-new-table");
    expect(wrong).toEqual(both ? ["skip-return-rfc", "skip-new-table-naive"] : ["skip-return-rfc"]);
  });

  it("says which code of which scenario, with its words, as JSON", async () => {
    const path = join(ROOT, "scenarios", "fault-left-in-new-table.json");
    const { stdout } = await s2split(["verify", "--scenario", path, "--strategy", "skip-new-table-naive", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-verify",
      wrong: ["skip-new-table-naive"],
      scenarios: [
        {
          id: "fault-left-in-new-table/enable/chunk=2M",
          strategies: [
            {
              strategy: "skip-new-table-naive",
              source: "builtin",
              findings: [
                {
                  code: "unsplit-block",
                  count: 1,
                  data: { ipa: "0x40000000", level: 2, cause: "left-in-new-table" },
                  text: expect.stringContaining("made by splitting a larger block"),
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe("verify refuses, with one line and exit code 2,", () => {
  it.each([
    ["both kinds of layouts", ["--random", "5", "--scenario", "x.json"], "--random with --scenario"],
    ["saving what is not searched", ["--save", "x.json"], "--save without --random"],
    ["no number", ["--random", "many"], "Expected a whole number"],
    ["an unknown strategy", ["--strategy", "max-leve", "--random", "5"], 'did you mean "max-level"?'],
    ["an unknown MMU", ["--random", "5", "--mmu", "vax"], "vax"],
    ["a folder that is not there", ["--random", "5", "--save", "/no/such/folder/x.json"], "/no/such/folder/x.json"],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await s2split(["verify", ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });
});

it("an interrupted search keeps what it has, and exits 130", async () => {
  // The strategy says when the search is under way.
  const cwd = workshop({
    "slow.mjs":
      'let told = false; export default { id: "slow", enter() { if (!told) console.error("under way"); told = ' +
      "true; return true; } };",
  });
  const { code, stdout } = await spawned(["verify", "--random", "1000000", "--strategy", "./slow.mjs"], {
    cwd,
    during: (child) => child.stderr!.once("data", () => child.kill("SIGINT")),
  });
  expect(code).toBe(130);
  expect(stdout).toContain("(interrupted)");
});

/** A folder for modules, far from this package. */
function workshop(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), "elsewhere");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe("a custom strategy", () => {
  it("runs beside the built-in ones in bench, counted and judged", async () => {
    const cwd = workshop({ "own.mjs": 'export const strategy = { id: "own", maxLevel: 2, summary: "mine" };' });
    const { code, stdout } = await s2split(
      ["bench", "--strategy", "max-level,./own.mjs", "-s", "4k", "-b", "64M", "--no-wall", "--json"],
      { cwd },
    );
    expect(code).toBe(0);
    const { runs } = JSON.parse(stdout) as { runs: { strategy: string; source: string; counts: unknown }[] };
    expect(runs.map(({ strategy, source }) => [strategy, source])).toEqual([
      ["baseline", "builtin"],
      ["max-level", "builtin"],
      ["own", "user"],
    ]);
    expect(runs[2]!.counts).toEqual(runs[1]!.counts);
  });

  it("is TypeScript where that runs, with places in its own lines", async () => {
    const cwd = workshop({
      "typed.ts": [
        'import type { WalkPosition } from "s2split";',
        "interface Unused { readonly a: number }",
        "",
        'export default { id: "typed", enter(at: WalkPosition): boolean {',
        '  if (at.level === 2) throw new RangeError("at level two");',
        "  return true;",
        "} };",
      ].join("\n"),
    });
    // In a process of its own: here the test runner words stacks, and reads no source map of the
    // strategy.
    const { code, stderr } = await spawned(["verify", "--random", "20", "--strategy", "./typed.ts"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^s2split: strategy "typed" \(\.\/typed\.ts\): its enter\(\) threw RangeError: at level two, at typed\.ts:5:\d+\n$/,
    );
  });

  it.each<[string, string, RegExp]>([
    [
      "throws",
      'export default { id: "x", enter() { return nothing; } };',
      /its enter\(\) threw ReferenceError: nothing is not defined, at x\.mjs:1:37/,
    ],
    [
      "returns a promise",
      'export default { id: "x", async enter() { return true; } };',
      /its enter\(\) returned a promise/,
    ],
    ["does not parse", 'export default {\n  id: "x" "y" };', /cannot be loaded: SyntaxError: .*, at x\.mjs:2/],
    ["throws while it loads", 'throw new Error("at the door");', /cannot be loaded: Error: at the door, at x\.mjs:1:7/],
    ["exports nothing of use", "export const other = 1;", /exports no strategy; expected a default export/],
    ["exports a function", "export default () => {};", /what it exports is a function/],
    [
      "imports what is not there",
      'import "no-such-package";',
      /cannot be loaded: Error: Cannot find package 'no-such-package'/,
    ],
    [
      "defines what cannot be",
      'import { defineStrategy } from "s2split";\nexport default defineStrategy({ id: "x", maxlevel: 2 });',
      /s2split: \.\/x\.mjs: defineStrategy: field "maxlevel": unknown, did you mean "maxLevel"\?.*, at x\.mjs:2:16/,
    ],
    ["is for another MMU", 'export default { id: "x", mmu: "vax" };', /vax/],
    ["has a built-in name", 'export default { id: "baseline" };', /is "baseline", which is built in/],
  ])("that %s is told so, in one line, with exit code 2", async (_, text, message) => {
    const cwd = workshop({ "x.mjs": text });
    const { code, stdout, stderr } = await s2split(["verify", "--random", "20", "--strategy", "./x.mjs"], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(existsSync(join(cwd, "counterexample.json"))).toBe(false);
  });
});

it("on a terminal, threads of an exhaustive search tell together how far they are, and find what one finds", async () => {
  const share = ["verify", "--exhaustive", "--mmu", "x86-shadow", "--strategy", "exact", "--shard", "1/400"];
  const { code, stdout, stderr } = await s2split([...share, "--jobs", "2"], { columns: 80 });
  expect(code).toBe(0);
  // The first to tell has tried all of its 20 units or 16 of them, of 40.
  expect(stderr).toMatch(/2K +(?:40|50)% {2}[\d.]+ million combinations a second, \d+ s left/);
  expect(stdout).toBe((await s2split(share, { columns: 80 })).stdout);
});
