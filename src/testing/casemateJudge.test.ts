import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CasemateVerdict, judgeCasemate } from "./casemateJudge.js";

const folder = new URL("fixtures/casemate/", import.meta.url);
const { traces } = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as {
  traces: Record<string, { what: string; checked: CasemateVerdict; checkedRacy?: CasemateVerdict }>;
};

describe("the judge of casemate's rules", () => {
  it.each(Object.entries(traces))("says what the checker said of %s", (name, { checked, checkedRacy }) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    expect(judgeCasemate(text)).toEqual(checked);
    if (checkedRacy !== undefined) expect(judgeCasemate(text, { racy: true })).toEqual(checkedRacy);
  });
});
