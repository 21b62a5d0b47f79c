import { describe, expect, it, vi } from "vitest";
import { adoptArm64Strategy } from "../mmu/arm64/adopt.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Case, RunOutcome, Strategy, TimedRun } from "../mmu/contract.js";
import type { ResultFile } from "../results/types.js";
import { toyCase, toyMmu } from "../testing/toyMmu.js";
import { environmentHere } from "./environment.js";
import { planOf } from "./plan.js";
import type { runCells } from "./pool.js";
import { type BenchEvents, type BenchOptions, ModelFault, runPlan, wrongRuns } from "./run.js";

const scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};
const OPTIONS = { wall: null, seed: 1, toolVersion: "0", createdAt: null, environment: false };

it("without times, counting is all of the progress: equal shares for all runs of all cases", async () => {
  const plan = planOf([arm64.parse(scenario, "a"), arm64.parse(scenario, "b")], () => arm64.strategies.slice(0, 2));
  const shares: number[] = [];
  await runPlan(plan, OPTIONS, { progress: (share) => shares.push(share) });
  expect(shares).toEqual([0, 0.25, 0.5, 0.75]);
});

it("a result says whose strategy each run was of", async () => {
  const own = adoptArm64Strategy({ id: "mine" }, "./mine.mjs");
  const { runs } = await runPlan(
    planOf([arm64.parse(scenario, "a")], () => [arm64.strategies[0]!, own]),
    OPTIONS,
  );
  expect(runs.map(({ strategy, source }) => [strategy, source])).toEqual([
    ["baseline", "builtin"],
    ["mine", "user"],
  ]);
});

const [each, everyOther] = toyMmu.strategies as readonly Strategy[] as [Strategy, Strategy];
const own = toyMmu.adoptStrategy({ id: "own", mmu: "toy", step: 1 }, "./own.mjs") as Strategy;
/** Cases of the toy MMU under both of its strategies. */
const toyPlan = (...cases: Case[]) => planOf(cases, () => [each, everyOther]);
/** What is timed of a strategy, and counts the same each time. */
const timedRun = (): TimedRun => ({
  parts: [{ id: "walk", title: "walk", reset: () => {}, work: () => {}, counts: () => ({ n: 1 }) }],
});
const timed = { timed: timedRun };

/** Runs a plan and keeps what was told of it. */
async function told(plan: ReturnType<typeof planOf>, options: Partial<BenchOptions> = {}, events: BenchEvents = {}) {
  const progress: [share: number, what: string][] = [];
  const result = await runPlan(
    plan,
    { ...OPTIONS, ...options },
    {
      progress: (share, what) => progress.push([Number(share.toFixed(9)), what]),
      ...events,
    },
  );
  return { result, progress };
}

/** A signal that is aborted when progress says this for the so-manieth time. */
function stopAt(what: string, time = 1): BenchEvents {
  const controller = new AbortController();
  let left = time;
  return {
    signal: controller.signal,
    progress: (_, now) => {
      if (now.endsWith(what) && --left === 0) controller.abort();
    },
  };
}

const strategiesIn = ({ runs }: ResultFile) => runs.map(({ scenario, strategy }) => `${scenario} ${strategy}`);

