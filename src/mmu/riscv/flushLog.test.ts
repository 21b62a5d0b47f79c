import { describe, expect, it } from "vitest";
import { FlushLog } from "./flushLog.js";

function fencesOf(...request: Parameters<FlushLog["request"]>): [number, number] {
  const log = new FlushLog();
  log.request(...request);
  return [log.hfenceGpa, log.hfenceVmidAll];
}

describe("a flush", () => {
  it("of 2M is 512 fences by address, of more than that one full fence", () => {
    expect(fencesOf("drop", 0x40000, 512)).toEqual([512, 0]);
    expect(fencesOf("drop", 0x40000, 513)).toEqual([0, 1]);
    expect(fencesOf("memslot", 0x40000, 1)).toEqual([1, 0]);
  });

  it("of one entry is one fence at any level", () => {
    expect(fencesOf("pte", 0x40000, 512, 21)).toEqual([1, 0]);
    expect(fencesOf("pte", 0x40000, 2 ** 18, 30)).toEqual([1, 0]);
  });

  it("of everything is one full fence", () => {
    expect(fencesOf("all", 0, 0, 0)).toEqual([0, 1]);
  });

  it("that is decided on later keeps its place in the order, and leaves no trace where it never comes", () => {
    const log = new FlushLog();
    const place = log.reserve();
    log.reserve();
    log.request("drop", 1, 1);
    log.fill(place, "memslot", 0, 2);
    expect([...log.lines()].map(([kind]) => kind)).toEqual(["memslot", "drop"]);
    expect(log.requests).toBe(2);
  });
});
