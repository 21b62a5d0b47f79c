import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { shortFinding } from "../../report/findings.js";
import { codes, named } from "../../testing/strategies.js";
import type { Mmu } from "../contract.js";
import { hookActivity } from "../hooks.js";
import { x86Shadow } from "../shadow/mmu.js";
import { defaultTdpScenario } from "./guests.js";
import { x86Tdp } from "./mmu.js";
import type { TdpScenario } from "./scenario.js";
import { zapTable } from "./tables.js";

const tdp: Mmu = x86Tdp;

describe("a custom TDP strategy", () => {
  it("counts as the built-in one that it repeats", () => {
    const mine = x86Tdp.adoptStrategy(
      {
        id: "mine",
        mmu: "x86-tdp",
        enter: (t: { firstUsed(i: number): number }, i: number) => t.firstUsed(i),
        next: (t: { firstUsed(i: number): number }, i: number) => t.firstUsed(i + 1),
        body: "present",
      },
      "mine.mjs",
    );
    for (const workload of ["zap", "split", "enable", "clear"] as const) {
      const scenario = defaultTdpScenario({ workload, backing: "mixed", memoryBytes: 2 ** 25 });
      expect(x86Tdp.parse(scenario, "test").run(mine)).toEqual(
        x86Tdp.parse(scenario, "test").run(named(x86Tdp, "used-bitmap")),
      );
    }
  });

  it("is found out where it passes entries over", () => {
    const every2nd = x86Tdp.adoptStrategy(
      { id: "every-2nd", mmu: "x86-tdp", next: (_: unknown, i: number) => Math.min(512, i + 2) },
      "x.mjs",
    );
    const of = (workload: TdpScenario["workload"]) =>
      defaultTdpScenario({ workload, backing: "thp", memoryBytes: 2 ** 25 });
    expect(codes(tdp, of("split"), every2nd)).toEqual(["unsplit-huge-page"]);
    expect(codes(tdp, of("enable"), every2nd)).toEqual(["still-dirty", "unsplit-huge-page", "still-writable"]);
    expect(
      codes(
        tdp,
        {
          ...of("zap"),
          roots: [{ rootLevel: 4, leaves: [{ gfn: 2 ** 27, level: 3, count: 1 }], nonpresentPaths: [] }],
        },
        every2nd,
      ),
    ).toEqual(["missed-entries", "not-zapped"]);
  });

  it("is found out where a zap leaves entries to a pass of a higher level, though the root is empty in the end", () => {
    const leaves = [{ gfn: 0, level: 1, count: 8 }];
    const input = { mmu: "x86-tdp", workload: "zap", roots: [{ rootLevel: 4, leaves, nonpresentPaths: [] }] };
    const bound = x86Tdp.parse(input, "eight");
    const next = (_: unknown, i: number) => Math.min(i + 2, 512);
    const evenOnly = x86Tdp.adoptStrategy({ id: "even-only", mmu: "x86-tdp", next }, "x.mjs");
    expect(bound.run(evenOnly).findings).toEqual([
      { code: "missed-entries", count: 1, data: { root: 0, level: 1, gpa: "0x1000", entries: 4 } },
    ]);
    const never = x86Tdp.adoptStrategy({ id: "never", mmu: "x86-tdp", descend: () => false }, "x.mjs");
    // Eight 4K entries, and the entry of level 2 and that of level 3 above them.
    const { findings, counts } = bound.run(never);
    expect(findings).toEqual([
      { code: "missed-entries", count: 3, data: { root: 0, level: 1, gpa: "0x0", entries: 10 } },
    ]);
    expect(shortFinding(findings[0]!)).toBe("10 entries missed by a pass, first at 0x0");
    const runs = [named(x86Tdp, "baseline"), never].map((strategy) => ({
      strategy: strategy.id,
      counts: bound.run(strategy).counts,
    }));
    expect(counts.zapped).toBe(1);
    expect(zapTable(runs)!.rows.map((row) => row.slice(2))).toEqual([
      ["2048", "512 (zapped 0)", "8"],
      ["1536", "512 (zapped 0)", "1"],
      ["1024", "512 (zapped 0)", "1"],
      ["512", "512", "1"],
      ["5120", "2048 (zapped 1)", "11"],
    ]);
  });

  it("may keep the walk out of tables that it need not enter", () => {
    const shallow = x86Tdp.adoptStrategy(
      { id: "shallow", mmu: "x86-tdp", descend: (t: { level: number }) => t.level > 2 },
      "x.mjs",
    );
    const scenario = defaultTdpScenario({ workload: "enable", backing: "4k", memoryBytes: 2 ** 22 });
    expect(codes(tdp, scenario, shallow)).toEqual(["still-dirty"]);
  });

  it("is refused where it does not fit, by the name of the field", () => {
    const adopt = (exported: unknown) => () => x86Tdp.adoptStrategy(exported, "mine.mjs");
    expect(adopt({ id: "a b", mmu: "x86-tdp" })).toThrow(/^mine\.mjs\.id: is "a b"/);
    expect(adopt({ id: "a", mmu: "arm64" })).toThrow(/^mine\.mjs\.mmu: is "arm64"/);
    expect(adopt({ id: "a", mmu: "x86-tdp", next: 5 })).toThrow(/^mine\.mjs\.next: is a number; expected a function$/);
    expect(adopt({ id: "a", mmu: "x86-tdp", aside: 512 })).toThrow(/^mine\.mjs\.aside: is 512/);
    expect(adopt(null)).toThrow(UserError);
  });

  it("answers for what it throws", () => {
    const scenario = defaultTdpScenario({ workload: "split", backing: "thp", memoryBytes: 2 ** 22 });
    const thrower = () => {
      throw new Error("no idea");
    };
    const mine = x86Tdp.adoptStrategy({ id: "mine", mmu: "x86-tdp", next: thrower }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(mine)).toThrow(UserError);
    expect(() => x86Tdp.parse(scenario, "test").run(mine)).toThrow(
      /^strategy "mine" \(mine\.mjs\): its next\(\) threw Error: no idea$/,
    );
    const stuck = x86Tdp.adoptStrategy({ id: "stuck", mmu: "x86-tdp", next: (_: unknown, i: number) => i }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(stuck)).toThrow(
      /its next\(\) returned number \d+; expected a whole number from \d+ to 512$/,
    );
    const unsure = x86Tdp.adoptStrategy({ id: "unsure", mmu: "x86-tdp", descend: () => 1 }, "mine.mjs");
    expect(() => x86Tdp.parse(scenario, "test").run(unsure)).toThrow(
      /its descend\(\) returned number 1; expected true or false$/,
    );
  });

  it("is watched while one of its hooks runs", () => {
    const scenario = defaultTdpScenario({ workload: "split", backing: "thp", memoryBytes: 2 ** 22 });
    const within: boolean[] = [];
    const seen = <R>(value: R): R => {
      within.push(hookActivity[0] !== hookActivity[1]);
      return value;
    };
    const hooks = {
      enter: (_: unknown, i: number) => seen(i),
      next: (_: unknown, i: number) => seen(i + 1),
      descend: () => seen(true),
    };
    for (const [name, hook] of Object.entries(hooks)) {
      const before = within.length;
      x86Tdp
        .parse(scenario, "test")
        .run(x86Tdp.adoptStrategy({ id: "mine", mmu: "x86-tdp", [name]: hook }, "mine.mjs"));
      expect(within.length, name).toBeGreaterThan(before);
    }
    expect(within).not.toContain(false);
    expect(hookActivity[0]).toBe(hookActivity[1]);
  });

  it("has a name of its own", () => {
    for (const id of ["baseline", "used-bitmap", "all"]) {
      const message = `mine.mjs.id: is "${id}", which is built in; expected a name of its own`;
      expect(() => x86Tdp.adoptStrategy({ id, mmu: "x86-tdp" }, "mine.mjs")).toThrow(message);
    }
    for (const id of ["default-capacity", "all"]) {
      const definition = { id, mmu: "x86-shadow", descriptorCapacity: 600 };
      expect(() => x86Shadow.adoptStrategy(definition, "mine.mjs")).toThrow(`"${id}", which is built in`);
    }
  });
});