describe("a result", () => {
  const bound = toyCase({}, { name: "a" });

  it("has the case and, of every strategy, counts, findings and a verdict", async () => {
    const described = { ...bound, scenario: { ...bound.scenario, description: "four blocks" } };
    const plan = planOf([described, bound], () => [each, everyOther, own]);
    const shard = { index: 1, count: 2, plan: "0123456789abcdef", cases: [0, 2] };
    const { result } = await told(plan, { seed: 5, toolVersion: "1.2.3", createdAt: "2026-11-29T00:00:00Z", shard });
    const runs = [
      {
        strategy: "each",
        source: "builtin",
        counts: { inspected: 4, final: { left: 0 } },
        findings: [],
        verdict: { code: "right" },
        wall: null,
      },
      {
        strategy: "every-other",
        source: "builtin",
        counts: { inspected: 2, final: { left: 2 } },
        findings: [{ code: "toy-left", count: 2, data: { entry: 1 } }],
        verdict: { code: "wrong" },
        wall: null,
      },
      {
        strategy: "own",
        source: "user",
        counts: { inspected: 4, final: { left: 0 } },
        findings: [],
        verdict: {
          code: "unsearched",
          search: "s2split verify --mmu toy --strategy ./own.mjs --random 5000",
        },
        wall: null,
      },
    ];
    const scenario = {
      mmu: "toy",
      name: "a",
      workload: "split",
      variables: { holes: "0" },
      scenario: { mmu: "toy", entries: 4, holes: 0 },
      initial: { leaves: { "1": 4 } },
    };
    const [first, second] = ["a/split/holes=0", "a/split/holes=0#2"];
    expect(result).toEqual({
      schemaVersion: 1,
      kind: "s2split-result",
      tool: { name: "s2split", version: "1.2.3", modelVersion: 1 },
      partial: false,
      createdAt: "2026-11-29T00:00:00Z",
      environment: null,
      options: { wall: false, runs: null, timeMs: null, seed: 5 },
      shard,
      scenarios: [
        { id: first, description: "four blocks", ...scenario },
        { id: second, description: null, ...scenario },
      ],
      runs: [...runs.map((run) => ({ scenario: first, ...run })), ...runs.map((run) => ({ scenario: second, ...run }))],
    });
    expect(wrongRuns(result).map(({ scenario: of, strategy }) => [of, strategy])).toEqual([
      [first, "every-other"],
      [second, "every-other"],
    ]);
  });

  it("says of a run that did nothing why", async () => {
    const idle = toyCase({ mmu: { ...bound.mmu, idle: ({ inspected }) => (inspected === 4 ? "nothing" : undefined) } });
    const { result } = await told(toyPlan(idle));
    expect(result.runs.map(({ verdict }) => verdict)).toEqual([{ code: "idle", reason: "nothing" }, { code: "wrong" }]);
  });

  it("says where it was measured and how many samples it has, where it is asked to", async () => {
    const plan = toyPlan(bound);
    const { result } = await told(plan, { environment: true, wall: { rounds: 7 } });
    expect(result.environment).toEqual(environmentHere());
    expect(result.shard).toBeNull();
    expect(result.options).toEqual({ wall: true, runs: 7, timeMs: null, seed: 1 });
    const { result: forTime } = await told(plan, { wall: { timeMs: 3 } });
    expect(forTime.options).toEqual({ wall: true, runs: null, timeMs: 3, seed: 1 });
  });

  it("has a series of times of every part of every strategy where a case can be timed", async () => {
    const partly = { timed: (strategy: Strategy) => (strategy.id === "each" ? timedRun() : undefined) };
    const { result } = await told(toyPlan(toyCase(timed), bound, toyCase(partly)), { wall: { rounds: 2 } });
    const lengths = result.runs.map(
      ({ wall }) => wall && Object.entries(wall).map(([id, s]) => [id, s.samplesNs.length]),
    );
    expect(lengths).toEqual([[["walk", 2]], [["walk", 2]], null, null, null, null]);
    expect(result.runs[0]!.wall!.walk).not.toBe(result.runs[1]!.wall!.walk);
  });

  it("is counted as the options say", async () => {
    const run = vi.fn((): RunOutcome => ({ initial: {}, counts: {}, findings: [] }));
    await told(toyPlan(toyCase({ run })), { run: { digest: true } });
    expect(run.mock.calls).toEqual([
      [each, { digest: true }],
      [everyOther, { digest: true }],
    ]);
  });
});

