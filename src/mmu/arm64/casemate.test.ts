import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeCasemate } from "../../testing/casemateJudge.js";
import { totalAt } from "../counters.js";
import { arm64 } from "./mmu.js";
import { randomLayouts } from "./random.js";
import type { Arm64Scenario } from "./scenario.js";

const { strategies } = arm64;
const strategy = (id: string) => strategies.find((one) => one.id === id)!;
const shipped = (name: string): Arm64Scenario =>
  JSON.parse(readFileSync(new URL(`../../../scenarios/${name}.json`, import.meta.url), "utf8"));

function traceOf(scenario: Arm64Scenario, by: (typeof strategies)[number]) {
  const lines: string[] = [];
  const told = arm64.parse(scenario, "").traceAs!("casemate", by, (line) => lines.push(line));
  return { ...told, lines, verdict: judgeCasemate(`${lines.join("\n")}\n`) };
}

/**
 * What the checker says of a run: it refuses a block made anew before it was cleaned, and what it
 * knows no better of.
 */
function expected({ outcome, notes }: Pick<ReturnType<typeof traceOf>, "outcome" | "notes">): string | undefined {
  if (notes.length > 0) return "BBM valid->valid";
  return outcome.findings.some(({ code }) => code === "tlbi-wrong-ipa") ? "BBM invalid unclean->valid" : undefined;
}

function agree(scenario: Arm64Scenario): string[] {
  return strategies.map((by) => {
    const told = traceOf(scenario, by);
    expect(told.verdict.message, by.id).toBe(expected(told));
    return `${by.id} ${told.verdict.message ?? "accepted"}`;
  });
}

const TWO_BLOCKS: Arm64Scenario = {
  granule: "4K",
  ipaBits: 40,
  memslots: [{ base: "0x40000000", segments: [{ map: "2M", size: "4M" }] }],
  dirtyLog: { mode: "enable", chunk: "2M" },
};

