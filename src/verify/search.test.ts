import { describe, expect, it, onTestFinished, vi } from "vitest";
import { UserError } from "../errors.js";
import { adoptArm64Strategy } from "../mmu/arm64/adopt.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Arm64Scenario } from "../mmu/arm64/scenario.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import type { Case, FastCheck, Mmu, RunOutcome, Strategy } from "../mmu/contract.js";
import { times } from "../testing/nightly.js";
import { toy, toyCase, toyMmu } from "../testing/toyMmu.js";
import { faultOf, searchLayouts } from "./search.js";

const mmu: Mmu = arm64;

describe("searching random layouts from seed 1", () => {
  const found = searchLayouts({ mmu, strategies, layouts: times(100, 500), seed: 1 });

  it("finds exactly the strategies that are known to be wrong", async () => {
    const wrong = (await found).strategies.filter(({ failing }) => failing > 0).map(({ strategy }) => strategy.id);
    expect(wrong).toEqual(["skip-return-rfc", "skip-new-table-naive"]);
    expect((await found).stopped).toBe(false);
  });

  it("finds every known fault, each by code and cause", async () => {
    const of = async (id: string) =>
      (await found).faults.filter(({ strategy }) => strategy.id === id).map(({ finding }) => faultOf(finding));
    expect(await of("skip-return-rfc")).toEqual(
      expect.arrayContaining(["unsplit-block/passed-over", "tlbi-wrong-ipa", "unsplit-block/left-in-new-table"]),
    );
    expect(await of("skip-new-table-naive")).toEqual(["unsplit-block/left-in-new-table"]);
  });

  it("shrinks each to a layout of at most two segments that still shows it", async () => {
    for (const { strategy, finding, scenario } of (await found).faults) {
      const { memslots } = scenario as Arm64Scenario;
      expect(memslots.flatMap(({ segments }) => segments).length).toBeLessThanOrEqual(2);
      const again = mmu.parse(scenario, "shrunk").run(strategy, { strict: true, digest: false });
      expect(again.findings.map(faultOf)).toContain(faultOf(finding));
    }
  });
});

it("a search is the same for the same seed", async () => {
  const once = () => searchLayouts({ mmu, strategies: strategies.slice(0, 3), layouts: times(15, 60), seed: 9 });
  expect(JSON.stringify(await once())).toBe(JSON.stringify(await once()));
});

it("a search that is stopped says so, and how far it came", async () => {
  const { stopped, layouts } = await searchLayouts({ mmu, strategies, layouts: 1e6, seed: 1, stopped: () => true });
  expect(stopped).toBe(true);
  expect(layouts).toBeLessThan(1e6);
});

it("what a custom strategy throws ends the search, and is not taken for a fault to shrink", async () => {
  const throws = adoptArm64Strategy(
    {
      id: "throws",
      enter: () => {
        throw new RangeError("oh no");
      },
    },
    "./throws.mjs",
  );
  await expect(searchLayouts({ mmu, strategies: [throws], layouts: 50, seed: 1 })).rejects.toThrow(
    'strategy "throws" (./throws.mjs): its enter() threw RangeError: oh no',
  );
});

it("an MMU without random layouts is refused", async () => {
  const { random: _, ...without } = mmu;
  await expect(searchLayouts({ mmu: without, strategies, layouts: 1, seed: 1 })).rejects.toThrow(
    new UserError(`--random: ${mmu.title} has no random layouts; expected --scenario FILE`),
  );
});

it("a note is told of the strategies that have it, and of no other", async () => {
  const plain = (await toy.load()) as unknown as Mmu;
  const noted = { code: "toy-left", count: 1, data: { entry: 0 } };
  const parse = (value: unknown, input: string): Case => {
    const bound = plain.parse(value, input);
    return {
      ...bound,
      run: (strategy, given) => {
        const outcome = bound.run(strategy, given);
        return strategy.id === "every-other" ? { ...outcome, notes: [noted] } : outcome;
      },
    };
  };
  const noting = { ...plain, parse } as Mmu;
  const { notes } = await searchLayouts({ mmu: noting, strategies: plain.strategies, layouts: 20, seed: 1 });
  expect(notes.map(({ strategies: having }) => having)).toEqual([["every-other"]]);
});

