import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import type { Strategy } from "../mmu/contract.js";
import type { ExhaustiveFault, ExhaustiveSearch } from "../mmu/exhaustive.js";
import { x86Shadow } from "../mmu/shadow/mmu.js";
import {
  type ExhaustiveResult,
  type ExhaustiveTask,
  isExhaustiveResult,
  mergeExhaustive,
  type SearchThread,
  searchExhaustively,
  searchInThreads,
  searchShare,
} from "./exhaustive.js";

const a = { id: "a", source: "builtin" } as Strategy;
const b = { id: "b", source: "./b.mjs" } as Strategy;

function fault(kind: string, rank: ExhaustiveFault["rank"], more: Partial<ExhaustiveFault> = {}): ExhaustiveFault {
  const finding = { code: kind, count: 1, data: { rank: rank.join(".") } };
  return { kind, rank, finding, combinations: 1, words: `case ${rank.join(".")}`, scenario: null, ...more };
}

/**
 * A search of so many units, ten combinations each, which notes what is tried; each seventh unit
 * fails.
 */
function searchOf(units: number) {
  const tried: string[] = [];
  const search: ExhaustiveSearch = {
    bound: "small",
    text: "all that there is",
    units,
    combinations: 10 * units,
    check: ({ id }) => {
      let combinations = 0;
      let failing = 0;
      const faults: ExhaustiveFault[] = [];
      return {
        get combinations() {
          return combinations;
        },
        get failing() {
          return failing;
        },
        unit: (index) => {
          tried.push(`${id}${index}`);
          combinations += 10;
          if (index % 7 !== 3) return;
          failing++;
          faults.push(fault(`left-${index}`, [index, 1]));
        },
        faults: () => faults,
      };
    },
  };
  return { search, tried };
}

const OPTIONS = { mmu: "toy", modelVersion: 3, strategies: [a, b] };
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("an exhaustive search", () => {
  it("tries all strategies on sixteen units before the next sixteen, and tells how far it is", async () => {
    const { search, tried } = searchOf(34);
    const told: [number, number][] = [];
    const result = await searchExhaustively(search, { ...OPTIONS, progress: (...now) => told.push(now) });
    const turns = [range(0, 16), range(16, 32), range(32, 34)];
    expect(tried).toEqual(turns.flatMap((turn) => [...turn.map((i) => `a${i}`), ...turn.map((i) => `b${i}`)]));
    expect(told).toEqual([
      [16, 34],
      [32, 34],
      [34, 34],
    ]);
    const verdict = {
      combinations: 340,
      failing: 5,
      faults: [3, 10, 17, 24, 31].map((index) => fault(`left-${index}`, [index, 1])),
    };
    expect(result).toEqual({
      schemaVersion: 1,
      kind: "s2split-exhaustive",
      modelVersion: 3,
      mmu: "toy",
      bound: "small",
      text: "all that there is",
      units: 34,
      combinations: 340,
      shard: null,
      unitsTried: 34,
      partial: false,
      strategies: [
        { strategy: "a", source: "builtin", ...verdict },
        { strategy: "b", source: "user", ...verdict },
      ],
    });
  });

  it.each<[index: number, count: number, units: number[]]>([
    [1, 1, range(0, 34)],
    [3, 7, [2, 9, 16, 23, 30]],
    [6, 7, [5, 12, 19, 26, 33]],
    [7, 7, [6, 13, 20, 27]],
    [34, 40, [33]],
    [35, 40, []],
    [40, 40, []],
  ])("has in shard %i of %i every unit of that share", async (index, count, units) => {
    const { search, tried } = searchOf(34);
    const shard = { index, count };
    const result = await searchExhaustively(search, { ...OPTIONS, strategies: [a], shard });
    expect(tried).toEqual(units.map((unit) => `a${unit}`));
    expect(result).toMatchObject({ shard, unitsTried: units.length, units: 34, combinations: 340, partial: false });
  });

  it("is stopped after a turn, between which others have theirs", async () => {
    let stopped = false;
    const { search, tried } = searchOf(34);
    setImmediate(() => {
      stopped = true;
    });
    const result = await searchExhaustively(search, { ...OPTIONS, strategies: [a], stopped: () => stopped });
    expect(tried).toHaveLength(16);
    expect(result).toMatchObject({ unitsTried: 16, partial: true });
    const whole = await searchExhaustively(searchOf(16).search, { ...OPTIONS, stopped: () => true });
    expect(whole).toMatchObject({ unitsTried: 16, partial: false });
    const next = await searchExhaustively(searchOf(17).search, { ...OPTIONS, stopped: () => false });
    expect(next).toMatchObject({ unitsTried: 17, partial: false });
  });
});

