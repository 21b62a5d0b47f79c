import { expect, it } from "vitest";
import { shadowWords } from "./words.js";

const said = (code: string, count: number, data: Readonly<Record<string, number | string>>) => {
  const finding = { code, count, data };
  return [shadowWords[code]!.short(finding), shadowWords[code]!.long(finding)];
};

it("frames that are mapped by other roles are said with the roles, none being said too", () => {
  expect(said("roles-changed", 1, { gpa: "0x1000", before: "0,2", after: "" })).toEqual([
    "1 frame mapped by other roles, first at 0x1000",
    "1 frame is mapped by other roles than before, the first at GPA 0x1000: none instead of 0,2",
  ]);
  expect(said("roles-changed", 2, { gpa: "0x1000", before: "", after: "0,1" })).toEqual([
    "2 frames mapped by other roles, first at 0x1000",
    "2 frames are mapped by other roles than before, the first at GPA 0x1000: 0,1 instead of none",
  ]);
});

it("caches that do not add up are said with all their figures", () => {
  expect(said("split-caches-unaccounted", 1, { descAllocated: 553, descLeft: 552 })).toEqual([
    "split caches do not add up",
    "what was put into the split caches is not what was taken and what is left (descAllocated 553, descLeft 552)",
  ]);
});

it("a split that never ends, and pages that it left, are said as all of x86 says them", () => {
  expect(said("livelock", 1, { walk: "split", everyNAttempts: 1 })[1]).toBe(
    "the split walk comes back to where it was with nothing done, and would never end (walk split, everyNAttempts 1)",
  );
  expect(said("unsplit-huge-page", 1, { gpa: "0x200000", level: 2, bytes: 2 ** 21 })[0]).toBe(
    "1 huge page unsplit, first at 0x200000",
  );
});
