import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { times } from "../../testing/nightly.js";
import type { TraceEvent } from "../contract.js";
import { byLevel, countAt, newTally } from "../counters.js";
import { arm64 } from "./mmu.js";
import { randomLayouts } from "./random.js";
import type { Arm64Scenario } from "./scenario.js";
import { strategies } from "./strategies/index.js";

const byId = new Map(strategies.map((strategy) => [strategy.id, strategy]));

const words = arm64.traceWords!;
const walk = {
  entries: byLevel("entries", "entries told", "entries", "cost", "By level."),
  visits: byLevel("visits", "visits told", "calls", "cost", "By level."),
};
const TOLD = { split: walk, writeProtect: walk };

/** A step as `trace --json` prints it. */
type Printed = Readonly<Record<string, unknown>>;

function traced(scenario: Arm64Scenario, id: string, without: readonly string[] = []) {
  const events: Printed[] = [];
  const print = (event: TraceEvent) => events.push(words.json!(event));
  const outcome = arm64.parse(scenario, "test").trace!(byId.get(id)!, print, { without });
  return { events, outcome };
}

const giant: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "1G", size: "1G" }] }],
  dirtyLog: { mode: "enable", chunk: "1G" },
};

describe("a trace", () => {
  it.each(strategies.map(({ id }) => id))(
    "of %s tells as many entries and visits as the run counts, by level",
    (id) => {
      fc.assert(
        fc.property(randomLayouts(fc), (scenario) => {
          const bound = arm64.parse(scenario, "test");
          const told = newTally(TOLD, 4);
          const count = ({ event, phase, level, visited }: TraceEvent) => {
            if (event !== "entry") return;
            const walk = phase === "split" ? told.split : told.writeProtect;
            walk.entries[level as number]!++;
            if (visited === true) walk.visits[level as number]!++;
          };
          const outcome = bound.trace!(byId.get(id)!, count, { without: ["nested"] });
          expect(outcome).toEqual(bound.run(byId.get(id)!));
          for (const walk of ["split", "writeProtect"] as const) {
            const counted = (path: string) =>
              [0, 1, 2, 3].map((level) => Number(countAt(outcome.counts, `${walk}/${path}/${level}`) ?? 0));
            const invalid = counted("visits/invalid");
            expect([...told[walk].entries]).toEqual(counted("inspected"));
            expect([...told[walk].visits]).toEqual(counted("visits/valid").map((valid, i) => valid + invalid[i]!));
          }
        }),
        { numRuns: times(4, 12), seed: 3 },
      );
    },
  );

  it("tells the nested walk entry by entry, as many as are counted", () => {
    const { events, outcome } = traced(giant, "max-level", ["write-protect"]);
    for (const level of [2, 3]) {
      const nested = events.filter((event) => event.phase === "nested" && event.level === level).length;
      expect(nested).toBe(countAt(outcome.counts, `split/nested/inspected/${level}`));
    }
  });

  it("says of a 1G block with max-level what is still inspected after the split, and that none of it is visited", () => {
    const { events } = traced(giant, "max-level", ["write-protect", "nested"]);
    expect(events.slice(0, 3)).toMatchObject([
      { event: "walk", start: "0x40000000", end: "0x80000000", toppedUp: true, cached: 513 },
      {
        event: "entry",
        level: 1,
        kind: "block",
        size: "1G",
        outputAddress: "0x8040000000",
        permissions: "r-x",
        descriptor: "0x000000804000077d",
        visited: true,
        did: "split into pages",
        step: "enter",
        reason: "table",
      },
      { event: "break", level: 1, ipa: "0x40000000", tlbi: "0x40000000", wrong: false },
    ]);
    const after = events.slice(3);
    expect(after).toHaveLength(512);
    expect(
      new Set(
        after.map(({ level, visited, reason, inNewTable }) => JSON.stringify([level, visited, reason, inNewTable])),
      ),
    ).toEqual(new Set([JSON.stringify([2, false, "max-level", true])]));
  });

  it.each([
    ["page-block-flags", "pages-not-asked"],
    ["skip-level", "skip-level"],
    ["max-level", "max-level"],
  ])("gives the reason why %s does not enter a table of pages: %s", (id, reason) => {
    const pages = { ...giant, memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "2M" }] }] };
    const table = traced(pages, id).events.find((event) => event.phase === "split" && event.level === 2);
    expect(table).toMatchObject({ kind: "table", visited: false, step: "not-entered", reason });
  });

  it("gives the reason of split-mark and of the strategies that look at new tables", () => {
    const pages = { ...giant, memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "2M" }] }] };
    const split = (scenario: Arm64Scenario, id: string) =>
      traced(scenario, id, ["nested"]).events.filter(({ phase }) => phase === "split");
    expect(split(pages, "split-mark").at(-1)).toMatchObject({ level: 1, marked: true, reason: "marked" });
    expect(split(giant, "skip-new-table")[1]).toMatchObject({ level: 1, reason: "new-table" });
    expect(split(giant, "skip-return")[1]).toMatchObject({ level: 1, step: "skip-children", reason: "visitor-skips" });
  });

  it("shows where the posted RFC reads on after having left a table, and its TLBI to a wrong IPA", () => {
    const fault = { ...giant, memslots: [{ base: "0x401fe000", segments: [{ map: "2M", size: "2060K" }] }] };
    const { events } = traced(fault, "skip-return-rfc", ["write-protect", "nested"]);
    expect(
      events.filter(({ outside }) => outside === true).map(({ level, index, addr }) => [level, index, addr]),
    ).toEqual([
      [3, 511, "0x40200000"],
      [2, 1, "0x40400000"],
    ]);
    expect(events.find(({ event }) => event === "break")).toMatchObject({
      ipa: "0x40200000",
      tlbi: "0x40400000",
      wrong: true,
    });
  });

  it("tells of a guest kept region by region what the kernel does: a slot is write-protected whole, then split", () => {
    const slot = (base: string) => ({ base, segments: [{ map: "1G", size: "9G" }] });
    const large = { ...giant, memslots: [slot("0x40000000"), slot("0x4000000000")] };
    const { events, outcome } = traced(large, "skip-new-table", ["nested"]);
    const entries = events.filter(({ event }) => event === "entry");
    const turns = entries.filter(({ phase }, i) => phase !== entries[i - 1]?.phase);
    expect(turns.map(({ phase, ipa }) => [phase, ipa])).toEqual([
      ["write-protect", "0x40000000"],
      ["split", "0x40000000"],
      ["write-protect", "0x4000000000"],
      ["split", "0x4000000000"],
    ]);
    expect(entries).toHaveLength(4 * 9);
    expect(outcome).toEqual(arm64.parse(large, "").run(byId.get("skip-new-table")!));
    // The limit is for both trees that are told of.
    const few: Printed[] = [];
    const options = { without: ["nested"], limit: 20 };
    arm64.parse(large, "").trace!(byId.get("skip-new-table")!, (event) => few.push(words.json!(event)), options);
    expect(few).toEqual(events.slice(0, 20));
  });

  it.each(strategies.map(({ id }) => id))("of %s knows which steps are told alike without their words", (id) => {
    let alike = 0;
    let unlike = 0;
    fc.assert(
      fc.property(randomLayouts(fc), (scenario) => {
        let last: TraceEvent | undefined;
        const compare = (event: TraceEvent) => {
          if (last?.phase === event.phase) {
            const same = words.sameFold!(last, event);
            expect(same).toBe(words.fold!(last) === words.fold!(event));
            if (same) alike++;
            else unlike++;
          }
          last = event;
        };
        arm64.parse(scenario, "test").trace!(byId.get(id)!, compare, { limit: 3000 });
      }),
      { numRuns: times(4, 10), seed: 4 },
    );
    expect(alike).toBeGreaterThan(times(50, 100));
    expect(unlike).toBeGreaterThan(times(50, 100));
  });

  it("stops telling at its limit, and runs on", () => {
    const events: TraceEvent[] = [];
    const outcome = arm64.parse(giant, "test").trace!(byId.get("baseline")!, (event) => events.push(event), {
      limit: 5,
    });
    expect(events).toHaveLength(5);
    expect(outcome.findings).toEqual([]);
  });
});
