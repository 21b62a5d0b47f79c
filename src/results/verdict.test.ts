import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unsplit } from "../testing/resultBuilder.js";
import { parseResult } from "./read.js";
import { MODEL_VERSION } from "./types.js";
import { isSound, VERDICT_CODES, verdictIn, verdictOf } from "./verdict.js";

const builtin = { id: "max-level", mmu: "arm64", knownFaults: [], source: "builtin" };
const own = { id: "mine", mmu: "arm64", knownFaults: [], source: "strategies/mine.mjs" };
const faulty = { ...builtin, knownFaults: ["passes over blocks"] };
const judge = (strategy: typeof builtin | typeof faulty, findings = [] as (typeof unsplit)[], idle?: string) =>
  verdictOf({ strategy, counts: {}, findings, idle: () => idle });

describe("a run without findings", () => {
  it("is right under a built-in strategy that no fault is known of", () => {
    expect(judge(builtin)).toEqual({ code: "right" });
  });

  it("is right here only where faults are known, whoever wrote the strategy", () => {
    expect(judge(faulty)).toEqual({ code: "right-here", knownFaults: ["passes over blocks"] });
    expect(judge({ ...own, knownFaults: faulty.knownFaults })).toMatchObject({ code: "right-here" });
  });

  it("is not searched under a custom strategy, with the command that searches", () => {
    expect(judge(own)).toEqual({
      code: "unsearched",
      search: "s2split verify --strategy strategies/mine.mjs --random 5000",
    });
    expect(judge({ ...own, mmu: "x86-tdp", source: "my walker's.mjs" })).toEqual({
      code: "unsearched",
      search: "s2split verify --mmu x86-tdp --strategy 'my walker'\\''s.mjs' --random 5000",
    });
  });

  it("is searched for by a command that a shell takes as it stands: what it would not is in quotes", () => {
    const file = (source: string) => {
      const verdict = judge({ ...own, source }) as { search: string };
      return verdict.search.slice("s2split verify --strategy ".length, -" --random 5000".length);
    };
    for (const plain of ["./a-b/c_d.mjs", "C:x@1%+=,", "9"]) expect(file(plain)).toBe(plain);
    for (const other of ["a b", "$x", "a;b", "~/x", "a\\b", "a&b", "x*", " a", "a "])
      expect(file(other)).toBe(`'${other}'`);
    expect(file("a''b")).toBe("'a'\\'''\\''b'");
  });

  it("is idle where there was nothing to do, which is no credit to anyone", () => {
    for (const strategy of [builtin, own, faulty])
      expect(judge(strategy, [], "chunk 0")).toEqual({ code: "idle", reason: "chunk 0" });
  });
});

it("a run with findings is wrong, whatever else is known of it", () => {
  for (const strategy of [builtin, own, faulty])
    expect(judge(strategy, [unsplit], "chunk 0")).toEqual({ code: "wrong" });
});

it("a run of an older file is wrong by its findings, and else of no verdict", () => {
  expect(verdictIn({ findings: [unsplit] })).toEqual({ code: "wrong" });
  expect(verdictIn({ findings: [] })).toBeUndefined();
  expect(verdictIn({ findings: [], verdict: { code: "right" } })).toEqual({ code: "right" });
});

it("a gain counts unless something is known against the strategy", () => {
  const sound = (run: Parameters<typeof isSound>[0]) => isSound(run);
  expect(sound({ findings: [], verdict: { code: "right" } })).toBe(true);
  expect(sound({ findings: [], verdict: { code: "unsearched", search: "" } })).toBe(true);
  expect(sound({ findings: [], verdict: { code: "right-here", knownFaults: ["x"] } })).toBe(false);
  expect(sound({ findings: [unsplit] })).toBe(false);
  expect(sound({ findings: [], verdict: { code: "idle", reason: "" } })).toBe(true);
  expect(sound({ findings: [] })).toBe(true);
});

it("verdicts are listed from the best to the worst", () => {
  expect(VERDICT_CODES).toEqual(["right", "idle", "unsearched", "right-here", "wrong"]);
});

it("a verdict keeps its own list of known faults", () => {
  const knownFaults = ["passes over blocks"];
  const verdict = judge({ ...builtin, knownFaults } as unknown as typeof faulty);
  knownFaults.push("another");
  expect(verdict).toEqual({ code: "right-here", knownFaults: ["passes over blocks"] });
});

it("the reference results are of this model version: counts that change raise it", () => {
  const reference = readFileSync(new URL("../../results/backing-4k.json", import.meta.url), "utf8");
  expect(MODEL_VERSION).toBe(JSON.parse(reference).tool.modelVersion);
});

it("a file of before verdicts were written is read as it is", async () => {
  const { resultFile, runResult } = await import("../testing/resultBuilder.js");
  const { verdict: _, ...old } = runResult();
  const file = { ...resultFile({ runs: [] }), runs: [old] };
  expect(await parseResult(JSON.stringify(file), "old.json")).toEqual(file);
});
