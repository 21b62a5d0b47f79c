import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../errors.js";
import type { Case, Strategy } from "../mmu/contract.js";
import type { PlannedCase } from "./plan.js";
import { parseShard, planDigest, shardOf, workOf } from "./shard.js";

const strategy = { id: "baseline", source: "builtin" } as Strategy;

/** A case whose expected work is the number in its scenario. */
function planned(id: string, work: number): PlannedCase {
  const bound = { mmu: { id: "toy" }, scenario: { name: id, work }, expectedWork: () => work } as unknown as Case;
  return { id, name: id, bound, strategies: [strategy] };
}

const plans = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 8 }), fc.integer({ min: 0, max: 1e9 })), {
    maxLength: 40,
    selector: ([id]) => id,
  })
  .map((cases) => cases.map(([id, work]) => planned(id, work)));

function allShards(plan: readonly PlannedCase[], count: number) {
  return Array.from({ length: count }, (_, i) => shardOf(plan, { index: i + 1, count }));
}

describe("the parts of a plan", () => {
  test("are disjoint, together are the plan, keep its order, and know their places", () => {
    let most = 0;
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 12 }), (plan, count) => {
        const parts = allShards(plan, count);
        most = Math.max(most, ...parts.map(({ cases }) => cases.length));
        const places = parts.flatMap(({ shard }) => shard.cases);
        expect([...places].sort((a, b) => a - b)).toEqual(plan.map((_, i) => i));
        for (const { cases, shard } of parts) {
          expect(shard.cases).toEqual([...shard.cases].sort((a, b) => a - b));
          expect(cases).toEqual(shard.cases.map((place) => plan[place]));
        }
      }),
    );
    expect(most).toBeGreaterThan(20);
  });

  test("are balanced: the heaviest has at most the mean and one case more", () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 12 }), (plan, count) => {
        const loads = allShards(plan, count).map(({ cases }) => cases.reduce((sum, c) => sum + workOf(c), 0));
        const mean = loads.reduce((a, b) => a + b, 0) / count;
        expect(Math.max(...loads)).toBeLessThanOrEqual(mean + Math.max(0, ...plan.map(workOf)));
      }),
    );
  });

  test("hold the same cases whatever order the plan was given in", () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 5 }), (plan, count) => {
        const ids = (cases: readonly PlannedCase[]) => cases.map((c) => c.id).sort();
        const reversed = [...plan].reverse();
        for (let index = 1; index <= count; index++) {
          const spec = { index, count };
          expect(ids(shardOf(reversed, spec).cases)).toEqual(ids(shardOf(plan, spec).cases));
        }
      }),
    );
  });

  test("are filled longest first: 9, 7, 5, 3 in two parts is 9 + 3 and 7 + 5", () => {
    const plan = [planned("a", 3), planned("b", 5), planned("c", 7), planned("d", 9)];
    expect(allShards(plan, 2).map(({ cases }) => cases.map((c) => c.id))).toEqual([
      ["a", "d"],
      ["b", "c"],
    ]);
  });

  test("are filled in the order of ids where cases are of equal work", () => {
    const plan = ["b", "B", "a", "c"].map((id) => planned(id, 1));
    expect(allShards(plan, 2).map(({ cases, shard }) => [cases.map((c) => c.id), shard.cases])).toEqual([
      [
        ["b", "B"],
        [0, 1],
      ],
      [
        ["a", "c"],
        [2, 3],
      ],
    ]);
  });

  test("have in their record which they are, of which plan with which settings", () => {
    const plan = [planned("a", 1), planned("b", 2)];
    expect(shardOf(plan, { index: 1, count: 2 }).shard).toEqual({
      index: 1,
      count: 2,
      plan: planDigest(plan),
      cases: [1],
    });
    expect(shardOf(plan, { index: 2, count: 2 }, { seed: 7 }).shard.plan).toBe(planDigest(plan, { seed: 7 }));
  });

  test("weigh a case by the work of all its strategies", () => {
    const bound = { expectedWork: ({ id }: Strategy) => id.length } as Case;
    const strategies = ["a", "bcd", "ef"].map((id) => ({ id }) as Strategy);
    expect(workOf({ ...planned("a", 0), bound, strategies })).toBe(6);
  });

  test("may be empty where there are more parts than cases", () => {
    expect(shardOf([planned("a", 1)], { index: 2, count: 2 }).cases).toEqual([]);
  });
});

describe("the digest of a plan", () => {
  const plan = [planned("a", 1), planned("b", 2)];

  test("is the same in every part, and another for another plan, order, strategy or setting", () => {
    const digests = new Set(allShards(plan, 3).map(({ shard }) => shard.plan));
    expect([...digests]).toEqual([planDigest(plan)]);
    const others = [
      planDigest([...plan].reverse()),
      planDigest(plan.slice(1)),
      planDigest([planned("a", 1), planned("b", 3)]),
      planDigest([{ ...plan[0]!, strategies: [{ ...strategy, id: "max-level" }] }, plan[1]!]),
      planDigest(plan, { runs: 10 }),
      planDigest(plan, { runs: 11 }),
      planDigest(plan),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  // Parts are merged by their digests, whichever machine and version wrote them.
  test("of a plan does not change from version to version", () => {
    expect(planDigest(plan)).toBe("b10c89ac1ac23eb3");
    expect(planDigest(plan, { wall: null, seed: 1 })).toBe("f818f388489ae138");
  });

  test("does not depend on where a user's strategy lies on this machine", () => {
    const from = (source: string) => planDigest([{ ...plan[0]!, strategies: [{ ...strategy, source }] }]);
    expect(from("one/mine.mjs")).toBe(from("other/mine.mjs"));
    expect(from("one/mine.mjs")).not.toBe(from("builtin"));
  });
});

test("--shard takes I/N", () => {
  expect(parseShard("2/4")).toEqual({ index: 2, count: 4 });
  expect(parseShard("1/1")).toEqual({ index: 1, count: 1 });
  expect(parseShard("10000/10000")).toEqual({ index: 10_000, count: 10_000 });
  expect(parseShard(" 3/4\n")).toEqual({ index: 3, count: 4 });
});

test.each(["0/4", "5/4", "1", "1/0", "a/b", "1/4/2", "-1/4", "1.5/2", "", "1/10001", "1/9999999999"])(
  "--shard refuses %j by name",
  (text) => {
    expect(() => parseShard(text)).toThrow(
      new UserError(`--shard "${text}": not a part; expected I/N with I from 1 to N, such as 2/4, N at most 10000`),
    );
  },
);
