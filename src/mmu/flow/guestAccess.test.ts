import { describe, expect, it } from "vitest";
import { type GuestInput, type GuestPassInput, guestAccesses, hashDraw, lehmerNext } from "./guestAccess.js";

function input(overrides: Partial<GuestInput>): GuestInput {
  return { vcpus: 2, partitioned: true, rule: "hash", seed: 1, ...overrides };
}

function accessesOf(guest: GuestInput, step: Partial<GuestPassInput>, passPages = 4): [number, number, boolean][] {
  const out: [number, number, boolean][] = [];
  const pass = { op: "guest", name: "pass", iteration: 1, writePercent: 50, order: "sequential", ...step } as const;
  guestAccesses(guest, passPages).pass(pass, 0, passPages, (...access) => out.push(access));
  return out;
}

describe("deterministic guests", () => {
  it("hash draws the published vectors", () => {
    const drawn = [
      hashDraw(1, 1, 1, 0, 0),
      hashDraw(1, 1, 1, 0, 1),
      hashDraw(1, 1, 2, 3, 4095),
      hashDraw(1, 2, 1, 0, 0),
    ];
    expect(drawn).toEqual([3314805143, 3500999819, 1543617513, 1691414471]);
  });

  it("lehmer draws the published vectors", () => {
    const drawn: number[] = [];
    for (let state = 1; drawn.length < 4; drawn.push(state)) state = lehmerNext(state);
    expect(drawn).toEqual([48271, 182605794, 1291394886, 1914720637]);
  });

  it("partitioned vCPUs take turns, each in its own part", () => {
    const pages = accessesOf(input({}), { writePercent: 100 }).map(([vcpu, page]) => [vcpu, page]);
    expect(pages).toEqual([0, 1, 2, 3].flatMap((i) => [[0, i], [1, 4 + i]])); // biome-ignore format: pairs
  });

  it("overlapping vCPUs go over the same pages", () => {
    const pages = accessesOf(input({ partitioned: false }), {}).map(([, page]) => page);
    expect(pages).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it("random pages stay in the vCPU's part", () => {
    for (const rule of ["hash", "lehmer"] as const) {
      const drawn = accessesOf(input({ rule }), { order: "random" }, 1000);
      expect(drawn.filter(([vcpu, page]) => Math.floor(page / 1000) !== vcpu)).toEqual([]);
      expect(new Set(drawn.map(([, page]) => page)).size).toBeGreaterThan(1000);
    }
  });

  it("lehmer goes on from pass to pass, and draws for writes that are certain too", () => {
    const guest = guestAccesses(input({ rule: "lehmer", vcpus: 1 }), 2);
    const step = { op: "guest", name: "p", iteration: 0, writePercent: 100, order: "sequential" } as const;
    guest.pass(step, 0, 2, () => {});
    const writes: boolean[] = [];
    // Two draws later the generator is at 1291394886, of which the last two digits decide.
    guest.pass({ ...step, writePercent: 87 }, 0, 1, (_vcpu, _page, write) => writes.push(write));
    guest.pass({ ...step, writePercent: 37 }, 0, 1, (_vcpu, _page, write) => writes.push(write));
    expect(writes).toEqual([true, false]);
  });
});
