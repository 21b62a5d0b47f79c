import { expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import { planOf } from "./plan.js";

const scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};
const planned = (...scenarios: object[]) =>
  planOf(
    scenarios.map((one) => arm64.parse(one, "test")),
    () => [],
  );

it("cases are told apart by number where nothing else does, and named by place where they have no name", () => {
  const twice = planned({ ...scenario, name: "a" }, { ...scenario, name: "a" }, scenario, scenario);
  const ids = twice.map(({ id }) => id.split("/"));
  expect(ids.map(([name]) => name)).toEqual(["a", "a", "scenario-3", "scenario-4"]);
  expect(ids[1]!.slice(1)).toEqual([...ids[0]!.slice(1, -1), `${ids[0]!.at(-1)}#2`]);
});

it("the longest name that a scenario can have is kept whole", () => {
  const name = "x".repeat(200);
  expect(planned({ ...scenario, name })[0]!.name).toBe(name);
  expect(() => planned({ ...scenario, name: `${name}y` })).toThrow("has 201 characters");
});

it("the baseline is planned whether or not it was chosen, and once", () => {
  const [alone] = planned(scenario);
  expect(alone!.strategies.map(({ id }) => id)).toEqual(["baseline"]);
  const [all] = planOf([arm64.parse(scenario, "test")], (mmu) => mmu.strategies);
  expect(all!.strategies.filter(({ id }) => id === "baseline")).toHaveLength(1);
});
