import { describe, expect, it } from "vitest";
import { arm64 } from "./mmu.js";
import { strategies } from "./strategies/index.js";

const baseline = strategies.find(({ id }) => id === "baseline")!;

function scenario(more: object, segments: object[] = [{ map: "2M", size: "4M" }]) {
  const memslots = [{ base: "0x40000000", segments }];
  return { granule: "4K", ipaBits: 40, memslots, dirtyLog: { mode: "enable", chunk: "2M" }, ...more };
}

describe("a scenario with LPA2", () => {
  it("has the counts of one without, and other descriptors", () => {
    const run = (more: object) => arm64.parse(scenario(more), "").run(baseline);
    const [without, withLpa2] = [run({}), run({ lpa2: true })];
    const { digest: plain, ...final } = without.counts.final as Record<string, unknown>;
    const { digest: other, ...finalToo } = withLpa2.counts.final as Record<string, unknown>;
    expect({ ...withLpa2.counts, final: finalToo }).toEqual({ ...without.counts, final });
    expect(other).not.toBe(plain);
    expect([without.findings, withLpa2.findings]).toEqual([[], []]);
  });

  it("may put output addresses anywhere, across 4 GiB and 2^50 in the middle of a table", () => {
    for (const outputOffset of ["0xbff01000", "0x3ffffbff01000", "0xfffffbff01000"]) {
      const { findings, counts } = arm64
        .parse(scenario({ lpa2: true, outputOffset }, [{ map: "4K", size: "4M" }]), "")
        .run(baseline);
      expect(findings, outputOffset).toEqual([]);
      expect(counts.final).toMatchObject({ leaves: { 3: 1024 } });
    }
  });

  it.each([
    [{ ipaBits: 49 }, "ipaBits 49: more than 48 need LPA2 with the 4K granule"],
    [{ ipaBits: 53, lpa2: true }, "ipaBits: is 53; expected a whole number from 32 to 52"],
    [{ lpa2: 1 }, "lpa2: is a number; expected true or false"],
    [
      { outputOffset: "0x1000" },
      "outputOffset 0x1000: no offset of output addresses; expected a multiple of 2M below 2^52",
    ],
    [{ outputOffset: "0x10000000000000" }, "outputOffset"],
    [{ outputOffset: 4096 }, "outputOffset: is a number"],
  ])("is refused with %j", (more, message) => {
    expect(() => arm64.parse(scenario(more), "")).toThrow(message);
  });
});
