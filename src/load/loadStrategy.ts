import { stat } from "node:fs/promises";
import * as nodeModule from "node:module";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { badInput, clip, UserError, unknownName } from "../errors.js";
import { nameOf } from "../files/fields.js";
import type { Mmu, Strategy } from "../mmu/contract.js";
import { describeThrown, hookActivity, hookNames, placeIn } from "../mmu/hooks.js";
import { mmus as builtInMmus, defaultMmu, loadMmu, type Registry } from "../mmu/registry.js";
import { rememberBuiltIns } from "./builtIns.js";
import * as moduleHooks from "./moduleHooks.js";
import { isModulePath, MODULE_EXTENSIONS } from "./modulePath.js";
import { moduleWatch } from "./watch.js";

/** A path as messages name it. */
const shown = (path: string) => clip(path, 200);

/** A module that waits longer than this before it has exported anything is not loaded. */
const LONGEST_LOAD_MS = 10_000;
const NEEDED_FOR_TYPESCRIPT =
  "Node.js 22.18 or newer, or TypeScript installed beside the file (npm install -D typescript)";

/**
 * What `--strategy` names, by MMU: names of built-in strategies, `all`, and paths of modules with
 * custom strategies (those that end in .mjs, .js, .mts or .ts, or have a slash). Built-in ones
 * first, in the order of tables; then custom ones, as given. No list is `all`. A name that only
 * another MMU of the plan has is passed over for this one.
 *
 * @throws UserError for an unknown name, or a module that cannot be loaded or used
 */
export async function strategyChooser(
  names: readonly string[] | undefined,
  mmus: readonly Mmu[],
  registry: Registry = builtInMmus,
): Promise<(mmu: Mmu) => Strategy[]> {
  const own: Strategy[] = [];
  const plain: string[] = [];
  for (const name of names ?? ["all"]) {
    if (isModulePath(name)) own.push(await loadStrategy(name, registry));
    else plain.push(name);
  }
  const doubled = own.find((strategy, i) => own.findIndex((other) => other.id === strategy.id) < i);
  if (doubled !== undefined) {
    throw badInput(shown(doubled.source), `its id "${doubled.id}" is that of another strategy given`, "one id each");
  }
  const known = [...new Set(mmus.flatMap((mmu) => mmu.strategies.map(({ id }) => id)))];
  const unknown = plain.find((name) => name !== "all" && !known.includes(name));
  if (unknown !== undefined) throw unknownName("strategy", unknown, ["all", ...known]);
  const foreign = own.find(({ mmu }) => mmus.every(({ id }) => id !== mmu));
  if (foreign !== undefined) {
    throw badInput(
      shown(foreign.source),
      `is a strategy for ${foreign.mmu}`,
      `one for ${mmus.map(({ id }) => id).join(" or ")}`,
    );
  }
  moduleWatch()?.adopted(hookActivity, hookNames);
  return (mmu) => [
    ...mmu.strategies.filter(({ id }) => plain.includes("all") || plain.includes(id)),
    ...own.filter((strategy) => strategy.mmu === mmu.id),
  ];
}

/**
 * Loads a module with a custom strategy: its default export, or its export `strategy`. `mmu` in it
 * says for which MMU it is (arm64 where it does not say).
 *
 * @throws UserError naming the file, and the place in it where that is known
 */
export async function loadStrategy(path: string, registry: Registry = builtInMmus): Promise<Strategy> {
  const name = shown(path);
  const absolute = resolve(path);
  const extension = extname(path);
  if (!MODULE_EXTENSIONS.includes(extension))
    throw badInput(name, "not a module", `a file that ends in ${MODULE_EXTENSIONS.join(", ")}`);
  const info = await stat(absolute).catch(() => undefined);
  if (info === undefined)
    throw badInput(name, "no such file", "a module with a strategy (s2split new-strategy writes one)");
  if (!info.isFile()) throw badInput(name, "not a file", "a module with a strategy");
  installHooks(extension.endsWith("ts"));
  const replaced = rememberBuiltIns();
  moduleWatch()?.loading(name);
  const exports = await importModule(pathToFileURL(absolute).href, path);
  moduleWatch()?.loaded();
  const part = replaced();
  if (part !== undefined)
    throw badInput(name, `replaces ${part}, on which figures rest`, "a module that leaves built-ins alone");
  try {
    return await adopted(exports, path, name, registry);
  } catch (error) {
    if (error instanceof UserError) throw error;
    // Getters and proxies of what it exports are its own code too.
    throw new UserError(`${name}: what it exports cannot be read: ${describeThrown(error)}${placeIn(path, error)}`);
  }
}

