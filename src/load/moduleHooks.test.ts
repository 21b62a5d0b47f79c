import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { load, NO_TYPESCRIPT, resolve, takesTypeScript } from "./moduleHooks.js";

const root = mkdtempSync(join(tmpdir(), "s2split-hooks-"));
afterAll(() => rmSync(root, { recursive: true }));

/**
 * A folder with one module in TypeScript, and what is installed as TypeScript there. @returns the
 * module's URL
 */
function folderWith(name: string, compiler?: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, "node_modules", "typescript"), { recursive: true });
  writeFileSync(join(folder, "mine.ts"), `of ${name}`);
  if (compiler !== undefined) writeFileSync(join(folder, "node_modules", "typescript", "index.js"), compiler);
  return pathToFileURL(join(folder, "mine.ts")).href;
}

/** A compiler that tells what it was given. */
const telling = (name: string) =>
  `exports.transpileModule = (...given) => ({ outputText: JSON.stringify(["${name}", ...given]) });`;
const bare = folderWith("bare");
const beside = folderWith("beside", telling("beside"));
const broken = folderWith("broken", "exports.version = 1;");
const own = folderWith("own", telling("own"));

const next = (...given: unknown[]) => given;
const context = { conditions: [] };
const compiled = (url: string, means: Parameters<typeof load>[3]) => {
  const { source, ...rest } = load(url, context, next, means) as { source: string };
  expect(rest).toEqual({ format: "module", shortCircuit: true });
  return JSON.parse(source) as unknown;
};
const options = (name: string) => ({
  fileName: join(root, name, "mine.ts"),
  compilerOptions: { module: 99, target: 9, inlineSourceMap: true },
});

describe("hooks of custom modules", () => {
  it("resolve this package's name to itself wherever the module lies, and leave others alone", () => {
    expect(resolve("s2split", context, next)).toEqual({
      url: expect.stringMatching(/\/(?:src|dist)\/index\.js$/),
      shortCircuit: true,
    });
    expect(resolve("s2split/more", context, next)).toEqual(["s2split/more", context]);
  });

  it.each(["file:///a/b.js", "file:///a/b.mjs", "file:///a/b.tsx", "file:///a/ts", "https://a/b.ts", "data:a.ts"])(
    "leave alone what is no TypeScript in a file: %s",
    (url) => {
      expect(load(url, context, next)).toEqual([url, context]);
    },
  );

  it("strip types where Node.js can, without a compiler", () => {
    const means = { strip: (text: string) => JSON.stringify(["stripped", text]), own: bare };
    expect(compiled(beside, means)).toEqual(["stripped", "of beside"]);
    expect(compiled(`${beside}?again`, means)).toEqual(["stripped", "of beside"]);
    expect(takesTypeScript(bare, means)).toBe(true);
  });

  it("else compile by the TypeScript beside the module, or else beside this package", () => {
    const means = { strip: undefined, own };
    expect(compiled(beside, means)).toEqual(["beside", "of beside", options("beside")]);
    expect(compiled(bare, means)).toEqual(["own", "of bare", options("bare")]);
    expect(compiled(broken, means)).toEqual(["own", "of broken", options("broken")]);
    expect([beside, bare, broken].map((url) => takesTypeScript(url, means))).toEqual([true, true, true]);
  });

  it("say that nothing runs TypeScript where there is none", () => {
    const means = { strip: undefined, own: bare };
    expect(() => load(broken, context, next, means)).toThrow(new Error(NO_TYPESCRIPT));
    expect([beside, bare, broken].map((url) => takesTypeScript(url, means))).toEqual([true, false, false]);
  });

  it("find the TypeScript that this project has where nothing else is said", () => {
    expect(takesTypeScript(bare)).toBe(true);
  });
});
