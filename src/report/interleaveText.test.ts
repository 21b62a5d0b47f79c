import { expect, it } from "vitest";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Mmu } from "../mmu/contract.js";
import type { InterleaveFault } from "../mmu/interleave.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import type { InterleaveResult, InterleaveVerdict } from "../verify/interleave.js";
import { interleavePage } from "./html/boundedPage.js";
import { interleaveConclusion, interleaveText, scheduleText } from "./interleaveText.js";

const mmu = arm64 as unknown as Mmu;
const own: InterleaveFault = {
  kind: "unsplit-block/raced",
  finding: { code: "unsplit-block", count: 1, data: { ipa: "0x40200000", level: 2, bytes: 2097152 } },
  runs: 1,
  units: [3],
  unit: "guest-3",
  guest: "two blocks, split eagerly",
  schedule: [
    { place: 2, where: "before the second block", action: "a vCPU writes" },
    { place: 5, where: "at the end", action: "a vCPU reads" },
  ],
} as unknown as InterleaveFault;
const ofLinux = { ...own, kind: "left-locked", runs: 1200, schedule: [] } as InterleaveFault;
const verdict = (strategy: string, more: Partial<InterleaveVerdict> = {}): InterleaveVerdict => ({
  strategy,
  source: "builtin",
  runs: 4321,
  failing: 0,
  faults: [],
  kernelFaults: [],
  ...more,
});
const result: InterleaveResult = {
  schemaVersion: 1,
  kind: "s2split-interleave",
  modelVersion: 1,
  mmu: "arm64",
  actions: 2,
  dirtyTracking: "hardware",
  text: "20 guests",
  units: 2000,
  unitsTried: 1500,
  partial: true,
  strategies: [
    verdict("baseline", { failing: 1200, kernelFaults: [ofLinux] }),
    verdict("racy", { failing: 1201, faults: [own], kernelFaults: [ofLinux] }),
    verdict("sound"),
  ],
};

it("a search of schedules is told by strategy, then by fault, those of Linux once and last", () => {
  expect(
    marked(interleaveText(result, mmu, colourStyle())),
  ).toBe(`<bold>KVM/arm64 stage-2: against a guest that moves, up to 2 actions, dirty tracking by hardware</>
  20 guests.
<yellow>  interrupted after 1,500 of 2,000 guests and what is done to them</>

  <green>right</>  baseline  right in 4,321 runs but for what comes with Linux, in 1,200
  <red>WRONG</>  racy      wrong in 1,201 of 4,321 runs
  <green>right</>  sound     right in all 4,321 runs

1. <bold>racy</>: 1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2
   unsplit-block/raced, in 1 run; the smallest schedule:
   two blocks, split eagerly
   1. before the second block: a vCPU writes
   2. at the end: a vCPU reads

<bold>Linux itself</>, under 2 strategies: 1 block (2M) in a range that was to be split is still mapped as a block, the first at
  IPA 0x40200000, level 2
   left-locked, in 1,200 runs; the smallest schedule:
   two blocks, split eagerly
   with nobody else acting`);
});

it("one action is one, all of it is not called interrupted, and a fault of Linux under one strategy names no number", () => {
  const whole = { ...result, actions: 1, dirtyTracking: "faults", partial: false, unitsTried: 2000 };
  const [first] = result.strategies;
  expect(
    marked(interleaveText({ ...whole, strategies: [first!] }, mmu, colourStyle())),
  ).toBe(`<bold>KVM/arm64 stage-2: against a guest that moves, up to 1 action</>
  20 guests.

  <green>right</>  baseline  right in 4,321 runs but for what comes with Linux, in 1,200

<bold>Linux itself</>: 1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000,
  level 2
   left-locked, in 1,200 runs; the smallest schedule:
   two blocks, split eagerly
   with nobody else acting`);
});

it("faults are numbered through, over all strategies", () => {
  const strategies = [verdict("a", { failing: 1, faults: [own, own] }), verdict("b", { failing: 1, faults: [own] })];
  const text = interleaveText({ ...result, strategies }, mmu, { ...colourStyle(), columns: 120 });
  expect(marked(text).match(/^\d\. <bold>\w/gm)).toEqual(["1. <bold>a", "2. <bold>a", "3. <bold>b"]);
});

