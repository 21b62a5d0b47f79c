import { describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { parseDuration, parseFaultLock } from "./options.js";

describe("parseFaultLock", () => {
  it("takes the locks by name, and that of a kernel version", () => {
    const of = (text: string) => parseFaultLock(text, "--fault-lock");
    expect(["rwlock", " Spinlock ", "PARALLEL", " 5.10", "5.17.3", "5.18", "v6.1", "6.2-rc3", "7.3"].map(of)).toEqual([
      "rwlock",
      "spinlock",
      "parallel",
      "spinlock",
      "spinlock",
      "rwlock",
      "rwlock",
      "parallel",
      "parallel",
    ]);
    for (const bad of ["", "mutex", "6", "6.x"]) expect(() => of(bad), bad).toThrow(UserError);
    expect(() => of("mutex")).toThrow(
      '--fault-lock "mutex": unknown; expected spinlock, rwlock, parallel, or a kernel version such as 6.1',
    );
  });
});

describe("parseDuration", () => {
  it("takes ns, us, ms and s, and nothing else", () => {
    expect(["5ms", "500 us", "1.5s", "20ns"].map((text) => parseDuration(text, "--x"))).toEqual([5e6, 5e5, 1.5e9, 20]);
    expect(["1S", "999999999999ns", "0.5 MS", " 2us "].map((text) => parseDuration(text, "--x"))).toEqual([
      1e9, 999999999999, 5e5, 2000,
    ]);
    expect(() => parseDuration("0ms", "--max-lock-hold")).toThrow(
      '--max-lock-hold "0ms": not a duration; expected a number above 0 with ns, us, ms or s, such as 5ms',
    );
    for (const bad of [
      "5",
      "ms",
      "-1ms",
      "0ms",
      "5 minutes",
      "1e3ms",
      "",
      "1234567890123ns",
      "1.ms",
      "1..5ms",
      "5ms.",
    ]) {
      expect(() => parseDuration(bad, "--max-lock-hold"), bad).toThrow(UserError);
    }
  });
});
