import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";

describe("s2split validate", () => {
  it("sets the model beside every published series and marks what was fitted", async () => {
    const { code, stdout, stderr } = await run(["validate"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const author of ["2026-05-15", "2026-06-10", "2026-06-18", "2023-01-13", "2024-10-23"]) {
      expect(stdout).toContain(author);
    }
    expect(stdout).toMatch(/enable {2}4K +-97\.33% +none +-97\.3\d% .*fitted/);
    expect(stdout).toMatch(/clear +4K +-38\.98% +1\.91 +-39\.0\d% +-0\.\d+ points +yes +judged/);
    expect(stdout).toMatch(/^ +152 +110 ms +96\.\d ms +-12\.\d% +fitted +15\.1 ms/m);
    expect(stdout).toContain("A description, without explanation");
    expect(stdout).toContain("Every count is equal.");
  });

  it("has the RFC within 3 points in its JSON", async () => {
    const { stdout } = await run(["validate", "--json"]);
    const result = JSON.parse(stdout);
    expect(result.kind).toBe("s2split-validation");
    const [rfc] = result.split;
    expect(rfc.profile).toBe("model-rfc");
    expect(rfc.rows.map((row: { errorPoints: number }) => Math.abs(row.errorPoints) <= 3)).toEqual([true, true, true]);
  });

  it("refuses an unknown profile and one of another MMU with one line", async () => {
    for (const [profile, message] of [
      ["thunderx3", /^s2split: cost profile "thunderx3": unknown.*thunderx2/],
      ["x86-tdp", /^s2split: --profile x86-tdp: prices x86-tdp; expected a profile of arm64\n$/],
      ["none.json", /^s2split: none.json: no such file; expected a cost profile/],
    ] as const) {
      const { code, stdout, stderr } = await run(["validate", "--profile", profile]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(message);
    }
  });
});
