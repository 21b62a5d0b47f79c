import { expect, it } from "vitest";
import type { RunResult, RunVerdict } from "../results/types.js";
import { colourStyle, marked } from "../testing/markedStyle.js";
import { runResult, toyMachine, unsplit } from "../testing/resultBuilder.js";
import { caseNotes, verdictCell, verdictNotes } from "./verdictMarks.js";
import { moreWords, resultSentence, resultWord, resultWords } from "./verdictWords.js";

const verdicts: readonly RunVerdict[] = [
  { code: "right" },
  { code: "idle", reason: "chunk 0" },
  { code: "unsearched", search: "s2split verify" },
  { code: "right-here", knownFaults: ["one", "two"] },
  { code: "wrong" },
];
const runs: readonly RunResult[] = [
  ...verdicts.map((verdict) =>
    runResult({ strategy: verdict.code, verdict, findings: verdict.code === "wrong" ? [unsplit] : [] }),
  ),
  { ...runResult({ strategy: "old", findings: [unsplit, unsplit] }), verdict: undefined },
  { ...runResult({ strategy: "older" }), verdict: undefined },
];

it("each verdict has its words, short, in a sentence, in one word and as a mark", () => {
  expect(runs.map((run) => [resultWords(run), resultSentence(run), marked(verdictCell(run, colourStyle()))])).toEqual([
    ["right", "right", "<green>right</>"],
    ["chunk 0", "chunk 0", "<dim>idle</>"],
    ["right here", "right here (s2split verify searches other layouts)", "<yellow>right here</>"],
    [
      "right here, wrong on other layouts",
      "right here, wrong on other layouts (one; two)",
      "<yellow>wrong elsewhere</>",
    ],
    ["511 blocks unsplit, first at 0x40200000", "511 blocks unsplit, first at 0x40200000", "<red>WRONG</>"],
    [
      "511 blocks unsplit, first at 0x40200000 (+1 more)",
      "511 blocks unsplit, first at 0x40200000 (+1 more)",
      "<red>WRONG</>",
    ],
    ["right here", "right here", "<yellow>right here</>"],
  ]);
  expect([...verdicts, null].map(resultWord)).toEqual([
    "right",
    "idle",
    "not searched",
    "right here",
    "WRONG",
    "no fault",
  ]);
  expect(verdicts.map(moreWords)).toEqual([
    undefined,
    undefined,
    "s2split verify searches other layouts",
    "one; two",
    undefined,
  ]);
});

it("cases and results say what their marks mean", () => {
  expect(caseNotes(runs, toyMachine, colourStyle()).map(marked)).toEqual([
    "",
    "idle: idle: chunk 0",
    "<red>WRONG: wrong: 511 blocks unsplit, first at 0x40200000</>",
    "<red>WRONG: old: 511 blocks unsplit, first at 0x40200000; 511 blocks unsplit, first at 0x40200000</>",
  ]);
  expect(caseNotes(runs.slice(0, 1), toyMachine, colourStyle())).toEqual([]);
  expect(verdictNotes(runs)).toEqual([
    "wrong elsewhere: right in this case, and known to be wrong in others:",
    "  right-here: one; two",
    "right here: bench searches no other layouts for faults of unsearched; this does:",
    "  s2split verify",
  ]);
  expect(verdictNotes(runs.slice(0, 2))).toEqual([]);
});