describe("an exhaustive search in threads", () => {
  class Thread extends EventEmitter {
    ended = 0;
    constructor(readonly task: ExhaustiveTask) {
      super();
    }
    async terminate(): Promise<number> {
      return this.ended++;
    }
  }

  /** Begins a search in two threads that do nothing by themselves. */
  function begun(more: { readonly shard?: { index: number; count: number } | null } = {}) {
    const threads: Thread[] = [];
    const told: [number, number][] = [];
    const controller = new AbortController();
    const options = {
      ...OPTIONS,
      ...more,
      units: 34,
      signal: controller.signal,
      progress: (...now: [number, number]) => told.push(now),
    };
    const result = searchInThreads("medium", 2, options, (task) => {
      const thread = new Thread(task);
      threads.push(thread);
      return thread as unknown as SearchThread;
    });
    return { result, threads, told, controller };
  }

  async function finish(thread: Thread): Promise<void> {
    const { search } = searchOf(34);
    const result = await searchExhaustively(search, { ...OPTIONS, shard: thread.task.shard });
    thread.emit("message", { result });
  }

  it("gives each thread its share, and one verdict of all", async () => {
    const { result, threads } = begun();
    const task = { mmu: "toy", bound: "medium", strategies: ["a", "b"], modelVersion: 3 };
    expect(threads.map((thread) => thread.task)).toEqual([
      { ...task, shard: { index: 1, count: 2 } },
      { ...task, shard: { index: 2, count: 2 } },
    ]);
    for (const thread of threads) await finish(thread);
    expect(await result).toEqual(await searchExhaustively(searchOf(34).search, OPTIONS));
    expect(threads.map(({ ended }) => ended)).toEqual([1, 1]);
  });

  it("cuts a shard into further ones", async () => {
    const shard = { index: 2, count: 3 };
    const { result, threads } = begun({ shard });
    expect(threads.map((thread) => thread.task.shard)).toEqual([
      { index: 2, count: 6 },
      { index: 5, count: 6 },
    ]);
    for (const thread of threads) await finish(thread);
    expect(await result).toEqual(await searchExhaustively(searchOf(34).search, { ...OPTIONS, shard }));
  });

  it("tells how far all are together, of the units of the shard", async () => {
    const { result, threads, told } = begun({ shard: { index: 1, count: 3 } });
    const [first, second] = threads as [Thread, Thread];
    first.emit("message", { tried: 3 });
    second.emit("message", { tried: 4 });
    first.emit("message", { tried: 5 });
    expect(told).toEqual([
      [3, 12],
      [7, 12],
      [9, 12],
    ]);
    for (const thread of threads) await finish(thread);
    await result;
    expect(told).toHaveLength(3);
  });

  it("ends all threads where one fails, and where one ends without a word", async () => {
    const failing = begun();
    failing.threads[1]!.emit("error", new RangeError("too far"));
    await expect(failing.result).rejects.toThrow(new RangeError("too far"));
    expect(failing.threads.map(({ ended }) => ended)).toEqual([1, 1]);
    const silent = begun({ shard: null });
    silent.threads[0]!.emit("exit");
    await expect(silent.result).rejects.toThrow(
      new Error("a thread of the search ended before its share was searched"),
    );
    expect(silent.threads.map(({ ended }) => ended)).toEqual([1, 1]);
  });

  it("ends all threads at the signal, which is not listened to afterwards", async () => {
    const { result, threads, controller } = begun();
    controller.abort();
    expect(threads.map(({ ended }) => ended)).toEqual([1, 1]);
    for (const thread of threads) thread.emit("exit");
    await expect(result).rejects.toThrow(Error);
    const done = begun();
    for (const thread of done.threads) await finish(thread);
    await done.result;
    done.controller.abort();
    expect(done.threads.map(({ ended }) => ended)).toEqual([1, 1]);
  });
});

