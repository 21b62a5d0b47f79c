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