async function adopted(
  exports: Record<string, unknown>,
  path: string,
  name: string,
  registry: Registry,
): Promise<Strategy> {
  const exported = exports.default ?? exports.strategy;
  if (exported === undefined) {
    throw badInput(name, "exports no strategy", "a default export, or an export named strategy");
  }
  if (typeof exported !== "object" || exported === null || Array.isArray(exported)) {
    throw badInput(name, `what it exports is ${nameOf(exported)}`, "an object: defineStrategy({ id, ... })");
  }
  const mmu: unknown = "mmu" in exported ? exported.mmu : defaultMmu(registry);
  if (typeof mmu !== "string") throw badInput(`${name}.mmu`, `is ${nameOf(mmu)}`, "a string");
  return (await loadMmu(mmu, registry)).adoptStrategy(exported, path);
}

let hooksInstalled = false;

function installHooks(typescript: boolean): void {
  if (typescript && !runsTypeScript()) process.setSourceMapsEnabled(true);
  if (hooksInstalled || import.meta.url.endsWith(".ts")) return;
  hooksInstalled = true;
  registerHooks(nodeModule, runsTypeScript());
}

/**
 * The part of node:module that takes hooks. `registerHooks` came with Node.js 22.15; `register`
 * runs them in a thread of its own.
 */
interface TakesHooks {
  registerHooks?(hooks: object): void;
  register(specifier: string, parent: string): void;
}

/** Has Node.js use the hooks. @param runs whether it takes TypeScript by itself */
export function registerHooks(api: TakesHooks, runs: boolean): void {
  const { resolve: resolveHook, load } = moduleHooks;
  if (api.registerHooks === undefined) api.register("./moduleHooks.js", import.meta.url);
  else api.registerHooks({ resolve: resolveHook, ...(runs ? {} : { load }) });
}

/** What a TypeScript module needs here, where nothing here runs it; undefined where it runs. */
export function missingForTypeScript(path: string, means?: moduleHooks.Means): string | undefined {
  const runs = runsTypeScript() || moduleHooks.takesTypeScript(pathToFileURL(resolve(path)).href, means);
  return runs ? undefined : NEEDED_FOR_TYPESCRIPT;
}

/** Whether this Node.js takes TypeScript by itself (22.18 and newer). */
function runsTypeScript(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

async function importModule(url: string, path: string): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  // A module that waits for ever would leave nothing to do, and Node.js would end with nothing
  // said.
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(badInput(shown(path), `still waiting after ${LONGEST_LOAD_MS / 1000} s`, "a module that loads")),
      LONGEST_LOAD_MS,
    );
  });
  try {
    return (await Promise.race([import(url).catch((error: unknown) => named(path, error)), late])) as Record<
      string,
      unknown
    >;
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Error && error.message.includes(moduleHooks.NO_TYPESCRIPT)) {
      throw badInput(
        shown(path),
        "is TypeScript, which this Node.js does not run",
        `${NEEDED_FOR_TYPESCRIPT}, or an .mjs`,
      );
    }
    throw new UserError(`${shown(path)}: cannot be loaded: ${describeThrown(error)}${await placeOf(path, error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What this very package refuses while the module loads (defineStrategy, say) has no name of a file
 * yet.
 */
function named(path: string, error: unknown): never {
  if (!(error instanceof UserError)) throw error;
  throw new UserError(`${shown(path)}: ${error.message}${placeIn(path, error)}`);
}

/**
 * Where a module failed to load. Of a syntax error Node.js keeps the place to itself, but tells it
 * when asked to check the file.
 */
async function placeOf(path: string, error: unknown): Promise<string> {
  if (!(error instanceof SyntaxError) || extname(path).endsWith("ts")) return placeIn(path, error);
  const { x } = await import("tinyexec");
  const { stderr } = await x(process.execPath, ["--check", resolve(path)], { timeout: LONGEST_LOAD_MS });
  const line = /^.*:(\d+)\r?$/m.exec(stderr)?.[1];
  return line === undefined ? "" : `, at ${basename(path)}:${line}`;
}