describe("a search", () => {
  const [each, everyOther] = toyMmu.strategies as readonly Strategy[] as [Strategy, Strategy];
  const own = { ...everyOther, id: "own", source: "./own.mjs" };
  const big = (cause?: unknown) => ({ code: "big", count: 1, data: cause === undefined ? {} : ({ cause } as never) });

  /** An MMU whose layouts are numbers below 1000, and what strategies have on each. */
  function numbers(outcome: (n: number, strategy: Strategy) => Partial<RunOutcome>, more: Partial<Case> = {}): Mmu {
    const parse = (n: number) =>
      toyCase({
        scenario: { name: String(n) },
        run: (strategy) => ({ initial: {}, counts: { final: { left: 0 } }, findings: [], ...outcome(n, strategy) }),
        ...more,
      });
    return { ...toyMmu, random: (fc: FastCheck) => fc.nat(999), parse } as unknown as Mmu;
  }

  /** A clock that this moves. */
  function clockAt0(): (ms: number) => void {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    return (ms) => {
      now += ms;
    };
  }

  it("tells of each fault of each strategy how often, where first, and the simplest layout", async () => {
    const seen: number[] = [];
    let shrinking = false;
    const of = (n: number, { id }: Strategy) => {
      if (id === "each") return {};
      if (id === "every-other" && !shrinking) seen.push(n);
      if (id === "own") return { findings: n >= 300 ? [big()] : [] };
      // Twice on a layout is one layout.
      const far = n >= 500 ? [big("far"), big("far")] : [];
      return { findings: n >= 100 ? [big("near"), big(3), ...far] : [] };
    };
    const usual = { applies: ({ id }: Strategy) => id !== "none" };
    const result = await searchLayouts({
      mmu: numbers(of, usual),
      strategies: [own, each, { ...each, id: "none" }, everyOther],
      layouts: 40,
      seed: 3,
      progress: (_, what) => {
        shrinking ||= what.startsWith("shrinking");
      },
    });
    expect(seen).toHaveLength(40);
    const found = (strategy: Strategy, finding: object, simplest: number, shows: (n: number) => boolean) => ({
      strategy,
      finding,
      layouts: seen.filter(shows).length,
      firstLayout: seen.findIndex(shows),
      scenario: { name: String(simplest) },
      shrinks: expect.any(Number),
    });
    const from = (least: number) => (n: number) => n >= least;
    expect(result.faults).toEqual([
      found(own, big(), 300, from(300)),
      found(everyOther, big("near"), 100, from(100)),
      found(everyOther, big(3), 100, from(100)),
      found(everyOther, big("far"), 500, from(500)),
    ]);
    for (const { shrinks } of result.faults) expect(shrinks).toBeGreaterThan(0);
    expect({ ...result, faults: [] }).toEqual({
      mmu: result.mmu,
      layouts: 40,
      seed: 3,
      strategies: [
        { strategy: own, layouts: 40, failing: seen.filter(from(300)).length },
        { strategy: each, layouts: 40, failing: 0 },
        { strategy: { ...each, id: "none" }, layouts: 0, failing: 0 },
        { strategy: everyOther, layouts: 40, failing: seen.filter(from(100)).length },
      ],
      faults: [],
      notes: [],
      stopped: false,
    });
  });

  it("tells each note once, as the first strategy that has it shows it, in the order of strategies", async () => {
    const note = (code: string) => ({ code, count: 1, data: {} });
    const of = (n: number, { id }: Strategy) => {
      if (id === "each") return { notes: n >= 50 ? [note("b")] : [] };
      return id === "own" ? { notes: n >= 20 ? [note("a"), note("b")] : [] } : {};
    };
    const { notes, faults } = await searchLayouts({
      mmu: numbers(of),
      strategies: [everyOther, each, own],
      layouts: 40,
      seed: 3,
    });
    expect(faults).toEqual([]);
    expect(
      notes.map(({ strategy, strategies, finding, scenario }) => [strategy, strategies, finding, scenario.name]),
    ).toEqual([
      [each, ["each", "own"], note("b"), "50"],
      [own, ["own"], note("a"), "20"],
    ]);
  });

  it("gives others a turn after more than fifty milliseconds, and tells how far it is", async () => {
    const tick = clockAt0();
    const told: [share: number, what: string][] = [];
    const mmu = numbers((n) => {
      tick(25);
      return n < 0 ? { findings: [big()] } : {};
    });
    const progress = (...now: [number, string]) => void told.push(now);
    await searchLayouts({ mmu, strategies: [each], layouts: 8, seed: 1, progress });
    expect(told).toEqual([
      [3 / 8, "layout 3"],
      [6 / 8, "layout 6"],
    ]);
  });

  it("is stopped in such a turn, and is whole where that was the last", async () => {
    const tick = clockAt0();
    const mmu = numbers(() => {
      tick(25);
      return {};
    });
    let stopped = false;
    setImmediate(() => {
      stopped = true;
    });
    const parse = vi.spyOn(mmu, "parse");
    const call = { mmu, strategies: [each], seed: 1, stopped: () => stopped };
    expect(await searchLayouts({ ...call, layouts: 9 })).toMatchObject({ layouts: 3, stopped: true });
    // The fourth layout is made, and not tried.
    expect(parse.mock.calls.map(([, input]) => input)).toEqual(Array(4).fill("random layout"));
    expect(await searchLayouts({ ...call, layouts: 1 })).toMatchObject({ layouts: 1, stopped: false });
  });

  it("says before it shrinks a fault whose it is, and lets others see that", async () => {
    const log: string[] = [];
    let shrinking = false;
    const mmu = numbers((n) => {
      if (shrinking && log.at(-1) !== "shrinks") log.push("shrinks");
      return { findings: n >= 10 ? [big()] : [] };
    });
    const progress = (share: number, what: string) => {
      if (!what.startsWith("shrinking")) return;
      shrinking = true;
      log.push(`${share} ${what}`);
      setImmediate(() => log.push("seen"));
    };
    await searchLayouts({ mmu, strategies: [everyOther], layouts: 5, seed: 1, progress });
    expect(log).toEqual(["1 shrinking: every-other", "seen", "shrinks"]);
  });

  it("ends with the first error, and tries no further layout", async () => {
    let runs = 0;
    const mmu = numbers(() => {
      runs++;
      throw new RangeError(`run ${runs}`);
    });
    const search = searchLayouts({ mmu, strategies: [everyOther], layouts: 20, seed: 1 });
    await expect(search).rejects.toThrow(new RangeError("run 1"));
    expect(runs).toBe(1);
  });

  /**
   * A search whose strategy has a fault from 100 up, and throws on smaller layouts while the fault
   * is shrunk.
   */
  function throwing(thrown: (n: number) => Error) {
    let shrinking = false;
    const mmu = numbers((n) => {
      if (shrinking && n < 200) throw thrown(n);
      return { findings: n >= 100 ? [big()] : [] };
    });
    const progress = (_: number, what: string) => {
      shrinking ||= what.startsWith("shrinking");
    };
    return searchLayouts({ mmu, strategies: [everyOther], layouts: 20, seed: 1, progress });
  }

  it("takes a layout on which a custom strategy throws for none that shows the fault", async () => {
    const { faults } = await throwing((n) => new UserError(`not ${n}`));
    expect(faults.map(({ scenario }) => scenario)).toEqual([{ name: "200" }]);
  });

  it("ends with the first other error that is thrown as it shrinks", async () => {
    const thrown: number[] = [];
    const error: unknown = await throwing((n) => {
      thrown.push(n);
      return new RangeError(`at ${n}`);
    }).catch((one) => one);
    expect(thrown.length).toBeGreaterThan(1);
    expect(error).toEqual(new RangeError(`at ${thrown[0]}`));
  });
});

it("a fault is a code with its cause, where that is a word", () => {
  expect(faultOf({ code: "a", count: 1, data: { cause: "b" } })).toBe("a/b");
  expect(faultOf({ code: "a", count: 1, data: { cause: 3 } })).toBe("a");
  expect(faultOf({ code: "a", count: 1, data: {} })).toBe("a");
});
