import { expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Case, Strategy } from "../mmu/contract.js";
import { toyCase, toyMmu } from "../testing/toyMmu.js";
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

it("a case is named, numbered from the second of its kind, and has its strategies in the order chosen", () => {
  const [each, everyOther] = toyMmu.strategies as readonly Strategy[] as [Strategy, Strategy];
  const own = toyMmu.adoptStrategy({ id: "own", mmu: "toy", step: 3 }, "own.mjs") as Strategy;
  const nameless = { scenario: {} };
  const swept = { scenario: { name: "b\u0007c" }, workload: "zap", variables: { chunk: "2M", target: "4K" } };
  const applies = ({ id }: Strategy) => id !== "every-other";
  const cases = [
    toyCase(nameless),
    toyCase(swept),
    toyCase({ ...swept, applies }),
    toyCase({ ...swept, applies: () => false }),
  ];
  const kept = ({ id, name, bound, strategies }: ReturnType<typeof planOf>[number]) => [id, name, bound, strategies];
  expect(planOf(cases, () => [everyOther, each, own]).map(kept)).toEqual([
    ["scenario-1/split/holes=0", "scenario-1", cases[0], [everyOther, each, own]],
    ["b c/zap/chunk=2M/target=4K", "b c", cases[1], [everyOther, each, own]],
    ["b c/zap/chunk=2M/target=4K#2", "b c", cases[2], [each, own]],
    ["b c/zap/chunk=2M/target=4K#3", "b c", cases[3], [each]],
  ]);
  expect(planOf(cases.slice(0, 1), () => [own, everyOther])[0]!.strategies).toEqual([each, own, everyOther]);
});

it("the longest name that a scenario can have is kept whole", () => {
  const name = "x".repeat(200);
  expect(planned({ ...scenario, name })[0]!.name).toBe(name);
  expect(() => planned({ ...scenario, name: `${name}y` })).toThrow("has 201 characters");
  const longer: Case = toyCase({ scenario: { name: `${name}y` } });
  expect(planOf([longer], () => [])[0]!.name).toBe(`${"x".repeat(197)}...`);
});

it("the baseline is planned whether or not it was chosen, and once", () => {
  const [alone] = planned(scenario);
  expect(alone!.strategies.map(({ id }) => id)).toEqual(["baseline"]);
  const [all] = planOf([arm64.parse(scenario, "test")], (mmu) => mmu.strategies);
  expect(all!.strategies.filter(({ id }) => id === "baseline")).toHaveLength(1);
});
