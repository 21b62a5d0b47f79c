import { describe, expect, it } from "vitest";
import { builtinProfile } from "../cost/profiles.js";
import { REGION } from "../cost/uniformGuest.js";
import { strategies } from "../mmu/arm64/strategies/index.js";
import { advise } from "./advise.js";
import type { AdviceRow } from "./row.js";

/** 48 vCPUs of 4 GiB each, all written, cleared by GiB or the whole slot at once. */
function cleared(map: string, clearPerRegion: boolean, chunk: string): AdviceRow {
  const { rows } = advise({
    guest: { kind: "uniform", granule: "4K", map, bytes: 192 * REGION },
    modes: ["clear"],
    chunks: chunk === "0" ? [] : [chunk],
    strategies: [strategies[0]!],
    profile: builtinProfile("ampereone"),
    vcpus: 48,
    writePercent: 100,
    maxLockHoldNs: null,
    maxGuestStallNs: null,
    lock: "parallel",
    clearPerRegion,
    seed: 1,
  });
  return rows.find((row) => row.chunk === chunk)!;
}

describe("what docs/contention.md predicts of 48 vCPUs and 192 GiB", () => {
  const slot = cleared("4K", false, "0");
  const byGiB = cleared("4K", true, "0");
  /** A pass of the vCPUs that begins as the clear does. */
  const passNs = ({ guest, stall, firstClearNs }: AdviceRow) =>
    guest!.elapsedNs + firstClearNs! * stall!.slowdown * (1 - stall!.progress);

  it("is that clearing by GiB takes 4% longer than the slot at once", () => {
    const took = (row: AdviceRow) => row.firstClearNs! * row.stall!.slowdown;
    expect(took(slot) / 1e6).toBeCloseTo(207, -1);
    // Each ioctl flushes all of its slot: 24 pieces of 8 GiB. The 10 us between two ioctls are the
    // VMM's.
    const between = 191 * 10e3;
    expect((took(byGiB) + between) / took(slot)).toBeCloseTo(1.04, 2);
  });

  it("is a stall that is 190 times shorter, and vCPUs that take as long in all", () => {
    expect(slot.stall!.longestNs / byGiB.stall!.longestNs).toBeCloseTo(191, -1);
    expect(slot.stall!.progress).toBeLessThan(0.001);
    expect(byGiB.stall!.progress).toBeCloseTo(0.012, 3);
    expect(passNs(slot) / 1e9).toBeCloseTo(9.2, 1);
    expect(passNs(slot) / passNs(byGiB)).toBeCloseTo(1, 2);
  });

  it("is that blocks split eagerly let the vCPUs on at 39% of their speed, and take half as long again", () => {
    const { stall } = cleared("2M", true, "2M");
    expect(stall!.progress).toBeCloseTo(0.39, 1);
    expect(stall!.slowdown).toBeCloseTo(1.54, 1);
    expect(stall!.longestNs / 1e3).toBeCloseTo(26, -1);
  });
});
