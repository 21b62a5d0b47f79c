import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../mmu/contract.js";
import { styleFor } from "./style.js";
import { TraceFold } from "./traceFold.js";
import { besideText, TraceSummary, traceLines, traceText } from "./traceText.js";
import { fullWords } from "./traceWords.js";

const style = { ...styleFor(process, "never"), columns: Number.POSITIVE_INFINITY };

interface Toy extends TraceEvent {
  readonly at: number;
  readonly what: string;
}
const hex = (at: number) => `0x${at.toString(16)}`;
const words = fullWords({
  text: (e: Toy) => (e.event === "walk" ? `walk: ${hex(e.at)}` : `level ${e.level} [${e.at / 4096}] ${hex(e.at)} page`),
  fold: (e: Toy) => (e.event === "walk" ? "walk" : e.what),
  place: (e: Toy) => hex(e.at),
});

function entry(level: number, index: number, what = `level ${level} page`): Toy {
  return { event: "entry", phase: "split", level, at: index * 4096, what, visited: level === 3 };
}
const walk = (at: number): Toy => ({ event: "walk", phase: "split", at, what: "" });

function folded(events: readonly TraceEvent[]) {
  const fold = new TraceFold(words);
  for (const event of events) fold.add(event);
  return fold.nodes();
}

describe("folding a trace", () => {
  it("makes steps in a row that differ only in where they are one line", () => {
    expect(traceText(folded([walk(0x0), entry(3, 0), entry(3, 1), entry(3, 2)]), words, style)).toBe(
      "walk: 0x0\n  3 x level 3 page (0x0 to 0x2000)",
    );
  });

  it("keeps steps apart that differ otherwise", () => {
    expect(traceLines(folded([entry(3, 0), entry(2, 1), entry(3, 2)]), words).map(({ text }) => text)).toEqual([
      "level 3 [0] 0x0 page",
      "level 2 [1] 0x1000 page",
      "level 3 [2] 0x2000 page",
    ]);
  });

  it("makes lines that repeat a group, groups of groups too, and tells a group from its walk on", () => {
    const events: TraceEvent[] = [];
    for (const start of [0x0, 0x100000, 0x200000]) {
      events.push(walk(start));
      for (let table = 0; table < 4; table++) events.push(entry(2, table), entry(3, table), entry(3, table));
    }
    expect(traceText(folded([entry(1, 9), ...events]), words, style).split("\n")).toEqual([
      "  level 1 [9] 0x9000 page",
      "3 times, the first at 0x0, the last at 0x200000:",
      "  walk: 0x0",
      "    4 times, the first at 0x0, the last at 0x3000:",
      "      level 2 [0] 0x0 page",
      "      2 x level 3 page (0x0 to 0x0)",
    ]);
  });

  it("loses no step: what is folded adds up", () => {
    const events = Array.from({ length: 500 }, (_, i) => entry((i * 7) % 3 === 0 ? 2 : 3, i % 5));
    const count = (nodes: ReturnType<typeof folded>): number =>
      nodes.reduce((sum, node) => sum + node.count * (node.kind === "run" ? 1 : count(node.nodes)), 0);
    expect(count(folded(events))).toBe(500);
  });

  it("in the words of an MMU that has only texts, leaves out places and numbers", () => {
    const { fold, sameFold } = fullWords({ text: (e) => e.phase });
    const of = (phase: string): TraceEvent => ({ event: "loop", phase });
    expect(fold(of("level 1 [7] 0x7000 leaf"))).toBe("level .. .. .. leaf");
    expect(sameFold(of("level 1 [7] 0x7000 leaf"), of("level 1 [8] 0x8000 leaf"))).toBe(true);
    expect(sameFold(of("level 1 [7] leaf"), of("level 1 [7] table"))).toBe(false);
  });

  it("makes words for one step of a run, however long it is", () => {
    let made = 0;
    const counting = { ...words, fold: (e: TraceEvent) => words.fold(e).slice(0, ++made * 99), sameFold: () => true };
    const fold = new TraceFold(counting);
    for (let i = 0; i < 1000; i++) fold.add(entry(3, i));
    expect(fold.nodes()).toHaveLength(1);
    expect(made).toBe(1);
  });
});

it("two traces side by side have the same entry in the same row", () => {
  const left = folded([walk(0x0), entry(2, 0), entry(3, 1, "a"), entry(2, 5, "b")]);
  const right = folded([walk(0x0), entry(2, 0), entry(2, 5, "b")]);
  const rows = besideText({ title: "one", nodes: left }, { title: "other", nodes: right }, words, {
    ...style,
    columns: 90,
  });
  expect(rows.split("\n").map((row) => row.split("|").map((cell) => cell.trim()))).toEqual([
    ["one", "other"],
    ["walk: 0x0", "walk: 0x0"],
    ["level 2 [0] 0x0 page", "level 2 [0] 0x0 page"],
    ["level 3 [1] 0x1000 page", ""],
    ["level 2 [5] 0x5000 page", "level 2 [5] 0x5000 page"],
  ]);
});

it("a summary counts entries and visitor calls, and those in tables that the walk had just made", () => {
  const summary = new TraceSummary();
  for (const event of [walk(0x0), entry(2, 0), entry(3, 0), { ...entry(3, 1), inNewTable: true }]) summary.add(event);
  expect(summary.lines()).toEqual([
    "split: 3 entries (level 2: 1, level 3: 2) inspected, 2 visitor calls (level 3: 2); in tables that the walk " +
      "had just made: 1 inspected, 1 visited",
  ]);
});
