import { expect, it } from "vitest";
import { run } from "../testing/inProcess.js";

it("sets the three MMUs beside each other, each with how often it starts at the root", async () => {
  const args = ["bench", "--mmu", "arm64,x86-tdp,riscv", "--workload", "split", "-s", "thp", "--no-wall"];
  const { code, stdout } = await run([...args, "--strategy", "baseline,table-walk"]);
  expect(code).toBe(0);
  const rows = stdout.split("\n").filter((line) => /^(?:arm64|x86-tdp|riscv) /.test(line));
  expect(rows.map((row) => row.split(/ {2,}/).slice(1))).toEqual([
    ["baseline", "1", "262,657", "512", "512", "1", "right"],
    ["baseline", "513", "2,050", "512", "0", "512", "right"],
    ["baseline", "512", "1,024", "512", "19", "18", "right"],
    ["table-walk", "17", "545", "512", "17", "16", "right"],
  ]);
});

it("shows the cases that MMUs do not share too", async () => {
  const args = ["bench", "--mmu", "arm64,riscv", "-s", "thp", "-b", "4M", "--mode", "both", "--no-wall"];
  const { stdout } = await run([...args, "--strategy", "baseline,posted-v1"], { columns: 200, env: { NO_COLOR: "1" } });
  expect(stdout).toContain("thp-4M: eager splitting, side by side");
  expect(stdout).toMatch(/^thp-4M: KVM\/arm64 .* clear the dirty log/m);
  expect(stdout).toMatch(/^thp-4M: KVM\/riscv .* clear the dirty log/m);
  // Where a table has nothing else, what is the same is all of it.
  expect(stdout).toMatch(/^The same under both strategies: lookups 898, .*\.\n\n(?!strategy)/m);
});

it("says which case of an MMU a row is of, where it has several of a guest", async () => {
  const args = ["bench", "--mmu", "arm64,riscv", "-s", "hugetlb-1g", "-b", "1G", "--chunk", "2M,1G", "--no-wall"];
  const { stdout } = await run([...args, "--strategy", "baseline,skip-new-table-naive"]);
  expect(stdout).toMatch(/^arm64 chunk 2M +skip-new-table-naive .* WRONG$/m);
  expect(stdout).toMatch(/^arm64 chunk 1G +skip-new-table-naive .* wrong elsewhere$/m);
  expect(stdout).toMatch(/^riscv +baseline .* right$/m);
  expect(stdout).toContain("arm64 chunk 2M: WRONG: skip-new-table-naive: 1 block unsplit, first at 0x40000000");
});
