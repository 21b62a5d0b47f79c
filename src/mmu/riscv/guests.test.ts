import { expect, it } from "vitest";
import { riscvGuests, riscvVariants } from "./guests.js";

const modes = (scenarios: readonly { readonly dirtyLog: { readonly mode: string } }[]) =>
  scenarios.map(({ dirtyLog }) => dirtyLog.mode);

it("a mode, a workload or -g says which modes a scenario is taken in; else its own is meant", () => {
  const [scenario] = riscvGuests({ seed: 1, mode: "enable" }, true);
  expect(modes(riscvVariants(scenario!, { seed: 1 }))).toEqual(["enable"]);
  expect(modes(riscvVariants(scenario!, { seed: 1, workload: "clear" }))).toEqual(["clear"]);
  expect(modes(riscvVariants(scenario!, { seed: 1, mode: "both" }))).toEqual(["enable", "clear"]);
  expect(modes(riscvVariants(scenario!, { seed: 1, mode: "clear" }))).toEqual(["clear"]);
  expect(
    modes(riscvVariants({ ...scenario!, dirtyLog: { ...scenario!.dirtyLog, mode: "clear" } }, { seed: 1, g: true })),
  ).toEqual(["enable"]);
  expect(() => riscvVariants(scenario!, { seed: 1, g: true, mode: "clear" })).toThrow(
    "-g with --mode clear: contradict",
  );
});

it("a default guest has the first mode that it fits, and the parameters that were asked for", () => {
  const [plain] = riscvGuests({ seed: 1, backing: ["4k"] }, false);
  expect(plain).toEqual({
    mmu: "riscv",
    name: "4k-1G",
    gstage: "sv39x4",
    memslots: [{ base: "0x40000000", segments: [{ map: "4K", size: "1G" }] }],
    dirtyLog: { mode: "enable", eagerSplit: true },
  });
  const gstageOf = (base: string) => riscvGuests({ seed: 1, base, memory: "1G" }, true).map(({ gstage }) => gstage);
  expect(["0x1ffc0000000", "0x1ffc0001000", "0x3ffffc0000000", "0x3ffffc0001000"].map(gstageOf)).toEqual([
    ["sv39x4"],
    ["sv48x4"],
    ["sv48x4"],
    ["sv57x4"],
  ]);
  const [asked] = riscvGuests({ seed: 1, gstage: "sv57x4", eager: "off", reschedEvery: 0, mode: "clear" }, true);
  expect(asked).toMatchObject({
    gstage: "sv57x4",
    dirtyLog: { mode: "clear", eagerSplit: false, reschedEveryNPolls: 0 },
  });
  expect(riscvGuests({ seed: 1 }, false).map(({ name }) => name)).toEqual(["4k-1G", "thp-1G", "hugetlb-1g-1G"]);
});

it("a variant keeps what is not asked for, and loses masks where logging is enabled", () => {
  const [scenario] = riscvGuests({ seed: 1, mode: "clear", eager: "off", reschedEvery: 3, gstage: "sv48x4" }, true);
  const masked = { ...scenario!, memslots: scenario!.memslots.map((slot) => ({ ...slot, dirty: { words: ["0x1"] } })) };
  expect(riscvVariants(masked, { seed: 1 })).toEqual([masked]);
  expect(riscvVariants(masked, { seed: 1, mode: "enable", eager: "on", gstage: "sv57x4", reschedEvery: 5 })).toEqual([
    {
      ...scenario!,
      gstage: "sv57x4",
      dirtyLog: { mode: "enable", eagerSplit: true, reschedEveryNPolls: 5 },
    },
  ]);
});