it("a thread searches its share under the strategies named, in the order of tables, and tells how far it is", async () => {
  const shard = { index: 3, count: 900 };
  const told: unknown[] = [];
  const task = { mmu: "x86-shadow", bound: "small", strategies: ["exact", "double"], modelVersion: 3, shard } as const;
  await searchShare(task, (message) => told.push(message));
  const search = x86Shadow.exhaustive!("small");
  const strategies = x86Shadow.strategies.filter(({ id }) => id === "exact" || id === "double");
  const result = await searchExhaustively(search, { mmu: "x86-shadow", modelVersion: 3, strategies, shard });
  expect(Math.ceil((search.units - 2) / 900)).toBe(18);
  expect(told).toEqual([{ tried: 16 }, { tried: 18 }, { result }]);
  expect(result.strategies.map(({ strategy }) => strategy)).toEqual(["double", "exact"]);
});

describe("shares of an exhaustive search", () => {
  const share = (index: number, count: number, more: Partial<ExhaustiveResult> = {}) => ({
    path: `part-${index}.json`,
    result: {
      schemaVersion: 1,
      kind: "s2split-exhaustive",
      modelVersion: 3,
      mmu: "toy",
      bound: "small",
      text: "all that there is",
      units: 34,
      combinations: 340,
      shard: { index, count },
      unitsTried: 10 + index,
      partial: false,
      strategies: [{ strategy: "a", source: "builtin", combinations: 100 * index, failing: index, faults: [] }],
      ...more,
    } satisfies ExhaustiveResult,
  });
  const whole = (more: Partial<ExhaustiveResult> = {}) => share(1, 1, { shard: null, ...more });
  const withFaults = (index: number, count: number, faults: readonly ExhaustiveFault[]) =>
    share(index, count, { strategies: [{ strategy: "a", source: "builtin", combinations: 1, failing: 1, faults }] });

  it("are put together in any order", () => {
    expect(mergeExhaustive([share(3, 3), share(1, 3), share(2, 3)])).toEqual(
      share(1, 1, {
        shard: null,
        unitsTried: 36,
        strategies: [{ strategy: "a", source: "builtin", combinations: 600, failing: 6, faults: [] }],
      }).result,
    );
    expect(mergeExhaustive([whole()])).toEqual(whole().result);
  });

  it("have of each kind of fault the smallest case, with all that show it, smallest kinds first", () => {
    const merged = mergeExhaustive([
      withFaults(1, 2, [fault("late", [5, 0]), fault("both", [6, 3], { combinations: 4 })]),
      withFaults(2, 2, [
        fault("early", [5, 0], { rank: [4, 9] }),
        fault("both", [6, 2], { combinations: 3 }),
        fault("both", [9, 9], { ofLinux: true }),
      ]),
    ]);
    expect(merged.strategies[0]!.faults).toEqual([
      fault("early", [5, 0], { rank: [4, 9] }),
      fault("late", [5, 0]),
      fault("both", [6, 2], { combinations: 7 }),
      fault("both", [9, 9], { ofLinux: true }),
    ]);
  });

  it("show a kind of fault at full size by the smallest case that does", () => {
    const kept = (faults: readonly ExhaustiveFault[]) =>
      mergeExhaustive(faults.map((one, i) => withFaults(i + 1, faults.length, [one]))).strategies[0]!.faults;
    const bare = (rank: [number, number]) => fault("kind", rank);
    const shown = (rank: [number, number]) => fault("kind", rank, { scenario: { name: rank.join(".") } });
    const of = (small: ExhaustiveFault, { scenario, finding }: ExhaustiveFault) => [
      { ...small, scenario, finding, combinations: 2 },
    ];
    expect(kept([bare([1, 0]), shown([2, 0])])).toEqual(of(bare([1, 0]), shown([2, 0])));
    expect(kept([shown([2, 0]), bare([1, 0])])).toEqual(of(bare([1, 0]), shown([2, 0])));
    expect(kept([shown([1, 0]), shown([2, 0])])).toEqual(of(shown([1, 0]), shown([1, 0])));
    expect(kept([shown([2, 0]), shown([1, 0])])).toEqual(of(shown([1, 0]), shown([1, 0])));
    expect(kept([bare([1, 0]), bare([2, 0])])).toEqual(of(bare([1, 0]), bare([1, 0])));
    expect(kept([bare([2, 0]), bare([1, 0])])).toEqual(of(bare([1, 0]), bare([1, 0])));
    expect(kept([shown([3, 0]), bare([1, 0]), shown([2, 0])])[0]).toMatchObject({
      rank: [1, 0],
      combinations: 3,
      scenario: { name: "3.0" },
    });
  });

  it.each<[what: string, shares: Parameters<typeof mergeExhaustive>[0], message: string]>([
    ["none are given", [], "merge: no shares of an exhaustive search; expected all of them"],
    ["one is missing", [share(2, 2)], "merge: shard 1 of 2 is missing; expected all"],
    ["several are missing", [share(2, 4), share(4, 4)], "merge: shard 1, 3 of 4 is missing; expected all"],
    [
      "one is given twice",
      [share(1, 2), share(2, 2), { ...share(2, 2), path: "again.json" }],
      "again.json: is shard 2 of 2, as part-2.json is; expected each shard once",
    ],
    [
      "the whole is given twice",
      [whole(), whole()],
      "part-1.json: is shard 1 of 1, as part-1.json is; expected each shard once",
    ],
    [
      "one was interrupted",
      [share(1, 2), share(2, 2, { partial: true })],
      "part-2.json: was interrupted; expected a share that was searched to its end",
    ],
    ...(
      [
        [{ modelVersion: 4 }, "model version 4"],
        [{ mmu: "other" }, "MMU other"],
        [{ bound: "large" }, "bound large"],
        [{ text: "less" }, "bound small"],
        [{ shard: { index: 2, count: 3 } }, "the number of shards, 3,"],
        [{ shard: null }, "the number of shards, 1,"],
        [
          { strategies: [...share(1, 2).result.strategies, { ...share(1, 2).result.strategies[0]!, strategy: "b" }] },
          "the list of strategies (a, b)",
        ],
      ] satisfies [Partial<ExhaustiveResult>, string][]
    ).map(([more, what]): [string, Parameters<typeof mergeExhaustive>[0], string] => [
      `one has another: ${what}`,
      [share(1, 2), share(2, 2, more)],
      `part-2.json: ${what} is not that of part-1.json; expected shares of one search`,
    ]),
  ])("are refused where %s", (_, shares, message) => {
    expect(() => mergeExhaustive(shares)).toThrow(new UserError(message));
  });

  it("are told from other files by their kind", () => {
    expect(isExhaustiveResult(share(1, 2).result)).toBe(true);
    for (const other of [null, undefined, 3, "s2split-exhaustive", {}, { kind: "s2split-result" }]) {
      expect(isExhaustiveResult(other)).toBe(false);
    }
  });
});
