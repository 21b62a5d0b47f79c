import { badInput } from "../../errors.js";
import { Fields } from "../../files/fields.js";
import type { ScenarioBase } from "../contract.js";
import { pagesAt } from "../x86/pages.js";
import { ALIAS_PATTERNS, type AliasPattern } from "./about.js";
import type { ShadowMapping } from "./shadow.js";

/**
 * A scenario of nested eager splitting, with the field names of the golden files' `input`. Frames
 * (gfns) are 4K.
 */
export interface ShadowScenario extends Omit<ScenarioBase, "assumed"> {
  readonly mmu: "x86-shadow";
  readonly workload: "split";
  readonly slot: { readonly baseGfn: number; readonly npages: number };
  /** 1 is 4K, 2 is 2M. */
  readonly targetLevel: number;
  readonly mappings: readonly ShadowMapping[];
  /**
   * A resched is due at every n-th poll, before attempts and after reverse maps; 0 is never. Files
   * may name it `reschedEveryNPolls`, as those of the TDP MMU do.
   */
  readonly reschedEvery: number;
  /** MMU pages that may still be made; null is no limit. */
  readonly availableMmuPages: number | null;
}

/**
 * A scenario as it may be written: what has a default may be left out, and a pattern may stand for
 * the mappings.
 */
export type WrittenShadowScenario = Pick<ShadowScenario, "mmu" | "slot"> &
  Partial<Omit<ShadowScenario, "mmu" | "slot" | "mappings" | "reschedEvery">> &
  (
    | { readonly mappings: readonly WrittenMapping[]; readonly alias?: never }
    | { readonly mappings?: never; readonly alias: AliasPattern }
  ) &
  (
    | { readonly reschedEvery?: number; readonly reschedEveryNPolls?: never }
    | { readonly reschedEvery?: never; readonly reschedEveryNPolls: number }
  );

type WrittenMapping = Pick<ShadowMapping, "gfn" | "count" | "level"> & Partial<ShadowMapping>;

/** Bounds that keep a hostile file from costing more than its reading. */
const MAX_PAGES = 2 ** 24;
const MAX_MAPPINGS = 1_000_000;
const MAX_ROLE = 2 ** 30;
const MAX_SPTES = 2 ** 25;

const KEYS = [
  "mmu",
  "name",
  "description",
  "workload",
  "slot",
  "targetLevel",
  "mappings",
  "alias",
  "reschedEvery",
  "reschedEveryNPolls",
  "availableMmuPages",
];

/**
 * Checks a scenario of nested eager splitting. `alias` in place of `mappings` makes them by
 * pattern: 2M pages over the whole slot, and what is mapped besides.
 *
 * @throws UserError naming the field and what was expected
 */
export function parseShadowScenario(value: unknown, input: string): ShadowScenario {
  const path = input === "" ? "scenario" : input;
  const fields = Fields.of(value, path, KEYS);
  fields.oneOf("mmu", ["x86-shadow"]);
  if (fields.has("workload")) fields.oneOf("workload", ["split"]);
  const name = fields.optionalString("name", 200);
  const description = fields.optionalString("description");
  const slot = slotOf(fields);
  const targetLevel = fields.has("targetLevel") ? fields.integer("targetLevel", 1, 2) : 1;
  if (fields.has("mappings") === fields.has("alias")) {
    throw badInput(
      fields.at("mappings"),
      fields.has("mappings") ? "stands beside alias" : "missing",
      "either mappings or alias",
    );
  }
  const mappings = fields.has("alias")
    ? aliased(fields.oneOf("alias", ALIAS_PATTERNS), slot, fields.at("alias"))
    : fields
        .array("mappings", 0, MAX_MAPPINGS)
        .map((mapping, i) => mappingOf(mapping, `${fields.at("mappings")}[${i}]`, slot));
  const sptes = mappings.reduce((sum, mapping) => sum + sptesOf(mapping, targetLevel), 0);
  if (sptes > MAX_SPTES) throw badInput(path, `makes ${sptes} SPTEs`, `at most ${MAX_SPTES}`);
  const limited = fields.has("availableMmuPages") && fields.raw("availableMmuPages") !== null;
  return {
    mmu: "x86-shadow",
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    workload: "split",
    slot,
    targetLevel,
    mappings,
    reschedEvery: reschedOf(fields),
    availableMmuPages: limited ? fields.integer("availableMmuPages", 0, 2 ** 40) : null,
  };
}

