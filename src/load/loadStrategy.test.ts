import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { UserError } from "../errors.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Mmu } from "../mmu/contract.js";
import { x86Tdp } from "../mmu/tdp/mmu.js";
import { loadStrategy, strategyChooser } from "./loadStrategy.js";
import { NO_TYPESCRIPT } from "./moduleHooks.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module that exports a strategy. */
function moduleOf(name: string, id: string): string {
  const path = join(folder, name);
  writeFileSync(path, `export default ${JSON.stringify({ id })};\n`);
  return path;
}

const mmus = [arm64, x86Tdp] as unknown as readonly Mmu[];
const chosen = async (...names: string[]) =>
  (await strategyChooser(names, mmus))(arm64 as unknown as Mmu).map(({ id }) => id);

it("leaves no timer behind that would keep a program from ending", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const loaded = await loadStrategy(moduleOf("timely.mjs", "timely"));
  const left = vi.getTimerCount();
  vi.useRealTimers();
  expect(loaded.id).toBe("timely");
  expect(left).toBe(0);
});

it("names are taken in the order of tables, then modules as they are given, for the MMU that they are for", async () => {
  const [b, a] = [moduleOf("b.mjs", "b"), moduleOf("a.mjs", "a")];
  expect(await chosen(b, "max-level", a, "baseline")).toEqual(["baseline", "max-level", "b", "a"]);
  expect((await strategyChooser([b, "baseline"], mmus))(x86Tdp as unknown as Mmu).map(({ id }) => id)).toEqual([
    "baseline",
  ]);
});

it("two modules of one id are refused by the name of the second", async () => {
  const [first, second] = [moduleOf("first.mjs", "same"), moduleOf("second.mjs", "same")];
  await expect(chosen(first, second)).rejects.toThrow(
    `${second}: its id "same" is that of another strategy given; expected one id each`,
  );
});

it("a module for an MMU that no scenario is of is refused", async () => {
  const path = moduleOf("foreign.mjs", "foreign");
  await expect(strategyChooser([path], mmus.slice(1))).rejects.toThrow(
    `${path}: is a strategy for arm64; expected one for x86-tdp`,
  );
});

it("what is no module is refused before it is loaded", async () => {
  mkdirSync(join(folder, "sub.mjs"));
  const refusals: [path: string, message: string][] = [
    ["strategy.txt", "not a module; expected a file that ends in .mjs, .js, .mts, .ts"],
    ["missing.mjs", "no such file; expected a module with a strategy (s2split new-strategy writes one)"],
    ["sub.mjs", "not a file; expected a module with a strategy"],
  ];
  for (const [name, message] of refusals) {
    const path = join(folder, name);
    await expect(loadStrategy(path)).rejects.toThrow(new UserError(`${path}: ${message}`));
  }
});

it("where nothing runs TypeScript, a module in it is refused with what would", async () => {
  const path = join(folder, "typed.mjs");
  // What the loader says of a .ts where it finds no compiler.
  writeFileSync(path, `throw new Error("${NO_TYPESCRIPT}");\n`);
  await expect(loadStrategy(path)).rejects.toThrow(
    /typed\.mjs: is TypeScript, which this Node\.js does not run; expected .+, or an \.mjs$/,
  );
});
