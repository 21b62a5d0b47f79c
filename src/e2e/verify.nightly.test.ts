import { expect, it } from "vitest";
import { s2split } from "./cli.js";

const RIGHT = "baseline,skip-return,page-block-flags,max-level,skip-new-table,skip-level,split-mark";

it("verify --random 5000 finds nothing wrong with the strategies that claim to be right, and exits 0", async () => {
  const { code, stdout } = await s2split(["verify", "--random", "5000", "--seed", "1", "--strategy", RIGHT]);
  expect(stdout).toContain("7 strategies checked, all right");
  expect(code).toBe(0);
});
