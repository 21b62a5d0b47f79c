import { count, FEW_ENTRIES, LIGHT_TOPS, treesOf } from "../../exhaustive/bounds.js";
import type { Scope } from "../../exhaustive/search.js";
import { pairs, SmallTree, TOP_PAGES, type TopEntry, topEntries } from "../../exhaustive/trees.js";
import type { Bound } from "../../exhaustive.js";
import type { RiscvScenario } from "../scenario.js";
import type { PlacedTree } from "./geometry.js";
import { placeScenarios } from "./places.js";
import { caseWords, scaledScenarios } from "./scale.js";
import type { Circumstances, Trials, WrongCase } from "./session.js";
import { clears, clearsAcross, Works } from "./works.js";

/** All that a bound has. */
export interface RiscvBound extends Scope<PlacedTree, WrongCase, RiscvScenario> {
  readonly trials: Trials;
}

/** More pages than a tree takes. */
const PLENTY = 16;

/** Each cache with each rhythm of polls, and once without eager splitting. */
function circumstances(
  caches: readonly (readonly [spareCapacity: number, cachePages: number])[],
  rhythms: readonly number[],
): readonly Circumstances[] {
  const eager = caches.flatMap(([spareCapacity, cachePages]) =>
    rhythms.map((reschedEvery) => ({ spareCapacity, cachePages, reschedEvery, eagerSplit: true })),
  );
  return [...eager, { spareCapacity: 0, cachePages: 0, reschedEvery: 0, eagerSplit: false }];
}

const FEW = circumstances(
  [
    [0, 0],
    [PLENTY, 1],
  ],
  [0, 2],
);
const FEW_CIRCUMSTANCES =
  `a page cache of as many pages as a walk may need or of ${PLENTY} more, of which one is left from earlier ` +
  "work, need_resched never or at every " +
  "second poll";
const MANY = circumstances(
  [
    [0, 0],
    [1, 1],
    [PLENTY, 2],
  ],
  [0, 1, 2],
);
const MANY_CIRCUMSTANCES =
  `a page cache of as many pages as a walk may need, of one more or of ${PLENTY} more, of which none, one or two ` +
  "are left from earlier work, " +
  "need_resched never, at every poll or at every second";

export function boundOf(bound: Bound): RiscvBound {
  const small = bound === "small";
  const { trees, words } = treesOf(bound, "level-1");
  const few = topEntries(FEW_ENTRIES).map((top) => [top]);
  const light = pairs(LIGHT_TOPS);
  const deeper = small ? light : [...few, ...light];
  const shallow = bound === "large" ? [...few, ...trees] : trees;
  const trials: Trials = {
    works: [new Works(TOP_PAGES, clears(TOP_PAGES, bound === "large")), new Works(2 * TOP_PAGES, clearsAcross())],
    circumstances: small ? FEW : MANY,
  };
  const places = placeScenarios(small ? "some" : "all");
  const natural = new SmallTree();
  return {
    trees: [...inMode("sv39x4", shallow), ...inMode("sv48x4", deeper), ...inMode("sv57x4", deeper)],
    trials,
    places,
    combinations: ({ tops }) => {
      natural.set(tops);
      return trials.works[tops.length - 1]!.legal(natural) * trials.circumstances.length;
    },
    words: caseWords,
    scaled: scaledScenarios,
    text:
      `${words}${bound === "large" ? ` (in Sv39x4 ${count(few)} below one, too)` : ""}, in Sv39x4, and ` +
      `${count(deeper)} simpler ones in each of Sv48x4 and ` +
      "Sv57x4, where two entries of the root meet; in tables of 4 entries, enabled in every slot out of which no " +
      "block sticks, and cleared by " +
      "words of 4 pages from each page of the first block on (below two top entries: where they meet), with " +
      "every mask of a word, alone and " +
      `after ${bound === "large" ? "every mask of the word before" : "a full one"}; with ` +
      `${small ? FEW_CIRCUMSTANCES : MANY_CIRCUMSTANCES}, and ` +
      `without eager splitting; and ${count(places)} layouts of the real geometry whose ends lie at those of ` +
      "tables and blocks",
  };
}

function inMode(mode: PlacedTree["mode"], trees: readonly (readonly TopEntry[])[]): PlacedTree[] {
  return trees.map((tops) => ({ mode, tops }));
}
