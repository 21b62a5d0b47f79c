import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { UserError } from "../errors.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Case, RunOutcome, Strategy } from "../mmu/contract.js";
import { toyCase, toyMmu } from "../testing/toyMmu.js";
import countCell from "./cellWorker.js";
import { type Cell, type CellReply, type CellTask, type MakePool, runCells, threadPool } from "./pool.js";

const [each, everyOther] = toyMmu.strategies as readonly Strategy[] as [Strategy, Strategy];
const own = toyMmu.adoptStrategy({ id: "own", mmu: "toy", step: 3 }, "own.mjs") as Strategy;
/** Entries from which a cell goes to a thread whatever `jobs` says. */
const LONG = 40_000_000;

const SCENARIO: object = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};

/** An outcome that is told from others by its number. */
const outcome = (n: number): RunOutcome => ({ initial: {}, counts: { n }, findings: [] });

/** A case whose runs write into a log where they happen, and how much work is expected of it. */
function logged(log: string[], name: string, work = 1): Case {
  const run = ({ id }: Strategy) => {
    log.push(`here ${name} ${id}`);
    return outcome(0);
  };
  return toyCase({ expectedWork: () => work, run }, { name });
}

/** A pool in this thread, which writes into the log and answers with what is given. */
function loggingPool(log: string[], reply: (task: CellTask) => CellReply = () => ({ outcome: outcome(1) })): MakePool {
  return async (threads) => {
    log.push(`${threads} threads`);
    return {
      run: async (task) => {
        log.push(`there ${task.scenario.name} ${task.strategyId}`);
        return reply(task);
      },
      destroy: async () => void log.push("ended"),
    };
  };
}

async function all(generator: AsyncGenerator<RunOutcome>, log: string[] = []): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  for await (const one of generator) {
    outcomes.push(one);
    log.push(`got ${outcomes.length}`);
  }
  return outcomes;
}

describe("cells are counted", () => {
  /**
   * Where the cells of a case of some work are counted under strategies, in the order in which it
   * happens.
   */
  async function order(strategies: readonly Strategy[], jobs: number, work = 1): Promise<string[]> {
    const log: string[] = [];
    const bound = logged(log, "a", work);
    const cells = strategies.map((strategy) => ({ bound, strategy }));
    await all(runCells(cells, jobs, {}, loggingPool(log)), log);
    return log;
  }

  it("here, one after the other, with one job", async () => {
    expect(await order([each, everyOther], 1)).toEqual(["here a each", "got 1", "here a every-other", "got 2"]);
  });

  it("in threads with several jobs, all begun before the first outcome is waited for", async () => {
    expect(await order([each, everyOther], 2)).toEqual([
      "2 threads",
      "there a each",
      "there a every-other",
      "got 1",
      "got 2",
      "ended",
    ]);
  });

  it("here with several jobs where only one cell could go to a thread", async () => {
    expect(await order([each, own], 2)).toEqual(["here a each", "got 1", "here a own", "got 2"]);
  });

  it("here under a custom strategy, when its turn comes", async () => {
    expect(await order([each, own, everyOther], 2)).toEqual([
      "2 threads",
      "there a each",
      "there a every-other",
      "got 1",
      "here a own",
      "got 2",
      "got 3",
      "ended",
    ]);
  });

  it("in no more threads than there are cells for them, nor than jobs", async () => {
    expect((await order([each, own, everyOther], 9))[0]).toBe("2 threads");
    expect((await order([each, everyOther, each], 2))[0]).toBe("2 threads");
  });

  it("in a thread with one job too where they are long, each when its turn comes", async () => {
    expect(await order([each, everyOther, own], 1, LONG + 1)).toEqual([
      "1 threads",
      "there a each",
      "got 1",
      "there a every-other",
      "got 2",
      "here a own",
      "got 3",
      "ended",
    ]);
    expect(await order([each], 1, LONG)).toEqual(["here a each", "got 1"]);
  });

  it("here where there are no threads", async () => {
    const log: string[] = [];
    const cells = [each, everyOther].map((strategy) => ({ bound: logged(log, "a", LONG + 1), strategy }));
    expect(await all(runCells(cells, 2, {}, async () => null))).toEqual([outcome(0), outcome(0)]);
    expect(log).toEqual(["here a each", "here a every-other"]);
  });

  it("alike by the threads that the program has, where it has any", async () => {
    const bound = arm64.parse(SCENARIO, "test");
    const cells = arm64.strategies.slice(0, 2).map((strategy) => ({ bound, strategy }));
    expect(await all(runCells(cells, 2))).toEqual(cells.map(({ strategy }) => bound.run(strategy)));
  });

  it("no more once nobody wants more outcomes", async () => {
    const log: string[] = [];
    const cells = [each, everyOther].map((strategy) => ({ bound: logged(log, "a"), strategy }));
    for await (const _ of runCells(cells, 2, {}, loggingPool(log))) break;
    expect(log.at(-1)).toBe("ended");
  });
});

