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
/** Files at the root that import nothing of the house. */
const BASEMENT = ["cleanup.ts", "errors.ts", "exit.ts", "version.ts"];
/** Files at the root that no room knows. */
const ROOF = ["index.ts", "library.ts"];
const MODEL = ["mmu", "guest"];

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(?:testing|e2e|browser)\//.test(name));

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

const sourceOf = (target: string) => target.replace(/\.js$/, ".ts");

/** Files that import each other, over however many others: each circle once, from its first name. */
function circles(): string[] {
  const imports = new Map(files.map((file) => [file, importsOf(file).map(sourceOf)]));
  const found = new Set<string>();
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = path.slice(at);
      const first = circle.indexOf(circle.toSorted()[0]!);
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(" -> "));
    }
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of files) visit(file);
  return [...found];
}

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

  it("has at its root what all may use and uses nothing, and what programs import", () => {
    const root = files.filter((file) => roomOf(file) === "");
    expect(root.sort()).toEqual([...BASEMENT, ...ROOF].sort());
    expect(BASEMENT.flatMap((file) => importsOf(file).filter((target) => files.includes(sourceOf(target))))).toEqual(
      [],
    );
    const known = ROOF.flatMap((file) => importsOf(file).map(roomOf));
    expect(known.filter((room) => ["cli", "perf"].includes(room))).toEqual([]);
    const above = files.filter((file) => !ROOF.includes(file));
    expect(above.filter((file) => importsOf(file).some((target) => ROOF.includes(sourceOf(target))))).toEqual([]);
  });

  it("has no circle of files", () => {
    expect(circles().filter((circle) => !circle.startsWith("mmu/riscv"))).toEqual([]);
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
