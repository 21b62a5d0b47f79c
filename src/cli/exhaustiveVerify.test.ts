import { expect, it, vi } from "vitest";
import { x86Shadow } from "../mmu/shadow/mmu.js";
import { run } from "../testing/inProcess.js";

it("on a terminal, tells how fast an exhaustive search goes on", async () => {
  let now = 0;
  // A millisecond passes from one look at the clock to the next: from the start to the first
  // progress.
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now++);
  const args = ["verify", "--exhaustive", "--mmu", "x86-shadow", "--strategy", "exact", "--shard", "1/400"];
  const { code, stderr } = await run(args, { columns: 80 });
  clock.mockRestore();
  expect(code).toBe(0);
  const { combinations, units } = x86Shadow.exhaustive!("small");
  // The first 16 of the share's 40 units.
  const rate = ((16 * combinations) / units / 1e-3 / 1e6).toFixed(1);
  expect(Math.ceil(units / 400)).toBe(40);
  expect(stderr).toContain(` 40%  ${rate} million combinations a second, 1 s left`);
});
