import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.js";
import { type Choice, type Interleaved, searchOf } from "./interleave.js";
import { described, type Strategy } from "./strategy.js";

const STRATEGY: Strategy = described("toy", { id: "mine" }, "builtin");
const LOST: Finding = { code: "lost", count: 1, data: { cause: "written" } };
const STUCK: Finding = { code: "stuck", count: 1, data: {} };

/** Two actions at a first place and one at a second; what is found is for tests to say. */
class Toy implements Interleaved {
  readonly runs: string[] = [];
  readonly words: string;
  readonly actionWords = ["a", "b"];

  constructor(
    readonly id: string,
    private readonly findings: (schedule: string) => readonly Finding[],
  ) {
    this.words = `guest ${id}`;
  }

  run(schedule: readonly Choice[]): readonly Finding[] {
    const text = schedule.map(({ place, action }) => `${place}${this.actionWords[action]}`).join(" ");
    this.runs.push(text);
    return this.findings(text);
  }

  choices() {
    return [[0, 1], [1]];
  }

  tell(schedule: readonly Choice[]) {
    return schedule.map(({ place, action }) => ({ place, where: `at ${place}`, action: this.actionWords[action]! }));
  }
}

/** A search of guests, of which the one called "unused" is none of the strategy's. */
function searchedBy(actions: number, toys: readonly Toy[]) {
  const search = searchOf<Strategy, Toy>(
    actions,
    "toys",
    toys,
    ({ id }) => id,
    (_, toy) => (toy.id === "unused" ? null : toy),
  );
  const check = search.check(STRATEGY);
  for (let unit = 0; unit < search.units; unit++) check.unit(unit);
  return { search, check };
}

describe("a search through interleavings", () => {
  it("tries no action, then each at each place, and each other at the same place or behind it", () => {
    const toy = new Toy("one", () => []);
    const { search, check } = searchedBy(2, [toy]);
    expect(toy.runs).toEqual(["", "0a", "0a 0a", "0a 0b", "0a 1b", "0b", "0b 0a", "0b 0b", "0b 1b", "1b", "1b 1b"]);
    expect([check.runs, check.failing, check.faults()]).toEqual([11, 0, []]);
    expect([search.text, search.units, search.unitIds]).toEqual(["toys", 1, ["one"]]);
    expect(search.subject(STRATEGY, 0)).toBe(toy);
  });

  it("tries as many actions as are asked for, none with 0", () => {
    const [none, one] = [new Toy("none", () => []), new Toy("one", () => [])];
    searchedBy(0, [none]);
    searchedBy(1, [one]);
    expect([none.runs, one.runs]).toEqual([[""], ["", "0a", "0b", "1b"]]);
  });

  it("adds nothing to a schedule that fails, and keeps of each kind the one with the fewest actions", () => {
    const one = new Toy("one", (text) =>
      text === "0a 1b" ? [LOST] : text === "0b" ? [STUCK, { ...LOST, count: 2 }, { ...STUCK, count: 9 }] : [],
    );
    const unused = new Toy("unused", () => [STUCK]);
    const two = new Toy("two", (text) => (text === "" ? [STUCK] : []));
    const { check } = searchedBy(2, [one, unused, two]);
    expect(one.runs).toEqual(["", "0a", "0a 0a", "0a 0b", "0a 1b", "0b", "1b", "1b 1b"]);
    expect([unused.runs, two.runs]).toEqual([[], [""]]);
    expect([check.runs, check.failing]).toEqual([9, 3]);
    const lost = {
      kind: "lost/written",
      finding: { ...LOST, count: 2 },
      runs: 2,
      units: [0],
      unit: "one",
      guest: "guest one",
      schedule: [{ place: 0, where: "at 0", action: "b" }],
    };
    const stuck = {
      kind: "stuck",
      finding: STUCK,
      runs: 2,
      units: [0, 2],
      unit: "two",
      guest: "guest two",
      schedule: [],
    };
    expect(check.faults()).toEqual([lost, stuck]);
    expect(check.faults((kind) => kind === "stuck")).toEqual([stuck]);
    expect(check.faults((_, unit) => unit === 0)).toEqual([
      lost,
      { ...stuck, runs: 1, units: [0], unit: "one", guest: "guest one", schedule: lost.schedule },
    ]);
    expect(check.faults((_, unit) => unit === 1)).toEqual([]);
  });

  it("keeps the first of schedules that are equally short", () => {
    const toy = new Toy("one", (text) => (text === "0a" ? [LOST] : text === "1b" ? [{ ...LOST, count: 5 }] : []));
    expect(searchedBy(1, [toy]).check.faults()).toMatchObject([
      { runs: 2, finding: LOST, schedule: [{ action: "a" }] },
    ]);
  });
});