describe("a thread", () => {
  it("is told the case, the strategy and how to run it, and cells of one case by one key", async () => {
    const tasks: CellTask[] = [];
    const [a, b] = [toyCase({}, { name: "a" }), toyCase({}, { name: "b" })];
    const cells: Cell[] = [
      { bound: a, strategy: each, run: { digest: true } },
      { bound: b, strategy: each },
      { bound: a, strategy: everyOther },
    ];
    const pool = loggingPool([], (task) => {
      tasks.push(task);
      return { outcome: outcome(tasks.length) };
    });
    expect(await all(runCells(cells, 2, {}, pool))).toEqual([outcome(1), outcome(2), outcome(3)]);
    expect(tasks.map(({ progress: _, caseKey: __, ...rest }) => rest)).toEqual([
      { mmu: "toy", strategyId: "each", scenario: a.scenario, run: { digest: true } },
      { mmu: "toy", strategyId: "each", scenario: b.scenario, run: undefined },
      { mmu: "toy", strategyId: "every-other", scenario: a.scenario, run: undefined },
    ]);
    const keys = tasks.map(({ caseKey }) => caseKey);
    expect(keys[2]).toBe(keys[0]);
    expect(keys[1]).not.toBe(keys[0]);
    // A case keeps its key from call to call, and no other gets it.
    await all(runCells([...cells, { bound: toyCase(), strategy: each }], 2, {}, pool));
    expect(tasks.slice(3, 6).map(({ caseKey }) => caseKey)).toEqual(keys);
    expect(keys).not.toContain(tasks[6]!.caseKey);
  });

  it("tells the share done of its cell for as long as it works on it", async () => {
    const told: [cell: number, share: number][] = [];
    const closed: Promise<unknown>[] = [];
    let heard: () => void = () => {};
    const onProgress = (cell: number, share: number) => {
      told.push([cell, share]);
      heard();
    };
    const pool: MakePool = async () => ({
      run: async ({ progress }, { transferList }) => {
        expect(transferList).toEqual([progress]);
        closed.push(once(progress, "close"));
        const hearing = new Promise<void>((resolve) => {
          heard = resolve;
        });
        progress.postMessage(0.5);
        await hearing;
        return { outcome: outcome(1) };
      },
      destroy: async () => {},
    });
    const cells = [each, everyOther].map((strategy) => ({
      bound: toyCase({ expectedWork: () => LONG + 1 }),
      strategy,
    }));
    await all(runCells(cells, 1, { onProgress }, pool));
    expect(told).toEqual([
      [0, 0.5],
      [1, 0.5],
    ]);
    await Promise.all(closed);
  });

  it("is ended by the signal, to which any number of cells may listen", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const { signal } = new AbortController();
    const given: unknown[] = [];
    const pool: MakePool = async () => ({
      run: async (_, how) => {
        given.push(how.signal);
        how.signal!.addEventListener("abort", () => {});
        return { outcome: outcome(1) };
      },
      destroy: async () => {},
    });
    const cells = Array.from({ length: 11 }, (): Cell => ({ bound: toyCase(), strategy: each }));
    await all(runCells(cells, 2, { signal }, pool));
    expect(given).toEqual(cells.map(() => signal));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("that dies is told of where its outcome would have been, and the others end", async () => {
    const log: string[] = [];
    const cells = [each, everyOther].map((strategy) => ({ bound: toyCase(), strategy }));
    const pool: MakePool = async (threads) => ({
      ...(await loggingPool(log)(threads))!,
      run: async ({ strategyId }) => {
        if (strategyId === "every-other") throw new Error("died");
        return { outcome: outcome(1) };
      },
    });
    const outcomes = runCells(cells, 2, {}, pool);
    expect(await outcomes.next()).toEqual({ done: false, value: outcome(1) });
    await expect(outcomes.next()).rejects.toThrow(new Error("died"));
    expect(log).toEqual(["2 threads", "ended"]);
  });

  it.each<[what: string, error: { name: string; message: string; stack: string | undefined }]>([
    ["a user's error as one", { name: "UserError", message: "a.json: wrong", stack: "there" }],
    ["another by its name and where it was thrown", { name: "RangeError", message: "too far", stack: "there" }],
    ["one without a place", { name: "Error", message: "oh", stack: undefined }],
  ])("tells %s", async (_, error) => {
    const cells = [each, everyOther].map((strategy) => ({ bound: toyCase(), strategy }));
    const thrown: unknown = await all(
      runCells(
        cells,
        2,
        {},
        loggingPool([], () => ({ error })),
      ),
    ).catch((one) => one);
    const { name, message, stack } = thrown as Error;
    const isUsers = error.name === "UserError";
    expect({ name, message, isUsers: thrown instanceof UserError }).toEqual({ ...error, stack: undefined, isUsers });
    if (!isUsers && error.stack !== undefined) expect(stack).toBe("there");
    else expect(stack).toContain("pool");
  });

  it("of the program's pool is made when it is needed and kept for a minute", async () => {
    const pool = await threadPool(3);
    expect(pool.options).toMatchObject({ minThreads: 0, maxThreads: 3, idleTimeout: 60_000 });
    expect(pool.options.filename).toMatch(/[\\/]bench[\\/]cellWorker\.js$/);
    await pool.destroy();
  });
});

describe("what a thread does with a task", () => {
  const shares: number[] = [];
  const task = (caseKey: string, change: Partial<CellTask> = {}): CellTask => ({
    mmu: "arm64",
    strategyId: "max-level",
    scenario: SCENARIO,
    caseKey,
    run: undefined,
    progress: { postMessage: (share: number) => shares.push(share) } as unknown as CellTask["progress"],
    ...change,
  });

  it("is to run the strategy on the case, as it was asked to", async () => {
    const bound = arm64.parse(SCENARIO, "test");
    const strategy = arm64.strategies.find(({ id }) => id === "max-level")!;
    const run = { digest: false, windowBytes: 2 ** 21 };
    expect(await countCell(task("run"))).toEqual({ outcome: bound.run(strategy) });
    expect(await countCell(task("run", { run }))).toEqual({ outcome: bound.run(strategy, run) });
    expect(shares.at(-1)).toBe(1);
  });

  it("is to bind the case once for cells that follow each other", async () => {
    const parse = vi.spyOn(arm64, "parse");
    for (const key of ["x", "x", "y", "x"]) await countCell(task(key));
    expect(parse.mock.calls).toEqual(Array(3).fill([SCENARIO, ""]));
    parse.mockRestore();
  });

  it("is to tell as data what is wrong", async () => {
    const broken = async (change: Partial<CellTask>) => {
      const reply = await countCell(task("broken", change));
      return "error" in reply ? [reply.error.name, reply.error.message, typeof reply.error.stack] : reply;
    };
    const unknown = await broken({ strategyId: "none" });
    expect(unknown).toEqual(["Error", 'arm64 has no built-in strategy "none"', "string"]);
    const bad = await broken({ scenario: { ...SCENARIO, granule: "5K" } as CellTask["scenario"] });
    expect(bad).toEqual(["UserError", '.granule: is "5K"; expected one of 4K, 16K, 64K', "string"]);
    const parse = vi.spyOn(arm64, "parse").mockImplementation(() => {
      throw "text";
    });
    expect(await broken({})).toEqual(["Error", "text", "string"]);
    parse.mockRestore();
  });
});
