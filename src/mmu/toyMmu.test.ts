import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exporters } from "../report/exporters/index.js";
import { run as runProgram } from "../testing/inProcess.js";
import { toy } from "../testing/toyMmu.js";
import { mmus } from "./registry.js";

const folder = mkdtempSync(join(tmpdir(), "toy-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** The program with one MMU more: a line of its registry. */
const run = (...args: string[]) => runProgram(args, { registry: [...mmus, toy] });

/**
 * A new MMU is a folder and a line of the registry: everything below knows this one only through
 * the contract.
 */
describe("an MMU that no file of the program knows", () => {
  it("is benched, with its own options, columns, words and verdicts", async () => {
    const { code, stdout } = await run("bench", "--mmu", "toy", "--memory", "16M", "--holes", "4", "--no-wall");
    expect(code).toBe(0);
    expect(stdout).toContain("toy-16M: a toy, split each block, holes 4, leaves: 6 at level 1");
    expect(stdout).toMatch(/strategy +looked at/);
    expect(stdout).toMatch(/each +8 +right/);
    expect(stdout).toMatch(/every-other +4 .*WRONG\n\nWRONG: every-other: 4 toys left\n/);
  });

  it("has its options in help and completion, and refused for the others", async () => {
    expect((await run("bench", "--help")).stdout).toMatch(/Toy:\n +--holes <n> +toy: n-th entries/);
    expect((await run("completion", "bash")).stdout).toMatch(/--mmu\).*toy/);
    const { code, stderr } = await run("bench", "--holes", "4");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "s2split: --holes with --mmu arm64: it is of toy; expected it only there\n",
    });
    expect((await run("bench", "--mmu", "toy", "--chunk", "2M")).stderr).toContain("it is of arm64; expected");
  });

  it("is verified: a scenario, random layouts with the simplest that shows a fault, beside other MMUs", async () => {
    const given = await run("verify", "--mmu", "toy", "--memory", "16M");
    expect(given.code).toBe(1);
    expect(given.stdout).toContain("blocks of the toy are left");
    const random = await run("verify", "--mmu", "toy", "--random", "100", "--seed", "1", "--json");
    const { searches, wrong } = JSON.parse(random.stdout);
    expect(wrong).toEqual(["every-other"]);
    expect(searches[0].faults[0]).toMatchObject({ fault: "toy-left", scenario: { mmu: "toy", entries: 2, holes: 0 } });
    const both = await run("verify", "--mmu", "x86-shadow,toy", "--memory", "2M", "--strategy", "exact,every-other");
    expect(both.stdout).toMatch(/x86-shadow nested-none.*\n +right +exact/);
    expect(both.stdout).toContain("2 strategies checked, all right");
    const two = await run("verify", "--mmu", "x86-shadow,toy", "--memory", "4M", "--strategy", "exact,every-other");
    expect(two.stdout).toContain("2 strategies checked, wrong: toy/every-other");
  });

  it("is traced, folded and as JSON", async () => {
    const { stdout } = await run("trace", "--mmu", "toy");
    expect(stdout).toContain("4 x looks at entry ..");
    const json = await run("trace", "--mmu", "toy", "--json");
    expect(JSON.parse(json.stdout.split("\n")[1]!)).toMatchObject({ event: "look", at: 1, text: "looks at entry 1" });
  });

  it("takes a custom strategy", async () => {
    writeFileSync(at("mine.mjs"), 'export default { id: "mine", mmu: "toy", step: 1 };');
    const { stdout } = await run("bench", "--mmu", "toy", "--no-wall", "--strategy", at("mine.mjs"));
    expect(stdout).toMatch(/^mine +right here$/m);
  });

  it("is exported in every format", async () => {
    const files = exporters.flatMap(({ id }) => [`--export-${id}`, at(`all.${id}`)]);
    const { code, stderr } = await run("bench", "--mmu", "toy", "--no-wall", "-q", ...files);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { id } of exporters) expect(readFileSync(at(`all.${id}`), "utf8"), id).toContain("toy");
    expect(readFileSync(at("all.csv"), "utf8")).toContain("toys left");
  });

  it("is sharded and merged to the same result, and compared", async () => {
    writeFileSync(at("a.json"), JSON.stringify({ mmu: "toy", name: "a", entries: 5, holes: 0 }));
    writeFileSync(at("b.json"), JSON.stringify({ mmu: "toy", name: "b", entries: 7, holes: 2 }));
    const sweep = ["bench", "--no-wall", "-q", "--scenario", at("a.json"), at("b.json")];
    const paths = ["whole", "part-1", "part-2", "merged"].map((name) => at(`${name}.result`));
    const [whole, one, two, merged] = paths as [string, string, string, string];
    await run(...sweep, "--export-json", whole);
    await run(...sweep, "--shard", "1/2", "--export-json", one);
    await run(...sweep, "--shard", "2/2", "--export-json", two);
    expect((await run("merge", one, two, "-q", "--export-json", merged)).code).toBe(0);
    const read = (path: string) => ({ ...JSON.parse(readFileSync(path, "utf8")), createdAt: null });
    expect(read(merged)).toEqual(read(whole));
    expect((await run("compare", whole, merged)).code).toBe(0);
    const worse = read(whole);
    worse.runs[0].counts.inspected += 1;
    writeFileSync(at("worse.result"), JSON.stringify(worse));
    const compared = await run("compare", whole, at("worse.result"));
    expect(compared.code).toBe(1);
    expect(compared.stdout).toContain("inspected of the toy");
  });
});
