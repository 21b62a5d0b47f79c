import { describe, expect, it } from "vitest";
import { run } from "../testing/inProcess.js";

describe("verify --interleave", () => {
  it("names the wrong strategies with their schedule, and ends with 1", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--strategy", "max-level,skip-new-table-naive"];
    const { code, stdout } = await run(args);
    expect(code).toBe(1);
    expect(stdout).toContain("right  max-level");
    expect(stdout).toContain("with nobody else acting");
    expect(stdout).toContain("2 strategies checked, wrong: skip-new-table-naive");
  });

  it("says dirty page lost where hardware tracks pages", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--dirty-tracking", "hardware"];
    const { stdout } = await run([...args, "--strategy", "skip-new-table-naive"]);
    expect(stdout).toContain("dirty page lost: a block was left unsplit");
  });

  it("tells Linux's own fault apart from those of strategies, and ends with 0", async () => {
    const args = ["verify", "--interleave", "--actions", "0", "--mmu", "x86-tdp", "--strategy", "used-count", "--json"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const { strategies } = JSON.parse(stdout) as {
      strategies: readonly { faults: unknown[]; kernelFaults: unknown[] }[];
    };
    expect(strategies[0]!.faults).toEqual([]);
    expect(strategies[0]!.kernelFaults).toHaveLength(1);
  });

  it.each([
    [["--actions", "2"], "--actions without --interleave"],
    [["--interleave", "--random", "5"], "--interleave with --random"],
    [["--interleave", "--mmu", "x86-shadow"], "has no other parties"],
    [["--interleave", "--mmu", "x86-tdp", "--dirty-tracking", "hardware"], "PML"],
  ])("refuses %s", async (args, message) => {
    const { code, stderr } = await run(["verify", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
