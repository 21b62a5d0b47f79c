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
const BASEMENT = ["cleanup.ts", "errors.ts", "exit.ts", "lists.ts", "version.ts"];
/** Files at the root that no room knows. */
const ROOF = ["index.ts", "library.ts"];
const MODEL = ["mmu", "guest"];

/**
 * The folders of MMUs: those that the registry takes its lines from. `flow`, `search`, `exhaustive`
 * and `x86` in the same room are what several of them share.
 */
const MMU_FOLDERS = importsOf("mmu/registry.ts").flatMap((path) => /^mmu\/(\w+)\/index\.js$/.exec(path)?.[1] ?? []);

/**
 * Who may name the insides of an MMU's folder, beside the registry (which names each folder's
 * `index.ts`) and the folder itself: rooms, folders and files, each with its reason. All else knows
 * MMUs through the contract, and a new MMU touches none of it.
 */
const KNOWS_INSIDES: Readonly<Record<string, readonly [reason: string, ...of: string[]]>> = {
  advise: ["holds of arm64's mmu_lock, piece by piece, which no other MMU models", "arm64"],
  cost: ["profiles price the counters of an MMU, and published series are set beside its walks", "arm64", "tdp"],
  importLayout: ["stage-2 dumps are arm64's, and what is imported is a scenario of arm64", "arm64"],
  reproduce: ["a C program is written for the hosts of an MMU: its ioctls and page tables", "arm64", "tdp"],
  selftest: ["dirty_log_perf_test as a flow: guests run on arm64's stage 2", "arm64"],
  perf: ["benchmarks of engines, outside of the package", ...MMU_FOLDERS],
  "report/runRows.ts": ["renders the steps of the flow that run drives", "arm64"],
  "cli/commands/advise.ts": ["the command of advise", "arm64"],
  "cli/commands/run.ts": ["the command of selftest", "arm64"],
  "cli/measuredFrom.ts": ["counts for measured runs of the selftest", "arm64"],
  "mmu/defineStrategy.ts": ["checks arm64's strategies where they are defined", "arm64"],
  "index.ts": ["exports the types that library users write", ...MMU_FOLDERS],
};

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

/**
 * Files that import each other, over however many others: each circle once, from its first name.
 */
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

  it("has an MMU in the registry for each folder that describes one", () => {
    const described = files.flatMap((file) => /^mmu\/(\w+)\/about\.ts$/.exec(file)?.[1] ?? []);
    expect(described.length).toBeGreaterThanOrEqual(4);
    expect(MMU_FOLDERS.toSorted()).toEqual(described.toSorted());
  });

  it("has MMUs that know nothing of each other, and that others know through the contract alone", () => {
    const inside = new RegExp(`^mmu/(${MMU_FOLDERS.join("|")})/`);
    const known = (file: string) =>
      Object.entries(KNOWS_INSIDES).flatMap(([who, [, ...of]]) =>
        file === who || file.startsWith(`${who}/`) ? of : [],
      );
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          const mmu = inside.exec(target)?.[1];
          if (mmu === undefined || inside.exec(file)?.[1] === mmu) return false;
          if (file === "mmu/registry.ts" && target === `mmu/${mmu}/index.js`) return false;
          return !known(file).includes(mmu);
        })
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no reason to know an MMU's insides that nobody has any more", () => {
    const unused = Object.entries(KNOWS_INSIDES).flatMap(([who, [, ...of]]) =>
      (who === "perf" || who === "index.ts" ? [] : of)
        .filter(
          (mmu) =>
            !files.some(
              (file) =>
                (file === who || file.startsWith(`${who}/`)) &&
                importsOf(file).some((target) => target.startsWith(`mmu/${mmu}/`)),
            ),
        )
        .map((mmu) => `${who}: ${mmu}`),
    );
    expect(unused).toEqual([]);
  });

  it("loads no engine with the registry: --help pays for names, options and words alone", () => {
    const loaded = new Set<string>();
    const load = (file: string) => {
      if (loaded.has(file)) return;
      loaded.add(file);
      const text = readFileSync(join(SRC, file), "utf8");
      for (const [, path] of text.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?\bfrom\s+"(\.[^"]+)";/gm)) {
        load(sourceOf(relative(SRC, normalize(join(SRC, dirname(file), path!)))));
      }
    };
    load("mmu/registry.ts");
    const ofMmus = [...loaded].filter((file) => MMU_FOLDERS.some((mmu) => file.startsWith(`mmu/${mmu}/`)));
    expect(ofMmus.filter((file) => !/\/(?:about|index|words|geometry)\.ts$/.test(file))).toEqual([]);
    expect(loaded.size).toBeLessThan(40);
  });

  it("has members that are private by TypeScript's word alone", () => {
    const hash = files.filter((file) => /^ +(?:[a-z]+ )*#\w+\b ?[(:=;]/m.test(readFileSync(join(SRC, file), "utf8")));
    expect(hash).toEqual([]);
  });

  it("has comments of 100 columns at most, in tests too", () => {
    const all = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:ts|mjs|js)$/.test(name));
    const wide = all.flatMap((name) =>
      readFileSync(join(SRC, name), "utf8")
        .split("\n")
        .flatMap((line, i) => (line.length > 100 && /^\s*(?:\/\/|\/?\*)/.test(line) ? [`${name}:${i + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  it("has no circle of files", () => {
    expect(circles()).toEqual([]);
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
