import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Granule, geometryOf } from "../../guest/geometry.js";
import { descriptorHex } from "./descriptor.js";
import { DEFAULT_OUTPUT_OFFSET, LeafFormat } from "./leafFormat.js";

interface Host {
  readonly granule: Granule;
  readonly ipaBits: number;
  readonly lpa2: boolean;
}

const PLAIN: Host = { granule: "4K", ipaBits: 40, lpa2: false };
const LPA2: Host = { granule: "4K", ipaBits: 40, lpa2: true };
const WIDE_64K: Host = { granule: "64K", ipaBits: 52, lpa2: false };

function formatOf({ granule, ipaBits, lpa2 }: Host, outputOffset = DEFAULT_OUTPUT_OFFSET): LeafFormat {
  return new LeafFormat(geometryOf(granule, ipaBits, lpa2), outputOffset);
}

/** The descriptor of a leaf with an output address. */
function hex(host: Host, output: number, level: number, writable: boolean): string {
  const format = formatOf(host, output);
  return descriptorHex(format.lo(0, level, writable), format.hi(0));
}

describe("a leaf's descriptor", () => {
  it.each<[Host, number, number, boolean, string]>([
    [PLAIN, 0x8040000000, 3, true, "00000080400007ff"],
    [PLAIN, 0x8040000000, 3, false, "000000804000077f"],
    [PLAIN, 0x8040000000, 2, true, "00000080400007fd"],
    [PLAIN, 0x8040000000, 1, false, "000000804000077d"],
    [LPA2, 0x8040000000, 3, true, "00000080400004ff"],
    [LPA2, 0x8040000000, 3, false, "000000804000047f"],
    [LPA2, 0x8040000000, 2, true, "00000080400004fd"],
    [LPA2, 0x8040000000, 1, false, "000000804000047d"],
    // With LPA2 the same bits as output 0x40000000 without.
    [LPA2, 0xc000040000000, 3, true, "00000000400007ff"],
    [WIDE_64K, 0xf008040000000, 3, true, "000000804000f7ff"],
  ])("of %j and output %d at level %d, writable %s, is %s", (host, output, level, writable, expected) => {
    expect(hex(host, output, level, writable)).toBe(expected);
  });

  it("gives its output address back, to the last bit", () => {
    const hosts = fc.constantFrom<Host>(
      PLAIN,
      LPA2,
      WIDE_64K,
      { granule: "4K", ipaBits: 52, lpa2: true },
      { granule: "16K", ipaBits: 48, lpa2: false },
      { granule: "16K", ipaBits: 52, lpa2: true },
    );
    const pages = fc.maxSafeNat().map((n) => n % 2 ** 36);
    fc.assert(
      fc.property(hosts, pages, pages, (host, gfn, offsetPages) => {
        const { pageBytes } = geometryOf(host.granule, host.ipaBits, host.lpa2);
        const format = formatOf(host, offsetPages * pageBytes);
        const space = host.lpa2 || host.ipaBits > 48 ? 2n ** 52n : 2n ** 48n;
        const output = ((BigInt(gfn) + BigInt(offsetPages)) * BigInt(pageBytes)) % space;
        expect(BigInt(format.outputAddress(format.lo(gfn, 3, true), format.hi(gfn)))).toBe(output);
      }),
      { seed: 1 },
    );
  });

  it("differs from the one before in the low word alone until the high word changes", () => {
    const format = formatOf(PLAIN, 2 ** 32 - 3 * 4096);
    expect(format.sameHigh(0, 512)).toBe(3);
    expect(format.sameHigh(3, 512)).toBe(512);
    expect([format.hi(2), format.hi(3)]).toEqual([0, 1]);
  });
});
