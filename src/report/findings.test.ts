import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Finding } from "../mmu/finding.js";
import { hasWords, longFinding, shortFinding, verdict } from "./findings.js";

const unsplit = (count: number, data: Finding["data"] = {}): Finding => ({
  code: "unsplit-block",
  count,
  data: { bytes: count * 2 ** 21, ipa: "0x40200000", level: 2, ...data },
});

/**
 * Codes in the sources of the MMUs: in findings that they build, in the fault codes of the tree's
 * check, in what lists gather.
 */
function codesInSources(): string[] {
  const folders = ["../mmu/", "../mmu/arm64/", "../mmu/tdp/", "../mmu/shadow/", "../verify/"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = new Set<string>();
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => /^(?!.*\.test\.ts$).*\.ts$/.test(file))) {
      const text = readFileSync(`${folder}${name}`, "utf8");
      for (const [, code] of text.matchAll(/(?:code: |[.]add\(|\? |: )"([a-z]+(?:-[a-z]+)+)"[,)]/g)) found.add(code!);
    }
  }
  return [...found];
}

describe("the words of findings", () => {
  it.each([
    "error-returned",
    "unsplit-block",
    "lost-coverage",
    "stray-mapping",
    "wrong-output-address",
    "wrong-attributes",
    "not-write-protected",
    "needlessly-write-protected",
    "left-locked",
    "table-linked-twice",
    "tlbi-wrong-ipa",
    "tlbi-not-one",
    "tables-unaccounted",
    "read-after-leave",
    "read-beside-address",
    "mark-inexact",
    "outcome-differs",
    "livelock",
  ])("%s has words of its own", (code) => expect(hasWords(code)).toBe(true));

  it("are there for every code that a list of findings gathers in the MMUs' sources", () => {
    const gathered = codesInSources().filter(
      (code) => !hasWords(code) && code !== "write-protect" && code !== "dirty-past-end",
    );
    // Kinds of steps and the like match the pattern too; none of them is a finding.
    const findings = gathered.filter((code) =>
      /unsplit|lost|stray|wrong|unaccounted|writ|dirty|linked|roles|zapped|missed/.test(code),
    );
    expect(findings).toEqual([]);
  });

  it("say in a cell how many blocks are unsplit and where the first is", () => {
    expect(shortFinding(unsplit(511))).toBe("511 blocks unsplit, first at 0x40200000");
    expect(shortFinding(unsplit(1))).toBe("1 block unsplit, first at 0x40200000");
  });

  it("say in a sentence how an unsplit block came about, where that is known", () => {
    expect(longFinding(unsplit(2))).toBe(
      "2 blocks (4M) in a range that was to be split are still mapped as blocks, the first at IPA 0x40200000, level 2",
    );
    expect(longFinding(unsplit(1, { cause: "passed-over" }))).toMatch(
      /is still mapped as a block.*the walk never came to it$/,
    );
    expect(longFinding(unsplit(1, { cause: "left-in-new-table" }))).toMatch(
      /made by splitting a larger block, and left/,
    );
  });

  it("fit one leaf and several", () => {
    const leaves = (count: number): Finding => ({
      code: "not-write-protected",
      count,
      data: { bytes: count * 4096, ipa: "0x40001000", level: 3 },
    });
    expect(longFinding(leaves(1))).toMatch(/^1 leaf \(4K\) is writable though it was to be write-protected, /);
    expect(longFinding(leaves(3))).toMatch(/^3 leaves \(12K\) are writable though they were to be write-protected, /);
  });

  it("name an errno", () => {
    expect(shortFinding({ code: "error-returned", count: 1, data: { errno: -12 } })).toBe("returns -ENOMEM (-12)");
    expect(shortFinding({ code: "error-returned", count: 1, data: { errno: -5 } })).toBe("returns -5");
  });

  it("hide nothing of a code that has none", () => {
    const finding: Finding = { code: "brand-new", count: 3, data: { gfn: 7, note: null } };
    expect(shortFinding(finding)).toBe("brand new: 3 (gfn 7)");
    expect(longFinding({ ...finding, code: "constructor" })).toBe("constructor: 3 (gfn 7)");
  });
});

it("a verdict is right, or the first finding and how many more there are", () => {
  expect(verdict([])).toBe("right");
  expect(verdict([unsplit(1)])).toBe("1 block unsplit, first at 0x40200000");
  expect(verdict([unsplit(1), unsplit(2), unsplit(3)])).toBe("1 block unsplit, first at 0x40200000 (+2 more)");
});