function reschedOf(fields: Fields): number {
  const names = ["reschedEvery", "reschedEveryNPolls"].filter((name) => fields.has(name));
  if (names.length > 1) throw badInput(fields.at("reschedEvery"), "stands beside reschedEveryNPolls", "one of the two");
  return names.length === 0 ? 0 : fields.integer(names[0]!, 0, 1_000_000_000);
}

function slotOf(fields: Fields): ShadowScenario["slot"] {
  const slot = Fields.of(fields.raw("slot"), fields.at("slot"), ["baseGfn", "npages"]);
  return { baseGfn: slot.integer("baseGfn", 0, 2 ** 40 - MAX_PAGES), npages: slot.integer("npages", 1, MAX_PAGES) };
}

function mappingOf(value: unknown, path: string, slot: ShadowScenario["slot"]): ShadowMapping {
  const fields = Fields.of(value, path, ["gfn", "count", "level", "role", "copies", "stride"]);
  const end = slot.baseGfn + slot.npages;
  const level = fields.integer("level", 1, 3);
  const pages = pagesAt(level);
  const gfn = fields.integer("gfn", slot.baseGfn, end - 1);
  const count = fields.integer("count", 1, slot.npages);
  const stride = fields.has("stride") ? fields.integer("stride", 1, slot.npages) : undefined;
  for (const [name, frames] of [
    ["gfn", gfn],
    ["stride", stride ?? 0],
  ] as const) {
    if (frames % pages !== 0)
      throw badInput(fields.at(name), `is ${frames}`, `a multiple of ${pages} at level ${level}`);
  }
  const last = gfn + (count - 1) * (stride ?? pages) + pages;
  if (last > end) throw badInput(path, `ends at gfn ${last}`, `at most ${end}, where the slot ends`);
  return {
    gfn,
    count,
    level,
    role: fields.has("role") ? fields.integer("role", 0, MAX_ROLE) : 0,
    copies: fields.has("copies") ? fields.integer("copies", 1, 10_000) : 1,
    ...(stride === undefined ? {} : { stride }),
  };
}

/** SPTEs that a mapping is, and that splitting it makes. */
function sptesOf({ count, copies, level }: ShadowMapping, targetLevel: number): number {
  let each = 1;
  for (let below = level - 1; below >= targetLevel; below--) each += pagesAt(level) / pagesAt(below);
  return count * copies * each;
}

/**
 * The mappings of a pattern: 2M pages over the whole slot, and 4K entries or another role besides.
 */
function aliased(pattern: AliasPattern, slot: ShadowScenario["slot"], path: string): ShadowMapping[] {
  const pages = pagesAt(2);
  if (slot.baseGfn % pages !== 0 || slot.npages % pages !== 0) {
    throw badInput(path, "needs a slot of whole 2M pages", `baseGfn and npages that are multiples of ${pages}`);
  }
  const gfn = slot.baseGfn;
  const huge = { gfn, count: slot.npages / pages, level: 2, role: 0, copies: 1 };
  const small = { gfn, level: 1, role: 0, copies: 1 };
  switch (pattern) {
    case "none":
      return [huge];
    case "one-gfn":
      return [huge, { ...small, gfn: gfn + 5, count: 1 }];
    case "few":
      return [huge, { ...small, count: 10 }];
    case "one-per-page":
      return [huge, { ...small, gfn: gfn + 3, count: huge.count, stride: pages }];
    case "every-gfn":
      return [huge, { ...small, count: slot.npages }];
    case "roles":
      return [huge, { ...huge, role: 1 }];
  }
}

/**
 * The default guest of a pattern: 2M pages over the memory. @throws UserError where the memory is
 * not whole 2M pages
 */
export function defaultShadowScenario(options: {
  readonly alias: AliasPattern;
  /** Guest memory in bytes, a multiple of 2M; default 1 GiB. */
  readonly memoryBytes?: number;
  readonly target?: "4k" | "2m";
  readonly reschedEvery?: number;
}): ShadowScenario {
  const npages = (options.memoryBytes ?? 2 ** 30) / 4096;
  const { alias, target = "4k", reschedEvery = 0 } = options;
  const name = `nested-${alias}`;
  const targetLevel = target === "2m" ? 2 : 1;
  return parseShadowScenario(
    { mmu: "x86-shadow", name, slot: { baseGfn: 0, npages }, targetLevel, alias, reschedEvery },
    `guest ${name}`,
  );
}
