/**
 * skip-holes: this project's own.
 *
 * Where the split walk stops at an empty entry, the loop goes on behind its span: a hole of 1G is
 * one step instead of 512. Otherwise as Linux 7.3, with the same drops with unflushed splits in
 * clear mode.
 */

import { strategyFrom } from "../strategy.js";

export const skipHoles = strategyFrom({
  id: "skip-holes",
  mmu: "riscv",
  summary: "the split loop goes over an empty entry in one step",
  origin: "s2split",
  holes: "skip",
});
