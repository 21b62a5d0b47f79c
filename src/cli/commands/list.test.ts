import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";

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
