import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";

describe("noise", () => {
  it("compares each pair of runs of what bench was asked for, and nothing else", async () => {
    const page = join(temporaryFolder(), "page.html");
    const args = ["noise", "--scenario", "fault-passed-over", "fault-tlbi-wrong-ipa", "--seed", "7", "--runs", "6"];
    const more = ["--strategy", "max-level", "--pairs", "2", "--json", "--export-html", page];
    const { code, stdout, stderr } = await run([...args, ...more]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      kind: "s2split-noise",
      schemaVersion: 1,
      comparisons: 16,
      suggestedThreshold: expect.any(Number),
    });
    const sides = report.pairs.map(({ base, next }: Record<string, { paths: string[] }>) => [base!.paths, next!.paths]);
    expect(sides).toEqual([
      [["run 1"], ["run 2"]],
      [["run 3"], ["run 4"]],
    ]);
    for (const { options, cells } of report.pairs) {
      expect(options).toEqual({
        maxIncrease: 0,
        wallThreshold: null,
        alpha: 0.05,
        seed: 1,
        allowMissing: false,
        anyEnvironment: false,
      });
      expect(cells.map(({ scenario, strategy }: Record<string, string>) => `${scenario} ${strategy}`)).toEqual([
        "fault-passed-over/enable/chunk=1G baseline",
        "fault-passed-over/enable/chunk=1G max-level",
        "fault-tlbi-wrong-ipa/enable/chunk=1G baseline",
        "fault-tlbi-wrong-ipa/enable/chunk=1G max-level",
      ]);
    }
    expect(readFileSync(page, "utf8")).toContain("<title>A benchmark against itself</title>");
  });

  it("ends as bench does where that does not end well, with what it has said", async () => {
    expect(await run(["noise", "-s", "thq", "-g"])).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^s2split: backing "thq": unknown, did you mean "thp"\?; expected one of [^\n]*\n$/,
      ),
    });
  });

  it("writes over nothing that bench reads", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "s.json"), "mine");
    const { code, stderr } = await run(["noise", "--scenario", "s.json", "--export-html", "s.json"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/would be written over; expected another file to write\n$/),
    ]);
    expect(readFileSync(join(cwd, "s.json"), "utf8")).toBe("mine");
  });
});
