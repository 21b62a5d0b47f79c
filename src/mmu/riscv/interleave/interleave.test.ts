import { describe, expect, it } from "vitest";
import { searchInterleavings } from "../../../verify/interleave.js";
import { DirtyLog } from "../dirtyLog.js";
import type { Engine, MakeEngine } from "../exhaustive/session.js";
import { GStage } from "../gstage.js";
import { strategies } from "../strategies/index.js";
import { riscvInterleave, UNITS } from "./index.js";

const named = (id: string) => strategies.find((strategy) => strategy.id === id)!;
const ONE = { actions: 1, dirtyTracking: "faults" } as const;
const call = { ...ONE, mmu: "riscv", modelVersion: 1, strategies, baseline: named("baseline") };

describe("interleavings on riscv", () => {
  it("find the first proposal's unsplit block although nobody acts, and with any one action nothing that is not Linux's own", async () => {
    const { strategies: verdicts } = await searchInterleavings(riscvInterleave(ONE), call);
    const wrong = verdicts.flatMap(({ strategy, faults }) =>
      faults.map(({ kind, schedule, guest }) => [strategy, kind, schedule, guest] as const),
    );
    expect(wrong).toEqual([
      [
        "posted-v1",
        "unsplit-block",
        [],
        expect.stringMatching(/^a slot of 16 pages from page 2: .* its first word alone/),
      ],
    ]);
    for (const { kernelFaults } of verdicts) expect(kernelFaults.map(({ kind }) => kind)).toEqual(["access-stuck"]);
  });

  it("find the access that never comes through where logging is disabled, as Linux has it", () => {
    const again = UNITS.filter(({ script }) => script.id === "again").slice(0, 1);
    const check = riscvInterleave(ONE, again).check(named("baseline"));
    check.unit(0);
    const [fault] = check.faults();
    expect(fault).toMatchObject({ kind: "access-stuck", finding: { data: { gpa: "0x5000" } } });
    expect(fault!.schedule.map(({ where, action }) => `${where}: ${action}`)).toEqual([
      "before logging is enabled: a vCPU writes page 5",
    ]);
  });

  const kinds = (damage: (engine: Engine) => void): string[] => {
    const make: MakeEngine = (setup, rules) => {
      const gstage = new GStage(setup, rules);
      const engine = { gstage, log: new DirtyLog(gstage) };
      damage(engine);
      return engine;
    };
    const search = riscvInterleave(ONE, UNITS.slice(0, 10), make);
    const check = search.check(named("table-walk"));
    for (let unit = 0; unit < search.units; unit++) check.unit(unit);
    return check.faults().map(({ kind }) => kind);
  };

  it("find a walk that stores again what it read before it dropped the lock, by what others did meanwhile", () => {
    expect(kinds(() => {})).toEqual([]);
    const found = kinds(({ gstage }) => {
      const dropLock = gstage.dropLock.bind(gstage);
      gstage.dropLock = (...args) => {
        const before = gstage.mem.snapshot();
        dropLock(...args);
        gstage.mem.restore(before);
      };
    });
    expect(found).toContain("still-mapped");
  });

  it("find a write-protect that stops a page early, although nobody acts", () => {
    const found = kinds(({ log: { protector } }) => {
      const begin = protector.begin.bind(protector);
      protector.begin = (start, end) => begin(start, end - 1);
    });
    expect(found).toContain("dirty-page-lost/next-write");
  });

  it("have no hardware that tracks dirty pages", () => {
    expect(() => riscvInterleave({ ...ONE, dirtyTracking: "hardware" })).toThrow(/KVM\/riscv has none/);
  });
});
