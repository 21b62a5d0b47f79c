import { describe, expect, it } from "vitest";
import type { Mmu } from "./contract.js";
import type { Finding } from "./finding.js";
import type { Choice, Interleaved, InterleaveOptions } from "./interleave.js";
import { interleavingCase } from "./savedInterleaving.js";
import { described } from "./strategy.js";

const MINE = described("toy", { id: "mine" }, "builtin");
const LOST: Finding = { code: "lost", count: 1, data: {} };

/** Two places; what happens at the second is open to "reads" alone. */
class Toy implements Interleaved {
  readonly id = "guest/enable";
  readonly words = "a guest";
  readonly actionWords = ["a vCPU writes", "a vCPU reads"];
  readonly runs: (readonly Choice[])[] = [];
  run(schedule: readonly Choice[]): readonly Finding[] {
    this.runs.push([...schedule]);
    return schedule.length === 2 ? [LOST] : [];
  }
  choices() {
    return [[0, 1], [1]];
  }
  tell(schedule: readonly Choice[]) {
    return schedule.map(({ place, action }) => ({
      place,
      where: ["before", "behind"][place]!,
      action: this.actionWords[action]!,
    }));
  }
}

function toyMmu() {
  const toy = new Toy();
  const asked: unknown[] = [];
  const interleave = (options: InterleaveOptions) => {
    asked.push(options);
    return {
      text: "toys",
      units: 2,
      unitIds: ["other/unit", toy.id],
      check: () => {
        throw new Error("nothing is searched");
      },
      subject: (strategy: { readonly id: string }, unit: number, sink?: unknown) => {
        asked.push([strategy.id, unit, sink]);
        return strategy.id === "unused" ? null : toy;
      },
    };
  };
  return { mmu: { id: "toy", interleave } as unknown as Mmu, toy, asked };
}

const SAVED = {
  schemaVersion: 1,
  kind: "s2split-interleaving",
  mmu: "toy",
  strategy: "mine",
  dirtyTracking: "hardware",
  unit: "guest/enable",
  schedule: [
    { place: 0, where: "before", action: "a vCPU writes" },
    { place: 1, where: "behind", action: "a vCPU reads" },
  ],
};

function running(changes: object) {
  return () => interleavingCase(toyMmu().mmu, { ...SAVED, ...changes }, "f.json").run(MINE);
}

const step = (changes: object, at = 0) => ({
  schedule: SAVED.schedule.map((one, i) => (i === at ? { ...one, ...changes } : one)),
});

describe("a saved schedule", () => {
  it("is a case that runs by it, with as many actions as any search has", () => {
    const { mmu, toy, asked } = toyMmu();
    const bound = interleavingCase(mmu, { ...SAVED, guest: "in words", finding: "too" }, "f.json");
    expect(bound).toMatchObject({
      mmu,
      workload: "interleave",
      variables: {},
      schedule: { strategy: "mine" },
      scenario: {
        schemaVersion: 1,
        kind: "s2split-interleaving",
        mmu: "toy",
        strategy: "mine",
        name: "mine",
        dirtyTracking: "hardware",
        unit: "guest/enable",
        schedule: SAVED.schedule,
      },
    });
    expect(asked).toEqual([{ actions: 3, dirtyTracking: "hardware" }]);
    expect(bound.run(MINE)).toEqual({ initial: {}, counts: {}, findings: [LOST] });
    expect(toy.runs.at(-1)).toEqual([
      { place: 0, action: 0 },
      { place: 1, action: 1 },
    ]);
    expect([bound.expectedWork(MINE), bound.applies(MINE)]).toEqual([1, true]);
    expect(bound.applies(described("toy", { id: "unused" }, "builtin"))).toBe(false);
    const sink = () => {};
    expect(bound.trace!(MINE, sink).findings).toEqual([LOST]);
    expect(asked).toContainEqual(["mine", 1, sink]);
  });

  it("may have a name and a description, and no action at all", () => {
    const { mmu, toy } = toyMmu();
    const bound = interleavingCase(
      mmu,
      { ...SAVED, name: "n".repeat(200), description: "why", schedule: [] },
      "f.json",
    );
    expect(bound.scenario).toMatchObject({ name: "n".repeat(200), description: "why" });
    expect([bound.run(MINE).findings, toy.runs]).toEqual([[], [[]]]);
  });

  it.each<[changes: object, message: string]>([
    [{ schemaVersion: 2 }, "f.json.schemaVersion: is 2; expected a whole number from 1 to 1"],
    [{ strategy: 1 }, "f.json.strategy: is a number; expected a string"],
    [{ name: "n".repeat(201) }, "f.json.name: has 201 characters; expected at most 200"],
    [{ dirtyTracking: "luck" }, 'f.json.dirtyTracking: is "luck"; expected one of faults, hardware'],
    [
      { unit: "guest/enabel" },
      'f.json.unit: "guest/enabel" is unknown; expected a guest of verify --interleave, as "guest/enable"',
    ],
    [{ unit: "x" }, 'f.json.unit: "x" is unknown; expected a guest of verify --interleave, as "other/unit"'],
    [{ unit: "u".repeat(4001) }, "f.json.unit: has 4001 characters; expected at most 4000"],
    [{ schedule: Array(4).fill(SAVED.schedule[0]) }, "f.json.schedule: has 4 elements; expected from 0 to 3"],
    [{ schedule: [3] }, "f.json.schedule[0]: is a number; expected an object"],
    [step({ place: -1 }), "f.json.schedule[0].place: is -1; expected a whole number from 0 to 1000000"],
    [step({ place: 2 }), "f.json.schedule[0].place: is 2; expected a place from 0 to 1 of the run under mine"],
    [
      { schedule: SAVED.schedule.toReversed() },
      "f.json.schedule[1].place: is 0; expected a place from 1 to 1 of the run under mine",
    ],
    [
      step({ action: "a vCPU writes" }, 1),
      'f.json.schedule[1].action: "a vCPU writes" cannot happen there; expected an action such as "a vCPU reads"',
    ],
    [
      step({ action: "the sun rises" }),
      'f.json.schedule[0].action: "the sun rises" cannot happen there; expected an action such as "a vCPU writes"',
    ],
    [step({ where: "there" }), 'f.json.schedule[0].where: under mine, place 0 is "before"; expected "there"'],
    [step({ extra: 1 }), "f.json.schedule[0]: field"],
  ])("is refused by the field that is wrong: %j", (changes, message) => {
    expect(running(changes)).toThrow(message);
  });

  it("is of an MMU that has interleavings", () => {
    expect(() => interleavingCase({ id: "toy" } as Mmu, SAVED, "f.json")).toThrow(
      "f.json.mmu: toy has no interleavings; expected another MMU",
    );
  });
});
