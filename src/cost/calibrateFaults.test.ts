import { describe, expect, it } from "vitest";
import { type FaultingPhase, faultsOf } from "./calibrateFaults.js";
import { type FaultMix, faultsIn, faultTime } from "./contention.js";
import { builtinProfile } from "./profiles.js";
import { TERM_IDS, type TermCounts } from "./terms.js";

const known = builtinProfile("ampereone").contention!;
const GUEST_ACCESS = 12;

function phase(mix: FaultMix, vcpus: number): FaultingPhase {
  const faults = faultsIn(mix);
  const terms = {
    ...Object.fromEntries(TERM_IDS.map((id) => [id, 0])),
    faults,
    tlbiBroadcast: mix.broken,
    tlbiLocal: mix.relax,
    guestAccesses: 2 * faults,
  } as TermCounts;
  const medianNs = faultTime(mix, known, "parallel", vcpus).ns + GUEST_ACCESS * terms.guestAccesses;
  return { label: `${vcpus} vCPUs`, terms, issuers: vcpus, medianNs };
}

const lazy = { relax: 0, map: 0, broken: 512 };
const eager = { relax: 512, map: 0, broken: 0 };

describe("faults fitted to measured passes", () => {
  it("are those that made the passes, the guest's own accesses apart", () => {
    const phases = [1, 4, 16, 64].flatMap((vcpus) => [phase(lazy, vcpus), phase(eager, vcpus)]);
    const fitted = faultsOf(phases, GUEST_ACCESS, "test")!;
    expect(fitted.alone.relax! / known.alone.relax!).toBeCloseTo(1, 3);
    expect(fitted.alone.broken! / known.alone.broken!).toBeCloseTo(1, 3);
    expect(fitted.parallel!.serial / known.parallel!.serial).toBeCloseTo(1, 3);
    expect(fitted.parallel!.broadcast! / known.parallel!.broadcast!).toBeCloseTo(1, 3);
    expect(fitted.alone.map).toBeUndefined();
    expect(fitted.fittedTo).toHaveLength(8);
  });

  it("say how they were got and what from", () => {
    const phases = [1, 16, 64].map((vcpus) => phase(eager, vcpus));
    const fitted = faultsOf(
      [...phases, { ...phase(eager, 8), terms: { ...phase(eager, 8).terms, faults: 0 } }],
      12,
      "me",
    );
    expect(fitted).toEqual({
      alone: { relax: fitted!.alone.relax },
      parallel: { serial: fitted!.parallel!.serial },
      provenance: {
        kind: "derived",
        how: "least squares of the relative errors of 3 measured passes, by mean value analysis",
        source: "me",
      },
      fittedTo: ["1 vCPUs", "16 vCPUs", "64 vCPUs"],
    });
  });

  it("are as many as there are fewer of than rows", () => {
    // Two figures, of faults that relax: three rows tell them, two do not.
    const of = (...vcpus: number[]) =>
      faultsOf(
        vcpus.map((count) => phase(eager, count)),
        GUEST_ACCESS,
        "test",
      );
    expect(of(1, 64)).toBe(null);
    expect(of(1, 64, 64)).not.toBe(null);
    expect(of(64, 64, 64)).toBe(null);
  });

  it("leave out passes that take no longer than the guest's own accesses", () => {
    const idle = { ...phase(eager, 32), medianNs: GUEST_ACCESS * 2 * 512 };
    expect(faultsOf([phase(eager, 1), phase(eager, 64), idle], GUEST_ACCESS, "test")).toBe(null);
  });

  it("leave out a kind that is a fault in a hundred, and broadcasts of one vCPU alone", () => {
    const rare = { relax: 99, map: 0, broken: 1 };
    const phases = [1, 8, 64].map((vcpus) => phase(rare, vcpus));
    expect(faultsOf(phases, GUEST_ACCESS, "test")!.alone).not.toHaveProperty("broken");
    expect(faultsOf([...phases, phase(lazy, 1)], GUEST_ACCESS, "test")).toMatchObject({
      alone: { broken: expect.any(Number) },
      parallel: { serial: expect.any(Number) },
    });
    expect(faultsOf([...phases, phase(lazy, 1)], GUEST_ACCESS, "test")!.parallel).not.toHaveProperty("broadcast");
    const several = [...phases, phase(lazy, 2), phase(lazy, 4)];
    expect(faultsOf(several, GUEST_ACCESS, "test")!.parallel).toHaveProperty("broadcast");
  });

  it("are not fitted where vCPUs hardly wait, or with one vCPU count", () => {
    expect(
      faultsOf(
        [1, 2, 3].map((vcpus) => phase(eager, vcpus)),
        GUEST_ACCESS,
        "test",
      ),
    ).toBe(null);
    expect(faultsOf([phase(lazy, 1), phase(eager, 1)], GUEST_ACCESS, "test")).toBe(null);
    expect(faultsOf([phase(eager, 1), phase(eager, 64)], GUEST_ACCESS, "test")).toBe(null);
  });
});
