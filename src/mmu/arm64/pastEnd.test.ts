import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { runFlow } from "./flow.js";
import type { FlowInput, FlowStepInput } from "./flowInput.js";
import { flowLayoutOf } from "./flowLayout.js";
import { layoutOf, noteText } from "./layout.js";
import type { Arm64Scenario, DirtyBitmap } from "./scenario.js";
import { baseline } from "./strategies/baseline.js";

/** One slot of so many pages. */
function cleared(pages: number, dirty: DirtyBitmap): Arm64Scenario {
  return {
    granule: "4K",
    ipaBits: 40,
    memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: `${4 * pages}K` }], dirty }],
    dirtyLog: { mode: "clear", chunk: "2M" },
  };
}

const dirtyOf = (pages: number, dirty: DirtyBitmap) => layoutOf(cleared(pages, dirty)).slots[0]!.dirty;

describe("dirty pages past a slot's end", () => {
  it("do nothing, in the last word and in words beyond it, and are noted", () => {
    const full = "0xffffffffffffffff";
    const layout = layoutOf(cleared(65, { words: [full, full, full] }));
    expect(layout.slots[0]!.dirty).toEqual([[0, 65]]);
    expect(layout.notes.map(noteText)).toEqual([
      "memslots[0].dirty: 127 dirty pages lie past the slot's end and do nothing, as in the kernel",
    ]);
  });

  it("leave nothing to do where a word has no other bit", () => {
    expect(dirtyOf(11, { words: ["0xfffffffffffff800"] })).toEqual([]);
    expect(dirtyOf(64, { words: ["0x0", "0x1"] })).toEqual([]);
  });

  it("are cut off a run, but no run may begin there", () => {
    expect(dirtyOf(11, { runs: [[3, 64]] })).toEqual([[3, 8]]);
    expect(() => layoutOf(cleared(11, { runs: [[11, 1]] }))).toThrow(
      /memslots\[0\]\.dirty \[11, 1\]: not a run of pages of this slot; expected \[first, count\] that begins within 11/,
    );
  });

  it("are not noted where there are none", () => {
    expect(layoutOf(cleared(65, { words: ["0xffffffffffffffff", "0x1"] })).notes).toEqual([]);
  });
});

test("words say the same as runs of their bits, whatever reaches past the end", () => {
  let past = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 6, size: "max" }),
      (pages, words) => {
        const bits = words.flatMap((word, i) =>
          Array.from({ length: 64 }, (_, bit) => 64 * i + bit).filter(
            (page) => ((word >> BigInt(page % 64)) & 1n) === 1n,
          ),
        );
        const inside = bits.filter((page) => page < pages);
        if (inside.length < bits.length) past++;
        const fromRuns = dirtyOf(pages, { runs: inside.map((page) => [page, 1]) });
        expect(dirtyOf(pages, { words: words.map((word) => `0x${word.toString(16)}`) })).toEqual(fromRuns);
      },
    ),
    { seed: 1 },
  );
  expect(past).toBeGreaterThan(10);
});

describe("a part to clear in a flow", () => {
  const flow = (clear: Partial<FlowStepInput & { op: "clear_part" }>): FlowInput => ({
    granule: "4K",
    ipaBits: 40,
    chunk: "2M",
    manual: 3,
    slots: [{ base: "0x40000000", size: "44K", hva: "0x400000000000", backing: [{ map: "4K", size: "44K" }] }],
    vcpus: 1,
    partitioned: true,
    pagesPerVcpu: 11,
    rule: "hash",
    seed: 1,
    steps: [
      { op: "access", name: "populate", accesses: [[0, "w", 0, 11]] },
      { op: "enable", name: "enable" },
      { op: "clear_part", name: "part", slot: 0, firstPage: 0, numPages: 11, runs: [[0, 64]], ...clear },
    ],
  });

  it("may reach past the slot's end in its last word", () => {
    const whole = runFlow(flow({ runs: [[0, 11]] }), baseline);
    expect(whole[2]).toMatchObject({ masks: 1, maskBits: 11, maskSpan: 11 });
    expect(runFlow(flow({}), baseline)).toEqual(whole);
    expect(flowLayoutOf(flow({})).notes).toEqual([{ code: "dirty-past-end", input: "part.runs", pages: 53 }]);
    expect(flowLayoutOf(flow({ runs: [[0, 11]] })).notes).toEqual([]);
  });

  it.each<[Partial<FlowStepInput & { op: "clear_part" }>, string]>([
    [{ runs: [[11, 1]] }, "part: run [11, 1]: beyond what is cleared; expected 11 pages"],
    [{ runs: [[0, 0]] }, "part: run [0, 0]: beyond what is cleared; expected 11 pages"],
    [{ numPages: 8, runs: [[0, 9]] }, "part: run [0, 9]: beyond what is cleared; expected 8 pages"],
    [{ slot: 1 }, "part: slot 1: unknown; expected below 1"],
  ])("is refused with %j", (clear, message) => {
    expect(() => runFlow(flow(clear), baseline)).toThrow(message);
  });
});
