import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { UserError } from "../errors.js";
import { arm64 } from "../mmu/arm64/mmu.js";
import type { Mmu } from "../mmu/contract.js";
import { hookActivity, hookNames } from "../mmu/hooks.js";
import { x86Tdp } from "../mmu/tdp/mmu.js";
import { toy, toyMmu } from "../testing/toyMmu.js";
import { loadStrategy, missingForTypeScript, registerHooks, strategyChooser } from "./loadStrategy.js";
import { load, NO_TYPESCRIPT, resolve } from "./moduleHooks.js";
import { watchModules } from "./watch.js";

const folder = mkdtempSync(join(tmpdir(), "s2split-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module of this text. */
function moduleWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A module that exports a strategy. */
function moduleOf(name: string, id: string): string {
  return moduleWith(name, `export default ${JSON.stringify({ id })};\n`);
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

describe("the strategies chosen", () => {
  const toys = [toyMmu] as unknown as readonly Mmu[];
  const ids = async (names: readonly string[] | undefined) =>
    (await strategyChooser(names, toys, [toy]))(toys[0]!).map(({ id }) => id);

  it("are all where none is named or all are, with modules after them", async () => {
    const own = moduleWith("toy.mjs", 'export default { id: "own", step: 1 };');
    expect(await ids(undefined)).toEqual(["each", "every-other"]);
    expect(await ids([own, "all", "each"])).toEqual(["each", "every-other", "own"]);
    expect(await ids(["every-other"])).toEqual(["every-other"]);
    expect(await ids([])).toEqual([]);
  });

  it("are refused by name where no MMU has one, with each name that there is once", async () => {
    const message = 'strategy "eahc": unknown, did you mean "each"?; expected one of all, each, every-other';
    await expect(strategyChooser(["all", "eahc"], [...toys, ...toys], [toy])).rejects.toThrow(new UserError(message));
  });

  it("are refused where a module is for none of the MMUs", async () => {
    const path = moduleWith("for-toy.mjs", 'export default { id: "own", mmu: "toy", step: 1 };');
    await expect(strategyChooser([path], mmus, [toy])).rejects.toThrow(
      new UserError(`${path}: is a strategy for toy; expected one for arm64 or x86-tdp`),
    );
  });
});

it("whoever watches is told of a module before and after it is loaded, and of hooks when all are adopted", async () => {
  const told: unknown[][] = [];
  watchModules({
    loading: (path) => told.push(["loading", path]),
    loaded: () => told.push(["loaded"]),
    adopted: (activity, names) => told.push(["adopted", activity, names]),
  });
  onTestFinished(() => watchModules(null));
  const [a, b] = [moduleOf("watched-a.mjs", "a"), moduleWith("watched-b.mjs", "throw 1;")];
  await chosen(a);
  expect(told).toEqual([["loading", a], ["loaded"], ["adopted", hookActivity, hookNames]]);
  told.length = 0;
  await expect(chosen(b)).rejects.toThrow(UserError);
  expect(told).toEqual([["loading", b]]);
});

describe("a module", () => {
  const adopted = async (name: string, text: string) => loadStrategy(moduleWith(name, text), [toy]);

  it("exports its strategy as default or by name, for the MMU that it names or the first", async () => {
    const strategy = { id: "own", mmu: "toy", origin: "", knownFaults: [], summary: "a custom strategy", step: 2 };
    for (const [name, text] of [
      ["default.mjs", 'export default { id: "own", step: 2 }; export const strategy = 3;'],
      ["named.mjs", 'export const strategy = { id: "own", mmu: "toy", step: 2 };'],
    ] as const) {
      expect(await adopted(name, text)).toEqual({ ...strategy, source: join(folder, name) });
    }
  });

  it.each<[text: string, message: string]>([
    ["export const other = {};", ": exports no strategy; expected a default export, or an export named strategy"],
    ["export default undefined;", ": exports no strategy; expected a default export, or an export named strategy"],
    ...(["3", "null", "[]"] as const).map((value): [string, string] => [
      `export const strategy = ${value};`,
      `: what it exports is ${{ "3": "a number", null: "null", "[]": "an array" }[value]}; expected an object: defineStrategy({ id, ... })`,
    ]),
    ["export default { mmu: 5 };", ".mmu: is a number; expected a string"],
    ['export default { id: "each", step: 1 };', '.id: is "each", which is built in; expected a name of its own'],
    [
      'export default {\n  get mmu() { throw new RangeError("oh"); },\n};',
      ": what it exports cannot be read: RangeError: oh, at NAME:2:21",
    ],
    ['\n throw new TypeError("no");', ": cannot be loaded: TypeError: no, at NAME:2:8"],
    ['throw "text";', ': cannot be loaded: "text"'],
    [
      "const a = 1;\nconst a = 2;",
      ": cannot be loaded: SyntaxError: Identifier 'a' has already been declared, at NAME:2",
    ],
    [
      "String.prototype.trim = () => '';\nexport default {};",
      ": replaces String.prototype.trim, on which figures rest; expected a module that leaves built-ins alone",
    ],
  ])("is refused for what it exports or does: %j", async (text, message) => {
    const name = `refused-${message.length}-${text.length}.mjs`;
    const refused: unknown = await adopted(name, text).catch((error) => error);
    expect(refused).toBeInstanceOf(UserError);
    expect((refused as Error).message).toBe(`${join(folder, name)}${message.replace("NAME", name)}`);
  });

  it("that is unknown to its MMU is refused by that name", async () => {
    await expect(adopted("unknown.mjs", 'export default { mmu: "tyo" };')).rejects.toThrow(
      new UserError('MMU "tyo": unknown, did you mean "toy"?; expected one of toy'),
    );
  });

  it("is named before what this package refuses while it is loaded", async () => {
    vi.stubGlobal("refusal", new UserError("defineStrategy: wrong"));
    onTestFinished(() => void vi.unstubAllGlobals());
    await expect(adopted("defining.mjs", "throw refusal;")).rejects.toThrow(
      new UserError(`${join(folder, "defining.mjs")}: defineStrategy: wrong`),
    );
  });

  it("in TypeScript that cannot be parsed has its place from what runs it", async () => {
    const name = "parsed.mts";
    const thrown =
      'const error = new SyntaxError("no");\nerror.stack = "SyntaxError: no\\n    at /a/parsed.mts:3:5";\nthrow error;';
    await expect(adopted(name, thrown)).rejects.toThrow(
      new UserError(`${join(folder, name)}: cannot be loaded: SyntaxError: no, at parsed.mts:3:5`),
    );
  });

  it("is given ten seconds to load", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const path = moduleWith("waiting.mjs", "await new Promise(() => {});");
    const begun = new Promise((resolve) => watchModules({ loading: resolve, loaded: () => {}, adopted: () => {} }));
    onTestFinished(() => watchModules(null));
    let refused: unknown;
    const loading = loadStrategy(path).catch((error) => {
      refused = error;
    });
    await begun;
    await vi.advanceTimersByTimeAsync(9_999);
    expect(refused).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await loading;
    expect(refused).toEqual(new UserError(`${path}: still waiting after 10 s; expected a module that loads`));
  });

  it("is named in messages by the beginning of a path that is long", async () => {
    const path = `./${"x".repeat(195)}.js`;
    expect(path).toHaveLength(200);
    await expect(loadStrategy(path)).rejects.toThrow(`${path}: no such file`);
    await expect(loadStrategy(`.${path}`)).rejects.toThrow(`.${path.slice(0, 196)}...: no such file`);
  });

  it("in TypeScript has places in its own lines where Node.js does not run it by itself", async () => {
    const sourceMaps = vi.spyOn(process, "setSourceMapsEnabled").mockReturnValue();
    onTestFinished(() => sourceMaps.mockRestore());
    await adopted("plain.mjs", 'export default { id: "own", step: 1 };');
    expect(sourceMaps).not.toHaveBeenCalled();
    const runsIt = Boolean((process.features as { typescript?: unknown }).typescript);
    await adopted("typed.mts", 'export default { id: "own", step: 1 };').catch(() => {});
    expect(sourceMaps.mock.calls).toEqual(runsIt ? [] : [[true]]);
  });
});

describe("hooks for modules", () => {
  it("run beside the program where Node.js has that, and leave TypeScript to it where it takes it", () => {
    const given: unknown[] = [];
    const api = { registerHooks: (hooks: object) => void given.push(hooks), register: () => given.push("thread") };
    registerHooks(api, false);
    registerHooks(api, true);
    expect(given).toEqual([{ resolve, load }, { resolve }]);
  });

  it("run in a thread of their own otherwise", () => {
    const given: unknown[] = [];
    registerHooks({ register: (...args) => given.push(args) }, false);
    expect(given).toEqual([["./moduleHooks.js", expect.stringMatching(/\/load\/loadStrategy\.[jt]s$/)]]);
  });
});

it("a module in TypeScript needs something only where nothing runs it", () => {
  const path = join(folder, "mine.ts");
  const own = pathToFileURL(path).href;
  expect(missingForTypeScript(path)).toBeUndefined();
  expect(missingForTypeScript(path, { strip: (text) => text, own })).toBeUndefined();
  const runsIt = Boolean((process.features as { typescript?: unknown }).typescript);
  expect(missingForTypeScript(path, { strip: undefined, own })).toBe(
    runsIt ? undefined : "Node.js 22.18 or newer, or TypeScript installed beside the file (npm install -D typescript)",
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
  const expected =
    "Node.js 22.18 or newer, or TypeScript installed beside the file (npm install -D typescript), or an .mjs";
  await expect(loadStrategy(path)).rejects.toThrow(
    new UserError(`${path}: is TypeScript, which this Node.js does not run; expected ${expected}`),
  );
});
