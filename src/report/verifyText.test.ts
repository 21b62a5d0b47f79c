import { expect, it } from "vitest";
import type { Strategy } from "../mmu/contract.js";
import { x86Tdp } from "../mmu/tdp/mmu.js";
import { styleFor } from "./style.js";
import { searchText } from "./verifyText.js";

const strategy = (id: string): Strategy => ({
  id,
  mmu: "x86-tdp",
  summary: "",
  origin: "",
  knownFaults: [],
  source: "builtin",
});
const fault = (id: string, layouts: number) => ({
  strategy: strategy(id),
  finding: { code: "unsplit-block", count: 1, data: { ipa: "0x0", level: 2 } },
  layouts,
  firstLayout: 0,
  scenario: { mmu: "x86-tdp" },
  shrinks: 0,
});

it("a strategy that applies to some layouts only is counted over those, in its line and in its faults alike", () => {
  const text = searchText(
    {
      mmu: x86Tdp,
      layouts: 500,
      seed: 1,
      strategies: [
        { strategy: strategy("everywhere"), layouts: 500, failing: 7 },
        { strategy: strategy("somewhere"), layouts: 121, failing: 59 },
        { strategy: strategy("sound"), layouts: 121, failing: 0 },
        { strategy: strategy("nowhere"), layouts: 0, failing: 0 },
      ],
      faults: [fault("everywhere", 7), fault("somewhere", 59)],
      notes: [],
      stopped: false,
    },
    styleFor(process, "never"),
  );
  expect(text).toMatch(/everywhere +wrong on 7 of 500$/m);
  expect(text).toMatch(/somewhere +wrong on 59 of the 121 layouts it applies to$/m);
  expect(text).toMatch(/sound +right on all 121 layouts it applies to$/m);
  expect(text).toMatch(/^ +- +nowhere +applies to none of the layouts: not checked$/m);
  expect(text).toContain("on 7 of 500 layouts; the simplest");
  expect(text).toContain("on 59 of the 121 layouts it applies to; the simplest");
});
