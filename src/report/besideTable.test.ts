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
