import type { SplitStrategy } from "../strategy.js";
import { baseline } from "./baseline.js";
import { maxLevel } from "./maxLevel.js";
import { pageBlockFlags } from "./pageBlockFlags.js";
import { skipLevel } from "./skipLevel.js";
import { skipNewTable } from "./skipNewTable.js";
import { skipNewTableNaive } from "./skipNewTableNaive.js";
import { skipReturn } from "./skipReturn.js";
import { skipReturnRfc } from "./skipReturnRfc.js";
import { splitMark } from "./splitMark.js";

/**
 * Every built-in strategy for arm64, in the order of tables. A new one is a file of its own and a
 * line here.
 */
export const strategies: readonly SplitStrategy[] = [
  baseline,
  skipReturnRfc,
  skipReturn,
  pageBlockFlags,
  maxLevel,
  skipNewTableNaive,
  skipNewTable,
  skipLevel,
  splitMark,
];
