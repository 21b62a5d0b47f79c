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
