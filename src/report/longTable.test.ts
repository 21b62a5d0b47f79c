import { expect, it } from "vitest";
import { run } from "../testing/inProcess.js";

it("bench --long has a row for each counter that is not 0, barriers and TLB instructions among them", async () => {
  const args = ["bench", "-s", "thp", "-b", "4M", "--no-wall", "--strategy", "max-level", "--quiet", "--long"];
  const { code, stdout } = await run(args);
  expect(code).toBe(0);
  const rows = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
  const figures = (label: string) => rows.find(([first]) => first === label)?.slice(1);
  // Two blocks of 2M: each is broken with one invalidation, and becomes one table of 512 pages.
  expect(figures("TLBIs by IPA")).toEqual(["TLBIs", "2", "2"]);
  expect(figures("table pages allocated")).toEqual(["pages", "2", "2"]);
  expect(stdout).toMatch(/^.*DSB ISH\S* +\S+ +[1-9]/m);
  expect(stdout).toMatch(/^.*TLBI IPAS2E1IS +\S+ +[1-9]/im);
});
