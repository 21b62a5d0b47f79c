import { placedSlots } from "../../exhaustive/places.js";
import type { Arm64Scenario } from "../scenario.js";

/**
 * Layouts at the places that a walker can tell apart: some with chunk 1G, in either mode by turns;
 * or all with every chunk in both modes.
 */
export function placeScenarios(part: "some" | "all"): Arm64Scenario[] {
  const whole = part === "all";
  return placedSlots(part).flatMap((slot, i) => {
    const turn = i % 2 === 0 ? "enable" : "clear";
    return (whole ? (["enable", "clear"] as const) : ([turn] as const)).flatMap((mode) =>
      (whole ? ["4K", "2M", "1G"] : ["1G"]).map(
        (chunk): Arm64Scenario => ({ granule: "4K", ipaBits: 40, memslots: [slot], dirtyLog: { mode, chunk } }),
      ),
    );
  });
}