describe("progress", () => {
  it("tells each case, what is done to it, and the share of the plan, counting three tenths of a timed case", async () => {
    const plan = toyPlan(toyCase(timed, { name: "a" }), toyCase({}, { name: "b" }));
    const { progress } = await told(plan, { wall: { rounds: 2 } });
    expect(progress).toEqual([
      [0, "a/split/holes=0: counting each"],
      [0.075, "a/split/holes=0: counting every-other"],
      [0.15, "a/split/holes=0: timing"],
      [0.22, "a/split/holes=0: timing"],
      [0.29, "a/split/holes=0: timing"],
      [0.36, "a/split/holes=0: timing"],
      [0.43, "a/split/holes=0: timing"],
      [0.5, "b/split/holes=0: counting each"],
      [0.575, "b/split/holes=0: counting every-other"],
    ]);
  });

  it("tells of a cell in a thread while its outcome is waited for, and of none that is ahead of it or behind", async () => {
    const count: typeof runCells = async function* (cells, _, watch) {
      for (const [i, { bound, strategy }] of cells.entries()) {
        for (const cell of [0, 1]) watch!.onProgress!(cell, 0.5);
        yield bound.run(strategy);
        watch!.onProgress!(i, 0.75);
      }
    };
    const progress: [number, string][] = [];
    const events = { progress: (share: number, what: string) => progress.push([share, what]) };
    await runPlan(toyPlan(toyCase()), OPTIONS, events, count);
    expect(progress).toEqual([
      [0, "toy/split/holes=0: counting each"],
      [0.25, "toy/split/holes=0: counting each"],
      [0.5, "toy/split/holes=0: counting every-other"],
      [0.75, "toy/split/holes=0: counting every-other"],
    ]);
  });
});

it("counts use threads only where no time is measured", async () => {
  const jobs: number[] = [];
  const count: typeof runCells = async function* (cells, given) {
    jobs.push(given);
    for (const { bound, strategy } of cells) yield bound.run(strategy);
  };
  const plan = toyPlan(toyCase());
  for (const options of [{}, { jobs: 3 }, { jobs: 3, wall: { rounds: 1 } }]) {
    await runPlan(plan, { ...OPTIONS, ...options }, {}, count);
  }
  expect(jobs).toEqual([1, 3, 1]);
});

it("after each case the result so far is handed on and waited for, whole only after the last", async () => {
  const seen: unknown[] = [];
  const plan = toyPlan(toyCase({}, { name: "a" }), toyCase({}, { name: "b" }));
  const kept: ResultFile[] = [];
  await told(plan, undefined, {
    caseDone: async ({ id }, soFar) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push([id, soFar.partial, strategiesIn(soFar)]);
      kept.push(soFar);
    },
    progress: (_, what) => seen.push(what),
  });
  const [a, b] = plan.map(({ id }) => [`${id} each`, `${id} every-other`]);
  expect(seen).toEqual([
    "a/split/holes=0: counting each",
    "a/split/holes=0: counting every-other",
    ["a/split/holes=0", true, a],
    "b/split/holes=0: counting each",
    "b/split/holes=0: counting every-other",
    ["b/split/holes=0", false, [...a!, ...b!]],
  ]);
  // What was handed on stays as it was.
  expect(kept.map(({ scenarios, runs }) => [scenarios.length, runs.length])).toEqual([
    [1, 2],
    [2, 4],
  ]);
});