describe("a trace for casemate", () => {
  it("is refused of the runs whose TLBI goes to a wrong IPA, of split-mark, and of no other, on random layouts", () => {
    const small = ({ granule, ipaBits, memslots }: Arm64Scenario) =>
      granule === "4K" && ipaBits <= 48 && memslots.every(({ segments }) => segments.every(({ map }) => map !== "1G"));
    fc.assert(
      fc.property(randomLayouts(fc).filter(small), (scenario) => void agree(scenario)),
      { numRuns: 5, seed: 2 },
    );
  });

  it.each([
    "fault-passed-over",
    "fault-tlbi-wrong-ipa",
    "fault-left-in-new-table-partial-mask",
    "partial-masks",
    "partial-masks-words",
  ])("is judged as verify judges, of every strategy on %s", (name) => {
    const verdicts = agree(shipped(name));
    const refused = verdicts.filter((verdict) => !verdict.endsWith("accepted"));
    expect(refused.some((verdict) => verdict.startsWith("skip-return-rfc"))).toBe(name === "fault-tlbi-wrong-ipa");
    expect(verdicts.filter((verdict) => !/^(?:skip-return-rfc|split-mark)/.test(verdict))).toEqual(
      verdicts.filter((verdict) => verdict.endsWith("accepted") && !/^(?:skip-return-rfc|split-mark)/.test(verdict)),
    );
  });

  it("is refused where a block is replaced in one store, and says beforehand that it will be", () => {
    const told = traceOf({ ...TWO_BLOCKS, dirtyLog: { ...TWO_BLOCKS.dirtyLog, bbm: 2 } }, strategy("max-level"));
    expect(told.outcome.findings).toEqual([]);
    expect(told.verdict.message).toBe("BBM valid->valid");
    expect(told.notes).toEqual([expect.stringContaining("FEAT_BBM is not in its model")]);
  });

  it("is refused of split-mark for its bit in a live descriptor, and says so", () => {
    const told = traceOf(TWO_BLOCKS, strategy("split-mark"));
    expect(told.outcome.findings).toEqual([]);
    expect(told.verdict.message).toBe("BBM valid->valid");
    expect(told.notes).toEqual([expect.stringContaining("a software bit stored in a live table descriptor")]);
    expect(told.lines[told.verdict.id!]).toMatch(/^\(mem-write \d+ 0 release \w+ 80000010\w+ "mark:0"\)$/);
  });

  it("says all that will be refused, in a fixed order", () => {
    const { notes } = traceOf({ ...TWO_BLOCKS, dirtyLog: { ...TWO_BLOCKS.dirtyLog, bbm: 2 } }, strategy("split-mark"));
    expect(notes).toEqual([expect.stringContaining("FEAT_BBM"), expect.stringContaining("a software bit")]);
  });

  it("would be refused if one TLBI, barrier or break were missing", () => {
    const { lines, verdict } = traceOf(TWO_BLOCKS, strategy("baseline"));
    expect(verdict).toEqual({ exit: 0 });
    const without = (what: RegExp) => judgeCasemate(lines.filter((line) => !what.test(line)).join("\n")).message;
    expect(without(/ipas2e1is/)).toBe("BBM invalid unclean->valid");
    expect(without(/vmalle1is/)).toBe("BBM invalid unclean->valid");
    expect(without(/dsb .*"tlbi:0"/)).toBe("BBM invalid unclean->valid");
    expect(without(/"break:0"/)).toBe("BBM valid->valid");
    expect(without(/^\(lock/)).toBe("must write to pte while holding owner lock");
    expect(without(/"(?:tlbi|make):0"/)).toBe("cannot release table where children are still unclean");
  });

  it("has every store that is counted", () => {
    for (const by of strategies) {
      const { lines, outcome } = traceOf(shipped("fault-left-in-new-table-partial-mask"), by);
      const counted = ["writeProtect/pteStores", "split/pteStores", "split/nested/pteStores"].map((path) =>
        totalAt(outcome.counts, path),
      );
      const told = (cause: string) =>
        lines.filter((line) => new RegExp(`^\\(mem-write .*"(?:${cause}):0"\\)$`).test(line));
      expect([told("write-protect"), told("break|make|mark"), told("nested")].map(({ length }) => length)).toEqual(
        counted,
      );
    }
  });

  it("tells of enabling in the kernel's order: write-protect, flush, split; the lock dropped for each top-up", () => {
    const { lines } = traceOf(TWO_BLOCKS, strategy("baseline"));
    const words = lines.map((line) => /^\((lock|unlock) /.exec(line)?.[1] ?? /"(.*):0"/.exec(line)![1]!);
    const steps = words.slice(words.indexOf("lock")).filter((word, i, all) => word !== all[i - 1]);
    expect(steps.join(" ")).toBe(
      "lock write-protect unlock flush " +
        // The cache is filled before the first chunk, and again before the second: a page of two is
        // gone.
        "lock unlock lock nested break tlbi make unlock lock nested break tlbi make unlock end",
    );
  });

  it("tells of clearing with the lock held over all masks, and one flush after it", () => {
    const { lines } = traceOf({ ...TWO_BLOCKS, dirtyLog: { mode: "clear", chunk: "2M" } }, strategy("baseline"));
    const words = lines.map((line) => /^\((lock|unlock) /.exec(line)?.[1] ?? /"(.*):0"/.exec(line)![1]!);
    const steps = words.slice(words.indexOf("lock")).filter((word, i, all) => word !== all[i - 1]);
    expect(steps.slice(0, 5)).toEqual(["lock", "write-protect", "unlock", "lock", "nested"]);
    expect(steps.slice(-3)).toEqual(["unlock", "flush", "end"]);
    expect(steps.filter((word) => word === "flush")).toEqual(["flush"]);
  });

  it.each([
    [34, 2],
    [39, 1],
    [40, 1],
    [44, 0],
    [48, 0],
  ])("makes up the levels above the root of %i IPA bits, which starts at level %i", (ipaBits, startLevel) => {
    const base = ipaBits === 34 ? "0x200000000" : `0x${(2 ** (ipaBits - 1)).toString(16)}`;
    const memslots = [{ base, segments: [{ map: "2M", size: "2M" }] }];
    const { verdict, outcome } = traceOf({ ...TWO_BLOCKS, ipaBits, memslots }, strategy("max-level"));
    expect(outcome.initial.startLevel).toBe(startLevel);
    expect(verdict).toEqual({ exit: 0 });
  });

  it("is refused for what the checker cannot hold", () => {
    const refused = (scenario: Arm64Scenario) => () => traceOf(scenario, strategy("baseline"));
    const slot = (size: string) => [{ base: "0x40000000", segments: [{ map: "4K", size }] }];
    expect(
      refused({ ...TWO_BLOCKS, granule: "16K", memslots: slot("16K"), dirtyLog: { mode: "enable", chunk: 0 } }),
    ).toThrow(/granule 16K|mapping size/);
    expect(refused({ ...TWO_BLOCKS, memslots: slot("16G") })).toThrow(
      /^the guest: needs 82\d\d table pages, casemate holds 8192; expected a smaller guest$/,
    );
  });
});
