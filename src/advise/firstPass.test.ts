import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guestPass, writes } from "../cost/guestPass.js";
import { termCounts } from "../cost/terms.js";
import { firstPass } from "./firstPass.js";

describe("firstPass", () => {
  it("estimates a large guest from a part within a percent, and is exact at all writes", () => {
    const guest = { runs: [{ leafBytes: 2 ** 21, bytes: 2 ** 31 }], pageBytes: 4096, entries: 512, seed: 3 };
    for (const writePercent of [1, 10, 100]) {
      const whole = firstPass({ ...guest, writePercent }, false);
      const part = firstPass({ ...guest, writePercent }, false, 2 ** 16);
      expect(whole.sampled).toBe(false);
      expect(part.sampled).toBe(writePercent < 100);
      const ratio = part.terms.faults / whole.terms.faults;
      if (writePercent === 100) expect(ratio).toBe(1);
      else expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
    }
  });

  it("draws one whole block at least, and says that the other is taken to be alike", () => {
    const guest = { runs: [{ leafBytes: 2 ** 21, bytes: 2 ** 22 }], pageBytes: 4096, entries: 512, seed: 3 };
    const pass = firstPass({ ...guest, writePercent: 50 }, true, 1);
    expect(pass.sampled).toBe(true);
    expect(pass.writes % 2).toBe(0);
    expect(pass.writes + pass.reads).toBe(1024);
  });

  it("is that of its runs one after the other, each access drawn where it stands", () => {
    const MIB = 2 ** 20;
    const plain = { pageBytes: 4096, entries: 512, writePercent: 40, seed: 5 };
    const runs = [
      { leafBytes: 2 * MIB, bytes: 4 * MIB },
      { leafBytes: 4096, bytes: 12288 },
      { leafBytes: 2 * MIB, bytes: 2 * MIB },
    ];
    const expected = [0, 1024, 1027].map((firstAccess, i) => {
      const { leafBytes, bytes } = runs[i]!;
      const pass = { leafBytes, memoryBytes: bytes, strideBytes: 4096, iteration: 1, vcpu: 0, firstAccess };
      return termCounts(guestPass({ ...plain, ...pass }));
    });
    const faults = expected.reduce((sum, terms) => sum + terms.faults, 0);
    const written = Array.from({ length: 1539 }, (_, i) => writes({ ...plain, iteration: 1, vcpu: 0 }, i));
    const all = written.filter((write) => write).length;
    const lazy = firstPass({ ...plain, runs }, false);
    expect(lazy).toMatchObject({ writes: all, reads: 1539 - all, sampled: false });
    expect([lazy.terms.faults, lazy.terms.tlbiBroadcast]).toEqual([faults, 3]);
    // Split before, each write relaxes its page.
    const split = firstPass({ ...plain, runs }, true);
    expect([split.terms.faults, split.terms.tlbiLocal, split.terms.tlbiBroadcast]).toEqual([all, all, 0]);
  });

  it("draws as many accesses as it is told to, in whole blocks, and takes the rest to be alike", () => {
    const guest = { pageBytes: 4096, entries: 512, seed: 3, writePercent: 50 };
    const pass = (bytes: number, drawn: number) =>
      firstPass({ ...guest, runs: [{ leafBytes: 2 ** 21, bytes }] }, true, drawn);
    // Four blocks of which two are drawn count twice what two do.
    const two = pass(2 ** 22, 1024);
    const four = pass(2 ** 23, 1024);
    expect(four.terms.faults).toBe(2 * two.terms.faults);
    expect(four.writes).toBe(2 * two.writes);
    expect(pass(2 ** 23, 1535).writes).toBe(four.writes);
    expect(pass(2 ** 23, 1536).writes).not.toBe(four.writes);
    expect([two.sampled, four.sampled, pass(2 ** 23, 2048).sampled]).toEqual([false, true, false]);
    expect(
      [1, 0, 100, 99].map(
        (writePercent) =>
          firstPass({ ...guest, writePercent, runs: [{ leafBytes: 4096, bytes: 2 ** 22 }] }, true, 512).sampled,
      ),
    ).toEqual([true, false, false, true]);
  });

  it("draws up to 2^20 accesses of a run one by one where it is not told", () => {
    const guest = { pageBytes: 4096, entries: 512, seed: 3, writePercent: 50 };
    const sampled = (bytes: number) => firstPass({ ...guest, runs: [{ leafBytes: 4096, bytes }] }, true).sampled;
    expect([sampled(2 ** 32), sampled(2 ** 32 + 2 ** 21)]).toEqual([false, true]);
  });

  it("never faults less lazily than split, whatever the writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.nat(), (writePercent, seed) => {
        const guest = {
          runs: [{ leafBytes: 2 ** 21, bytes: 2 ** 24 }],
          pageBytes: 4096,
          entries: 512,
          seed,
          writePercent,
        };
        expect(firstPass(guest, false).terms.faults).toBeGreaterThanOrEqual(firstPass(guest, true).terms.faults);
      }),
      { numRuns: 50 },
    );
  });
});
