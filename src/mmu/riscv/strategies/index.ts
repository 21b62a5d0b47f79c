import type { GStageStrategy } from "../strategy.js";
import { baseline } from "./baseline.js";
import { postedV1 } from "./postedV1.js";
import { postedV4 } from "./postedV4.js";
import { skipHoles } from "./skipHoles.js";
import { splitIfHuge } from "./splitIfHuge.js";
import { tableWalk } from "./tableWalk.js";

/**
 * Every built-in strategy for riscv, in the order of tables. A new one is a file of its own and a
 * line here.
 */
export const strategies: readonly GStageStrategy[] = [baseline, postedV1, postedV4, skipHoles, splitIfHuge, tableWalk];
