/**
 * Module hooks for custom strategies: `import ... from "s2split"` finds this very package wherever
 * the module lies, and TypeScript runs on versions of Node.js that do not take it themselves.
 * Loaded by {@link loadStrategy} only; on older versions of Node.js it runs in a thread of its own.
 */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const OWN_PACKAGE = new URL("../index.js", import.meta.url).href;

/** What there is to make JavaScript of TypeScript. */
export interface Means {
  /** Of Node.js, where it can. */
  readonly strip: ((text: string) => string) | undefined;
  /** Where this package lies, beside whose modules a compiler may be installed. */
  readonly own: string;
}

const MEANS: Means = {
  strip: (nodeModule as { stripTypeScriptTypes?: (text: string) => string }).stripTypeScriptTypes,
  own: import.meta.url,
};

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source?: string;
  readonly shortCircuit?: boolean;
}

/**
 * `next` gives a promise in a thread of its own, and a value where the hooks run beside the
 * program; both are passed on.
 */
export function resolve<C, N>(specifier: string, context: C, next: (specifier: string, context: C) => N): N | Resolved {
  if (specifier === "s2split") return { url: OWN_PACKAGE, shortCircuit: true };
  return next(specifier, context);
}

export function load<C, N>(
  url: string,
  context: C,
  next: (url: string, context: C) => N,
  means: Means = MEANS,
): N | Loaded {
  if (!/^file:.*\.m?ts(\?|$)/.test(url)) return next(url, context);
  return { format: "module", source: javaScriptOf(fileURLToPath(url), url, means), shortCircuit: true };
}

/**
 * Thrown by {@link load} where nothing on this machine takes TypeScript; told apart by its message,
 * which crosses threads.
 */
export const NO_TYPESCRIPT = "nothing here runs TypeScript";

/**
 * Whether {@link load} can take a TypeScript module at this URL, on a Node.js that does not take it
 * by itself.
 */
export function takesTypeScript(url: string, means: Means = MEANS): boolean {
  return means.strip !== undefined || compilerNear(url, means) !== undefined;
}

function javaScriptOf(path: string, url: string, means: Means): string {
  const text = readFileSync(path, "utf8");
  if (means.strip !== undefined) return means.strip(text);
  const compiler = compilerNear(url, means);
  if (compiler === undefined) throw new Error(NO_TYPESCRIPT);
  const { outputText } = compiler.transpileModule(text, {
    fileName: path,
    compilerOptions: { module: 99, target: 9, inlineSourceMap: true },
  });
  return outputText;
}

interface Compiler {
  transpileModule(text: string, options: object): { readonly outputText: string };
}

/** The TypeScript that is installed where the module lies, else where this package lies. */
function compilerNear(url: string, { own }: Means): Compiler | undefined {
  for (const from of [url, own]) {
    try {
      const compiler = nodeModule.createRequire(from)("typescript") as Partial<Compiler>;
      if (typeof compiler.transpileModule === "function") return compiler as Compiler;
    } catch {
      // Not installed there: the next place, and then the caller's message.
    }
  }
  return undefined;
}
