import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { ROOT, temporaryFolder } from "../../testing/temporaryFolder.js";
import { toy } from "../../testing/toyMmu.js";
import { runWatched } from "../../testing/watched.js";

const SMALL = ["-s", "thp", "-b", "2M"];
/** The toy's cases and searches take no time. */
const registry = [toy];
const HINT = "  what a real host's own walker does there:\n";

describe("verify of given scenarios", () => {
  it("prints a verdict of each strategy on each, and a sentence of all", async () => {
    expect(await run(["verify", ...SMALL, "--strategy", "baseline,max-level"])).toEqual({
      code: 0,
      stdout: "thp-2M/enable/chunk=1G\n  right  baseline\n  right  max-level\n\n2 strategies checked, all right\n",
      stderr: "",
    });
  });

  it("says of which MMU a case is where there are several", async () => {
    const args = ["--mmu", "arm64,x86-tdp", "--workload", "split", "--strategy", "baseline"];
    const { stdout } = await run(["verify", ...SMALL, ...args]);
    expect(stdout).toBe(
      "arm64 thp-2M/enable/chunk=1G\n  right  baseline\n\nx86-tdp thp-2M/split/target=4k\n  right  baseline\n\n" +
        "2 strategies checked, all right\n",
    );
  });

  it("says under a wrong one how a real host is asked, by the file that was given", async () => {
    const args = ["verify", "--strategy", "skip-return-rfc,max-level", "--scenario"];
    const named = await run([...args, "fault-passed-over", "backing-thp"]);
    expect(named.code).toBe(1);
    expect(named.stdout).toContain(`${HINT}    s2split reproduce fault-passed-over\n\nbacking-thp/enable/chunk=1G\n`);
    expect(named.stdout.split(HINT)).toHaveLength(2);
    expect(named.stdout).toMatch(/\n\n2 strategies checked, wrong: skip-return-rfc\n$/);
    const stdin = readFileSync(join(ROOT, "scenarios/fault-passed-over.json"), "utf8");
    const piped = await run([...args, "-"], { stdin });
    expect([piped.code, piped.stdout.includes(HINT)]).toEqual([1, false]);
    // One file that makes two cases: which of them is meant could not be said.
    const varied = await run([...args, "fault-passed-over", "--bbm", "2"]);
    expect([varied.code, varied.stdout.match(/^fault-passed-over/gm)!.length]).toEqual([1, expect.any(Number)]);
  });

  it("is JSON alone where that is asked for", async () => {
    const { code, stdout, stderr } = await run(["verify", "--json"], { registry });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      kind: "s2split-verify",
      tool: { name: "s2split", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
      wrong: ["every-other"],
      scenarios: [
        {
          id: "toy-8M/split/holes=3",
          mmu: "toy",
          scenario: { mmu: "toy", name: "toy-8M", entries: 4, holes: 3 },
          strategies: [
            { strategy: "each", source: "builtin", findings: [] },
            {
              strategy: "every-other",
              source: "builtin",
              findings: [{ code: "toy-left", count: 1, data: { entry: 1 }, text: "1 blocks of the toy are left" }],
            },
          ],
        },
      ],
    });
  });

  it("tells a terminal which case and strategy it is at, and keeps nothing where it is interrupted", async () => {
    const args = ["verify", "-s", "4k,thp", "-b", "2M", "--strategy", "baseline,max-level"];
    const whole = await runWatched(args);
    expect(whole).toMatchObject({ code: 0, stderr: "", released: true });
    expect(whole.progress).toEqual([
      "  0%  4k-2M/enable/chunk=1G: baseline",
      "  0%  4k-2M/enable/chunk=1G: max-level",
      " 50%  thp-2M/enable/chunk=1G: baseline",
      " 50%  thp-2M/enable/chunk=1G: max-level",
    ]);
    const cut = await runWatched(args, { at: "thp-2M/enable/chunk=1G: baseline" });
    expect(cut).toMatchObject({
      code: 130,
      stdout: "4k-2M/enable/chunk=1G\n  right  baseline\n  right  max-level\n\n",
      released: true,
    });
  });

  it("writes a page where one is asked for", async () => {
    const page = join(temporaryFolder(), "page.html");
    expect((await run(["verify", "--export-html", page], { registry })).code).toBe(1);
    expect(readFileSync(page, "utf8")).toContain("blocks of the toy are left");
  });
});