describe("a plan that is stopped", () => {
  const plan = toyPlan(toyCase(timed, { name: "a" }), toyCase(timed, { name: "b" }));
  const wall = { rounds: 2 };
  const counted = (name: string) => [`${name}/split/holes=0 each`, `${name}/split/holes=0 every-other`];

  it("before it begins has nothing", async () => {
    const result = await runPlan(plan, OPTIONS, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ partial: true, scenarios: [], runs: [] });
  });

  it("keeps what is counted of a case, without times", async () => {
    const events = stopAt("b/split/holes=0: counting each");
    const said: string[] = [];
    const progress: BenchEvents["progress"] = (share, what) => {
      said.push(what);
      events.progress!(share, what);
    };
    const result = await runPlan(plan, { ...OPTIONS, wall }, { ...events, progress });
    expect(result.partial).toBe(true);
    expect(said.at(-1)).toBe("b/split/holes=0: counting each");
    expect(result.scenarios.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(strategiesIn(result)).toEqual([...counted("a"), "b/split/holes=0 each"]);
    expect(result.runs.map(({ wall: times }) => times !== null)).toEqual([true, true, false]);
  });

  it("keeps all that is counted of a case that was being timed, without times", async () => {
    // Each case is told of as it is timed five times, three of them in warm-up.
    const last = await runPlan(plan, { ...OPTIONS, wall }, stopAt("timing", 7));
    expect([last.partial, strategiesIn(last)]).toEqual([true, [...counted("a"), ...counted("b")]]);
    const result = await runPlan(plan, { ...OPTIONS, wall }, stopAt("timing", 2));
    expect(result.partial).toBe(true);
    expect(strategiesIn(result)).toEqual(counted("a"));
    expect(result.runs.map(({ wall: times }) => times)).toEqual([null, null]);
  });

  it("during the last run of a case hands that case on, and is partial only where others follow", async () => {
    const done: string[] = [];
    const caseDone: BenchEvents["caseDone"] = async ({ name }) => void done.push(name);
    const stopped = (name: string) =>
      runPlan(plan, OPTIONS, { ...stopAt(`${name}/split/holes=0: counting every-other`), caseDone });
    const first = await stopped("a");
    expect([first.partial, strategiesIn(first), done]).toEqual([true, counted("a"), ["a"]]);
    const last = await stopped("b");
    expect([last.partial, strategiesIn(last), done]).toEqual([
      false,
      [...counted("a"), ...counted("b")],
      ["a", "a", "b"],
    ]);
  });

  it("hears of it between runs and between samples", async () => {
    // As a signal of the system would, it comes only when this thread has nothing to do for a
    // moment.
    const soon = (what: string) => {
      const controller = new AbortController();
      const progress: BenchEvents["progress"] = (_, now) => {
        if (now.endsWith(what)) setImmediate(() => controller.abort());
      };
      return { signal: controller.signal, progress };
    };
    const counting = await runPlan(plan, OPTIONS, soon("a/split/holes=0: counting each"));
    expect(strategiesIn(counting)).toEqual(counted("a").slice(0, 1));
    const timing = await runPlan(plan, { ...OPTIONS, wall }, soon("a/split/holes=0: timing"));
    expect([timing.partial, timing.runs.map(({ wall: times }) => times)]).toEqual([true, [null, null]]);
  });

  it("in a thread keeps what was there before, and ends the counting", async () => {
    const events = stopAt("counting every-other");
    let ended = 0;
    const count: typeof runCells = async function* (cells, _, watch) {
      try {
        for (const { bound, strategy } of cells) {
          if (watch!.signal!.aborted) throw new Error("AbortError");
          yield bound.run(strategy);
        }
      } finally {
        ended++;
      }
    };
    const result = await runPlan(plan, OPTIONS, events, count);
    expect([result.partial, strategiesIn(result), ended]).toEqual([true, counted("a").slice(0, 1), 1]);
    const first = await runPlan(plan, OPTIONS, stopAt("counting each"), count);
    expect([first.partial, first.scenarios, ended]).toEqual([true, [], 2]);
  });
});

describe("what goes wrong in a plan", () => {
  it("is thrown as it is, and ends the counting", async () => {
    const broken = toyCase({
      run: () => {
        throw new RangeError("too far");
      },
    });
    await expect(runPlan(toyPlan(broken), OPTIONS)).rejects.toThrow(new RangeError("too far"));
    const two = toyPlan(toyCase(), toyCase());
    let ended = 0;
    const count: typeof runCells = async function* ([cell]) {
      try {
        yield cell!.bound.run(cell!.strategy);
        yield cell!.bound.run(cell!.strategy);
      } finally {
        ended++;
      }
    };
    const caseDone = () => Promise.reject(new Error("full"));
    await expect(runPlan(two, OPTIONS, { caseDone }, count)).rejects.toThrow(new Error("full"));
    expect(ended).toBe(1);
    await expect(runPlan(two, OPTIONS, {}, count)).rejects.toThrow(new Error("fewer outcomes than cells"));
    expect(ended).toBe(2);
  });

  it("is a fault of the model where repeats do not count the same, and of whoever made it otherwise", async () => {
    let n = 0;
    const odd = timedRun();
    const parts = [{ ...odd.parts[0]!, counts: () => ({ n: n++ }) }];
    const failing = runPlan(toyPlan(toyCase({ timed: () => ({ parts }) })), { ...OPTIONS, wall: { rounds: 1 } });
    await expect(failing).rejects.toThrow(
      new ModelFault("toy/split/holes=0: each/walk: counters differ between repeats"),
    );
    const throwing = [
      {
        ...odd.parts[0]!,
        reset: () => {
          throw new RangeError("too far");
        },
      },
    ];
    const broken = runPlan(toyPlan(toyCase({ timed: () => ({ parts: throwing }) })), {
      ...OPTIONS,
      wall: { rounds: 1 },
    });
    await expect(broken).rejects.toThrow(new RangeError("too far"));
  });
});
