import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("./", import.meta.url));

/** The rooms, from the roof down: a room imports only from rooms below it. */
const ROOMS = [
  "cli",
  "perf",
  "report",
  "advise",
  "cost",
  "compare",
  "verify",
  "bench",
  "measure",
  "results",
  "importLayout",
  "reproduce",
  "load",
  "selftest",
  "mmu",
  "guest",
  "files",
  "stats",
];
const MODEL = ["mmu", "guest"];

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(?:testing|e2e)\//.test(name));

/** What a file imports, types included: paths within src, or names of packages. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)";|\bimport\("([^"]+)"\)/gm)].map(
    ([, from, dynamic]) => {
      const path = (from ?? dynamic)!;
      return path.startsWith(".") ? relative(SRC, normalize(join(SRC, dirname(file), path))) : path;
    },
  );
}

const roomOf = (path: string) => (path.includes("/") ? path.split("/")[0]! : "");

describe("the house", () => {
  it("has no room that its plan does not name", () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== ""));
    expect([...rooms].filter((room) => !ROOMS.includes(room))).toEqual([]);
  });

  it("lets a room import only from rooms below it", () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => ROOMS.includes(roomOf(target)) && ROOMS.includes(roomOf(file)))
        .filter((target) => ROOMS.indexOf(roomOf(target)) < ROOMS.indexOf(roomOf(file)))
        .map((target) => `${file} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("keeps the model pure: no package but crypto, no Math.random", () => {
    const impure = files
      .filter((file) => MODEL.includes(roomOf(file)))
      .flatMap((file) => [
        ...importsOf(file)
          .filter(
            (target) => !ROOMS.includes(roomOf(target)) && !["errors.js", "node:crypto", "fast-check"].includes(target),
          )
          .map((target) => `${file} -> ${target}`),
        ...(readFileSync(join(SRC, file), "utf8").includes("Math.random(") ? [`${file}: Math.random`] : []),
      ]);
    expect(impure).toEqual([]);
  });
});
