import { describe, expect, it } from "vitest";
import { atGoldenKeys } from "../../testing/golden.js";
import { type ClearGolden, goldenFiles } from "../../testing/x86Golden.js";
import { buildTree } from "./build.js";
import { type ClearWord, clearDirtyLog } from "./dirtyLog.js";
import { builtIn } from "./strategies/index.js";

const files = goldenFiles<ClearGolden>("x86-clear");

function wordsOf(input: ClearGolden["input"]): ClearWord[] {
  const count = Math.ceil(input.npages / 64);
  const { masks } = input;
  const hex = "allWords" in masks ? new Array<string>(count).fill(masks.allWords) : masks;
  const words = hex.map((text, index) => {
    const digits = text.slice(2).padStart(16, "0");
    return { index, low: Number.parseInt(digits.slice(8), 16), high: Number.parseInt(digits.slice(0, 8), 16) };
  });
  return words.filter((word) => word.low !== 0 || word.high !== 0);
}

describe("clearing dirty pages", () => {
  it("has golden files to be compared with", () => {
    expect(files.length).toBeGreaterThanOrEqual(4);
  });

  for (const golden of files) {
    for (const [key, expected] of Object.entries(golden.expected)) {
      it(`counts as the kernel does on ${golden.name} with ${key}`, () => {
        const options = {
          eager: key.includes("eager_page_split=1"),
          pml: key.includes("pml=1"),
          initiallySet: golden.input.manualProtectAndInitSet,
          slotBaseGfn: golden.input.slotBaseGfn,
        };
        const tree = buildTree(golden.input.root);
        const { steps } = clearDirtyLog(tree, builtIn.baseline.variant, wordsOf(golden.input), options);
        expect(atGoldenKeys(steps, expected)).toEqual(expected);
      });
    }
  }
});

it.each([true, false])("a page whose bit is gone is cleared again for nothing, with PML %s", (pml) => {
  const leaves = [{ gfn: 0, level: 1, count: 4 }];
  const tree = buildTree({ rootLevel: 4, leaves, nonpresentPaths: [] });
  const clear = (low: number) =>
    clearDirtyLog(tree, builtIn.baseline.variant, [{ index: 0, low, high: 0 }], {
      eager: true,
      pml,
      initiallySet: true,
      slotBaseGfn: 0,
    }).counts.sptesChanged;
  expect([clear(0b0110), clear(0b0111), clear(0b0111), clear(0b1000)]).toEqual([2, 1, 0, 1]);
});
