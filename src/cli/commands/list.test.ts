import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { ROOT } from "../../testing/temporaryFolder.js";
import { toy } from "../../testing/toyMmu.js";

describe("s2split list", () => {
  it.each(["strategies", "scenarios", "backings", "profiles"])("lists %s as text and as JSON", async (what) => {
    const text = await run(["list", what]);
    const json = await run(["list", what, "--json"]);
    expect([text.code, json.code]).toEqual([0, 0]);
    const listings = JSON.parse(json.stdout) as { name: string; summary: string }[];
    expect(listings.length).toBeGreaterThan(2);
    for (const { name } of listings) expect(text.stdout).toContain(name);
  });

  it("lists scenarios that bench takes", async () => {
    const { stdout } = await run(["list", "scenarios", "--json"]);
    const [first] = JSON.parse(stdout) as { path: string }[];
    expect((await run(["bench", "--scenario", first!.path, "--no-wall", "-q"])).code).toBe(0);
  });

  it("refuses what it cannot list", async () => {
    const { code, stderr } = await run(["list", "wishes"]);
    expect(code).toBe(2);
    expect(stderr).toContain("strategies, scenarios, backings");
  });
});

describe("s2split list profiles", () => {
  it("shows every figure with unit, kind and source with --long", async () => {
    const { code, stdout } = await run(["list", "profiles", "--long"], { env: { COLUMNS: "400" } });
    expect(code).toBe(0);
    for (const name of ["model-rfc", "ampereone", "thunderx2", "kunpeng920", "altra-2022", "upton-2022", "x86-tdp"]) {
      expect(stdout).toContain(`${name}: `);
    }
    expect(stdout).toMatch(/83,000 +ns per TLBI +derived/);
    expect(stdout).toContain("parallel (kernel 6.2 and later): serial 178.8, broadcast 1238");
    expect(stdout).toContain("on the assumed scale of splitVisit");
  });
});

describe("what list prints", () => {
  it("is a table of names, with MMUs where there are several, and JSON of all that is known", async () => {
    const one = await run(["list", "strategies"], { registry: [toy] });
    expect(one).toEqual({
      code: 0,
      stdout: "name         what it is\neach         looks at each entry\nevery-other  looks at every other\n",
      stderr: "",
    });
    const two = await run(["list", "strategies"], { registry: [toy, { ...toy, id: "other" }] });
    expect(two.stdout.split("\n").slice(1, -1)).toEqual([
      "each         toy: looks at each entry",
      "every-other  toy: looks at every other",
      "each         toy: looks at each entry",
      "every-other  toy: looks at every other",
    ]);
    const json = await run(["list", "strategies", "--json"], { registry: [toy] });
    const known = { mmu: "toy", origin: "a test" };
    expect(JSON.parse(json.stdout)).toEqual([
      { name: "each", summary: "looks at each entry", ...known, baseline: true, knownFaults: [] },
      {
        ...{ name: "every-other", summary: "looks at every other", ...known, baseline: false },
        knownFaults: ["leaves every other block"],
      },
    ]);
  });

  it("is the same with --long where there is no more to tell", async () => {
    expect((await run(["list", "backings", "--long"])).stdout).toBe((await run(["list", "backings"])).stdout);
    expect(JSON.parse((await run(["list", "backings", "--json"])).stdout)[1]).toEqual({
      name: "thp",
      summary: "transparent huge pages: level-2 blocks (2M at 4K); see --thp-coverage",
      testNames: ["anonymous_thp"],
    });
  });

  it("of scenarios is the first sentence of each, and where their files are", async () => {
    const { stdout } = await run(["list", "scenarios"]);
    expect(stdout).toMatch(/^backing-thp +1 GiB of 2M blocks, as fully populated transparent huge pages give$/m);
    expect(stdout).toMatch(/^fault-passed-over +Two pages before a 2M boundary, then one 2M block$/m);
    const files = `--scenario takes these names. Their files are ${join(ROOT, "scenarios", "NAME.json")}`;
    expect(stdout.replace(/\n +/g, " ").trimEnd().split("\n").at(-1)).toBe(files);
    const json = await run(["list", "scenarios", "--json"]);
    const listed = JSON.parse(json.stdout) as Record<string, string>[];
    expect(listed.find(({ name }) => name === "x86-zap-hello")).toEqual({
      name: "x86-zap-hello",
      summary: expect.stringMatching(/^[^.:;]+$/),
      description: expect.stringMatching(/\.$/),
      mmu: "x86-tdp",
      workload: "zap",
      path: join(ROOT, "scenarios", "x86-zap-hello.json"),
    });
    const long = (await run(["list", "scenarios", "--long"], { env: { COLUMNS: "4000" } })).stdout;
    expect(long).not.toContain("NAME.json");
    const path = join(ROOT, "scenarios", "fault-passed-over.json");
    expect(long.replace(/\n {2,}/g, " ")).toContain(
      `\nfault-passed-over: arm64, enable ${path} Two pages before a 2M boundary, then one 2M block: the smallest`,
    );
    expect(long.match(/\n\n\S/g)).toHaveLength(listed.length - 1);
  });
});
