import { badInput } from "../../errors.js";
import { Fields } from "../../files/fields.js";
import { ABOUT_FIELDS, type About, aboutOf, requireFunctions } from "../adopt.js";
import { guardHook, guardNotice, type HookOwner, LoopGuard } from "../hooks.js";
import { looped, passTables, UNUSABLE, visitPages } from "./hookLoops.js";
import { readOnly } from "./readOnlyPosition.js";
import { strategies } from "./strategies/index.js";
import { asksAtPages, type SplitStrategy, type StrategyDefinition, strategyFrom } from "./strategy.js";
import type { AfterPages, PassTables } from "./walk.js";
import {
  CONTINUE,
  SKIP_CHILDREN,
  SKIP_SIBLINGS,
  WALK_TABLE_POST,
  WALK_TABLE_PRE,
  type WalkPosition,
} from "./walkRules.js";

const HOOKS = ["enter", "afterVisit", "beforeWalk"] as const;
const FIELDS = [...ABOUT_FIELDS, "flags", "maxLevel", "skips", "marks", "afterPage", ...HOOKS];

/** @throws UserError naming the first field that is wrong, and what was expected */
export function checkArm64Definition(given: unknown, input: string): About {
  const fields = Fields.of(given, input, FIELDS);
  if (fields.has("mmu")) fields.oneOf("mmu", ["arm64"]);
  const about = aboutOf(fields, strategies);
  requireFunctions(fields, HOOKS);
  if (fields.has("flags")) checkFlags(fields);
  if (fields.has("maxLevel")) fields.integer("maxLevel", 0, 3);
  if (fields.has("skips")) fields.oneOf("skips", ["structured", "as-posted"]);
  if (fields.has("afterPage")) fields.integer("afterPage", CONTINUE, SKIP_SIBLINGS);
  if (fields.has("marks")) fields.boolean("marks");
  return about;
}

/**
 * Checks what a user's module exports and makes a strategy of it, whose hooks are guarded (see
 * {@link guardHook}).
 *
 * @param input path of the module, for messages and as the strategy's source
 * @throws UserError naming the field and what was expected
 */
export function adoptArm64Strategy(exported: unknown, input: string): SplitStrategy {
  const about = checkArm64Definition(exported, input);
  const given = exported as StrategyDefinition;
  const owner = { id: about.id, source: input };
  const { enter, afterVisit, beforeWalk, mmu: _, ...plain } = given;
  const definition: StrategyDefinition = {
    ...plain,
    ...about,
    ...(enter && {
      enter: guardHook(owner, "enter", (at) => enter.call(given, at), readOnly(), isBoolean, BOOLEANS),
    }),
    ...(afterVisit && {
      afterVisit: guardHook(
        owner,
        "afterVisit",
        (at) => afterVisit.call(given, at),
        readOnly(),
        isWalkCode,
        WALK_CODES,
      ),
    }),
    ...(beforeWalk && { beforeWalk: guardNotice(owner, "beforeWalk", (from, to) => beforeWalk.call(given, from, to)) }),
  };
  return {
    ...strategyFrom(definition, input),
    ...(enter && { pass: guardedTables(owner, enter, given) }),
    ...(asksAtPages(given) && { afterPages: guardedPages(owner, given.afterVisit, given) }),
  };
}

/**
 * `afterVisit` at runs of pages, guarded run by run: a guard around each call would cost more than
 * all else that a page takes.
 */
function guardedPages(owner: HookOwner, hook: (at: WalkPosition) => number, self: unknown): AfterPages {
  const guard = new LoopGuard(owner, "afterVisit");
  const guarded = looped(hook, self, guard.activity);
  const view = readOnly();
  return (walker, slot, count) => {
    let valid = UNUSABLE;
    guard.began();
    try {
      valid = visitPages(walker, slot, count, guarded, view(walker));
    } catch (error) {
      throw guard.threw(error);
    } finally {
      guard.ended();
    }
    if (valid === UNUSABLE) throw guard.unusable(guarded.returned, WALK_CODES);
    return valid;
  };
}

/** `enter` at runs of tables, in the same way. */
function guardedTables(owner: HookOwner, hook: (at: WalkPosition) => boolean, self: unknown): PassTables {
  const guard = new LoopGuard(owner, "enter");
  const guarded = looped(hook, self, guard.activity);
  const view = readOnly();
  return (walker, slot, count, next) => {
    let passed = UNUSABLE;
    guard.began();
    try {
      passed = passTables(walker, slot, count, next, guarded, view(walker));
    } catch (error) {
      throw guard.threw(error);
    } finally {
      guard.ended();
    }
    if (passed === UNUSABLE) throw guard.unusable(guarded.returned, BOOLEANS);
    return passed;
  };
}

const BOOLEANS = "true or false";
const WALK_CODES = `CONTINUE (${CONTINUE}), SKIP_CHILDREN (${SKIP_CHILDREN}) or SKIP_SIBLINGS (${SKIP_SIBLINGS})`;

function isWalkCode(value: unknown): value is number {
  return value === CONTINUE || value === SKIP_CHILDREN || value === SKIP_SIBLINGS;
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function checkFlags(fields: Fields): void {
  const flags = fields.integer("flags", 0, 511);
  if ((flags & (WALK_TABLE_PRE | WALK_TABLE_POST)) !== 0) {
    throw badInput(
      fields.at("flags"),
      `is ${flags}, which has TABLE_PRE or TABLE_POST, and the split visitor does nothing at tables`,
      "WALK_PAGE, WALK_BLOCK, WALK_LEAF and WALK_SKIP_LEVEL0 << n",
    );
  }
}