it("the last line claims no more than the bound", () => {
  expect(interleaveConclusion([], 1, false)).toBe("1 strategy checked, all right within the bound");
  expect(interleaveConclusion([], 2, true)).toBe("2 strategies checked, nothing wrong so far");
  expect(interleaveConclusion(["a", "b"], 2, true)).toBe("2 strategies checked, wrong: a, b");
});

it("a counterexample is a file that names its strategy, guest, schedule and finding", () => {
  expect(scheduleText("racy", own, result, mmu)).toBe(`{
  "schemaVersion": 1,
  "kind": "s2split-interleaving",
  "mmu": "arm64",
  "strategy": "racy",
  "name": "racy-unsplit-block-raced",
  "dirtyTracking": "hardware",
  "description": "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
  "unit": "guest-3",
  "guest": "two blocks, split eagerly",
  "schedule": [
    { "place": 2, "where": "before the second block", "action": "a vCPU writes" },
    { "place": 5, "where": "at the end", "action": "a vCPU reads" }
  ],
  "finding": {
    "code": "unsplit-block",
    "count": 1,
    "data": { "ipa": "0x40200000", "level": 2, "bytes": 2097152 }
  }
}
`);
});

it("the page of a search of schedules has a tally, each strategy's faults, and those of Linux once", () => {
  expect(interleavePage(result, mmu)).toEqual({
    title: "Against a guest that moves, up to 2 actions",
    lead: "20 guests.",
    facts: [
      { name: "MMU", value: "KVM/arm64 stage-2" },
      { name: "dirty tracking", value: "hardware" },
    ],
    groups: [
      {
        title: "KVM/arm64 stage-2",
        sections: [
          {
            title: "runs, all and wrong",
            unit: "runs",
            kind: "exact",
            see: "A strategy with any that go wrong is wrong, but for what comes with Linux.",
            open: true,
            table: {
              columns: [
                { heading: "strategy", figure: false },
                { heading: "runs", figure: true },
                { heading: "wrong", figure: true },
                { heading: "verdict", figure: false },
              ],
              rows: [
                ["baseline", 4321, 1200, "right within the bound"],
                ["racy", 4321, 1201, "WRONG"],
                ["sound", 4321, 0, "right within the bound"],
              ],
            },
          },
        ],
      },
      {
        title: "racy: unsplit-block/raced",
        lead: "In 1 runs. The smallest schedule: two blocks, split eagerly. 1. before the second block: a vCPU writes; 2. at the end: a vCPU reads.",
        alarms: [
          "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
        ],
        sections: [
          {
            title: "The smallest",
            unit: "a file",
            kind: "exact",
            see: "Saved in a file, s2split trace --scenario FILE tells it step by step.",
            listing: `{
  "schemaVersion": 1,
  "kind": "s2split-interleaving",
  "mmu": "arm64",
  "strategy": "racy",
  "name": "racy-unsplit-block-raced",
  "dirtyTracking": "hardware",
  "description": "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
  "unit": "guest-3",
  "guest": "two blocks, split eagerly",
  "schedule": [
    { "place": 2, "where": "before the second block", "action": "a vCPU writes" },
    { "place": 5, "where": "at the end", "action": "a vCPU reads" }
  ],
  "finding": {
    "code": "unsplit-block",
    "count": 1,
    "data": { "ipa": "0x40200000", "level": 2, "bytes": 2097152 }
  }
}
`,
          },
        ],
      },
      {
        title: "Linux itself: left-locked",
        lead: "In 1200 runs. The smallest schedule: two blocks, split eagerly. With nobody else acting.",
        alarms: [
          "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
        ],
        sections: [
          {
            title: "The smallest",
            unit: "a file",
            kind: "exact",
            see: "Saved in a file, s2split trace --scenario FILE tells it step by step.",
            listing: `{
  "schemaVersion": 1,
  "kind": "s2split-interleaving",
  "mmu": "arm64",
  "strategy": "baseline",
  "name": "baseline-left-locked",
  "dirtyTracking": "hardware",
  "description": "1 block (2M) in a range that was to be split is still mapped as a block, the first at IPA 0x40200000, level 2",
  "unit": "guest-3",
  "guest": "two blocks, split eagerly",
  "schedule": [],
  "finding": {
    "code": "unsplit-block",
    "count": 1,
    "data": { "ipa": "0x40200000", "level": 2, "bytes": 2097152 }
  }
}
`,
          },
        ],
      },
    ],
    notes: ["Exact within the bound, and nothing is claimed beyond it: every case of it was tried."],
  });
});
