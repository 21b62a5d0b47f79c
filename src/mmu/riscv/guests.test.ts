import { expect, it } from "vitest";
import { riscvGuests, riscvVariants } from "./guests.js";

const modes = (scenarios: readonly { readonly dirtyLog: { readonly mode: string } }[]) =>
  scenarios.map(({ dirtyLog }) => dirtyLog.mode);

it("a mode, a workload or -g says which modes a scenario is taken in; else its own is meant", () => {
  const [scenario] = riscvGuests({ mode: "enable" }, true);
  expect(modes(riscvVariants(scenario!, {}))).toEqual(["enable"]);
  expect(modes(riscvVariants(scenario!, { workload: "clear" }))).toEqual(["clear"]);
  expect(modes(riscvVariants(scenario!, { mode: "both" }))).toEqual(["enable", "clear"]);
  expect(modes(riscvVariants(scenario!, { mode: "clear" }))).toEqual(["clear"]);
  expect(
    modes(riscvVariants({ ...scenario!, dirtyLog: { ...scenario!.dirtyLog, mode: "clear" } }, { g: true })),
  ).toEqual(["enable"]);
  expect(() => riscvVariants(scenario!, { g: true, mode: "clear" })).toThrow("-g with --mode clear: contradict");
});
