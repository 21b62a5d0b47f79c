import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import type { NamedResult } from "../results/read.js";
import type { ScenarioResult } from "../results/types.js";
import { environment, resultFile, runResult, scenarioResult } from "../testing/resultBuilder.js";
import { joinSide, requireSameScenario, runKey } from "./side.js";

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("nothing was refused");
}

describe("the files of one side", () => {
  it("are one: runs in the order of the files, each with its scenario, file and environment", () => {
    const [a, b] = [scenarioResult("a"), scenarioResult("b")];
    const [one, two, three] = [
      runResult({ scenario: "a" }),
      runResult({ scenario: "b" }),
      runResult({ scenario: "a", strategy: "max-level" }),
    ];
    const side = joinSide([
      { path: "1.json", result: resultFile({ scenarios: [a, b], runs: [one, two], partial: true }) },
      { path: "2.json", result: resultFile({ scenarios: [a], runs: [three], environment: null }) },
    ]);
    expect(side).toEqual({
      paths: ["1.json", "2.json"],
      modelVersion: 1,
      partialPaths: ["1.json"],
      scenarios: new Map([
        ["a", { path: "1.json", scenario: a }],
        ["b", { path: "1.json", scenario: b }],
      ]),
      runs: new Map([
        ['["a","baseline"]', { path: "1.json", scenario: a, run: one, environment }],
        ['["b","baseline"]', { path: "1.json", scenario: b, run: two, environment }],
        ['["a","max-level"]', { path: "2.json", scenario: a, run: three, environment: null }],
      ]),
    });
    expect([...side.runs.keys()]).toEqual([runKey("a", "baseline"), runKey("b", "baseline"), runKey("a", "max-level")]);
  });

  it("have one model version", () => {
    const of = (path: string, modelVersion: number): NamedResult => ({
      path,
      result: resultFile({ tool: { name: "s2split", version: "0.1.0", modelVersion }, scenarios: [], runs: [] }),
    });
    expect(joinSide([of("a.json", 7), of("b.json", 7)]).modelVersion).toBe(7);
    expect(refusal(() => joinSide([of("a.json", 1), of("b.json", 1), of("c.json", 2)]))).toBe(
      "c.json: tool.modelVersion is 2, and 1 in a.json; expected results of one model version",
    );
  });

  it("have each run once, and one scenario under each id", () => {
    const of = (path: string, scenario: ScenarioResult, strategy: string): NamedResult => ({
      path,
      result: resultFile({ scenarios: [scenario], runs: [runResult({ scenario: scenario.id, strategy })] }),
    });
    const long = "s".repeat(70);
    expect(
      refusal(() => joinSide([of("a.json", scenarioResult(long), long), of("b.json", scenarioResult(long), long)])),
    ).toBe(`b.json: has ${"s".repeat(57)}... on "${"s".repeat(57)}...", which a.json has too; expected each run once`);
    const other = scenarioResult("thp/enable", { workload: "clear" });
    expect(refusal(() => joinSide([of("a.json", scenarioResult(), "x"), of("b.json", other, "y")]))).toBe(
      'b.json: scenario "thp/enable" is another than in a.json: workload is "clear", and "enable" there; ' +
        "expected results of the same scenario",
    );
  });
});

describe("two scenarios under one id", () => {
  const difference = (a: Partial<ScenarioResult>, b: Partial<ScenarioResult>) => {
    const of = (path: string, more: Partial<ScenarioResult>) => ({
      path,
      scenario: scenarioResult("thp/enable", more),
    });
    const whole = refusal(() => requireSameScenario(of("a.json", a), of("b.json", b)));
    const [before, after] = [
      'b.json: scenario "thp/enable" is another than in a.json: ',
      "; expected results of the same scenario",
    ];
    expect([whole.slice(0, before.length), whole.slice(-after.length)]).toEqual([before, after]);
    return whole.slice(before.length, -after.length);
  };

  it.each<[Partial<ScenarioResult>, Partial<ScenarioResult>, string]>([
    [{ mmu: "arm64" }, { mmu: "riscv" }, 'mmu is "riscv", and "arm64" there'],
    [{ workload: "a" }, { workload: "b" }, 'workload is "b", and "a" there'],
    [{ variables: { chunk: "1G" } }, { variables: {} }, 'variables.chunk is absent, and "1G" there'],
    [{ scenario: { a: [1] } }, { scenario: { a: [2] } }, "scenario.a[0] is 2, and 1 there"],
    [{ scenario: { a: 1 } }, { scenario: null }, 'scenario is null, and {"a":1} there'],
    [{ scenario: "a" }, { scenario: "b" }, 'scenario is "b", and "a" there'],
    [{ scenario: ["a"] }, { scenario: ["b"] }, 'scenario[0] is "b", and "a" there'],
    [{ initial: { tables: 1 } }, { initial: { tables: 2 } }, "initial.tables is 2, and 1 there"],
    // A line has room for a hundred characters of the path.
    [
      { initial: { ["x".repeat(92)]: 1 } },
      { initial: { ["x".repeat(92)]: 2 } },
      `initial.${"x".repeat(92)} is 2, and 1 there`,
    ],
    [
      { initial: { ["x".repeat(93)]: 1 } },
      { initial: { ["x".repeat(93)]: 2 } },
      `initial.${"x".repeat(89)}... is 2, and 1 there`,
    ],
  ])("differ: %j and %j", (a, b, words) => {
    expect(difference(a, b)).toBe(words);
  });

  it("may differ in prose: names, descriptions and what was assumed", () => {
    const of = (word: string) => ({
      path: `${word}.json`,
      scenario: scenarioResult("x", {
        name: word,
        description: word,
        scenario: { granule: "4K", name: word, description: word, assumed: [word] },
      }),
    });
    expect(() => requireSameScenario(of("a"), of("b"))).not.toThrow();
    const none = { path: "x", scenario: scenarioResult("x", { scenario: null }) };
    expect(() => requireSameScenario(none, none)).not.toThrow();
  });
});