describe("verify --random", () => {
  it("prints what was found on how many layouts, and ends with 1 where something was", async () => {
    expect(await run(["verify", "--random", "2", "--strategy", "max-level"])).toEqual({
      code: 0,
      stdout:
        "KVM/arm64 stage-2: 2 random layouts, seed 1\n  right  max-level  right on all 2\n\n1 strategy checked, all right\n",
      stderr: "",
    });
    const toyed = await run(["verify", "--random", "9", "--seed", "3"], { registry });
    expect(toyed.code).toBe(1);
    expect(toyed.stdout).toMatch(
      /^a toy: 9 random layouts, seed 3\n {2}right {2}each +right on all 9\n {2}WRONG {2}every/,
    );
    expect(toyed.stdout).toMatch(/\n\n2 strategies checked, wrong: every-other\n$/);
  });

  it("of several MMUs tells each, and counts as checked what had layouts", async () => {
    const args = ["verify", "--mmu", "x86-shadow,x86-tdp", "--random", "1", "--strategy", "exact,baseline"];
    const { stdout } = await run(args);
    expect(stdout).toBe(
      "KVM/x86 shadow MMU (nested guests): 1 random layouts, seed 1\n  right  exact  right on all 1\n\n" +
        "KVM/x86 TDP MMU: 1 random layouts, seed 1\n  right  baseline  right on all 1\n\n2 strategies checked, all right\n",
    );
  });

  it("is JSON alone where that is asked for", async () => {
    const { code, stdout } = await run(["verify", "--random", "9", "--json"], { registry });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      kind: "s2split-verify",
      wrong: ["every-other"],
      searches: [{ mmu: "toy", layouts: 9, seed: 1, stopped: false, faults: [{ strategy: "every-other" }] }],
    });
  });

  it("saves each fault, the first in the file that was named, and says where and what to do with it", async () => {
    const cwd = temporaryFolder();
    const args = ["verify", "--random", "15", "--strategy", "skip-return-rfc", "--save", "found.json"];
    const { code, stderr } = await run(args, { cwd });
    expect(code).toBe(1);
    expect(readdirSync(cwd).sort()).toEqual(["found-2.json", "found.json"]);
    expect(stderr.replace(/\n +/g, " ")).toBe(
      "s2split: fault 1 is in found.json; what a real host's own walker does there: s2split reproduce found.json\n" +
        "s2split: fault 2 is in found-2.json; what a real host's own walker does there: s2split reproduce found-2.json\n",
    );
    const sizes = ["found.json", "found-2.json"].map(
      (name) => JSON.parse(readFileSync(join(cwd, name), "utf8")).memslots[0].segments[0].size,
    );
    expect(sizes).toEqual(["2056K", "12K"]);
    const page = await run(["verify", "--random", "9", "--save", "-", "--strategy", "every-other"], { registry, cwd });
    expect(page.stderr).toBe("");
    expect(page.stdout).toMatch(/^a toy: [\s\S]*\n\n\{\n[\s\S]*\n\}\n1 strategy checked, wrong: every-other\n$/);
  });

  it("numbers the faults of several MMUs on, and knows where no real host can show one", async () => {
    const cwd = temporaryFolder();
    const other = { ...toy, id: "other", load: async () => ({ ...(await toy.load()), id: "other" }) };
    const args = ["verify", "--mmu", "toy,other", "--random", "9", "--save", "found.json"];
    const { code, stderr } = await run(args, { cwd, registry: [toy, other] });
    expect([code, stderr]).toEqual([1, "s2split: fault 1 is in found.json\ns2split: fault 2 is in found-2.json\n"]);
    expect(readdirSync(cwd).sort()).toEqual(["found-2.json", "found.json"]);
  });

  it("minds what is there before the search", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "found-2.json"), "mine");
    const args = ["verify", "--random", "9", "--save", "found.json"];
    expect(await run(args, { registry, cwd })).toEqual({
      code: 2,
      stdout: "",
      stderr: "s2split: found-2.json: is there already; expected another --save, or --force\n",
    });
    expect((await run([...args, "--force"], { registry, cwd })).code).toBe(1);
    expect(JSON.parse(readFileSync(join(cwd, "found.json"), "utf8"))).toMatchObject({ mmu: "toy", entries: 2 });
  });

  it("that is interrupted tells what it has, and ends with 130 whatever that is", async () => {
    const { code, stdout, released } = await runWatched(["verify", "--random", "200"], { registry, at: "" });
    expect([code, released]).toEqual([130, true]);
    expect(stdout).toContain("(interrupted)");
  });

  it("writes a page where one is asked for", async () => {
    const page = join(temporaryFolder(), "page.html");
    expect((await run(["verify", "--random", "9", "--export-html", page], { registry })).code).toBe(1);
    expect(readFileSync(page, "utf8")).toContain("every-other");
  });
});
