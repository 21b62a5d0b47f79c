import type { Granule } from "../guest/geometry.js";
import type { GuestRule } from "../mmu/flow/guestAccess.js";
import type { HtmlFlags } from "./htmlOutput.js";
import type { PlotFlags } from "./plotOutput.js";

/** What the guests of the test do, whatever memory they have. */
export function guestsOf(flags: RunFlags) {
  return {
    vcpus: flags.v,
    iterations: flags.i,
    writePercent: flags.w,
    random: flags.a === true,
    overlap: flags.o === true,
    whileDisabling: flags.e === true,
    seed: flags.r,
    rule: flags.rule,
  };
}

/** The options of `run`, as commander gives them. */
export interface RunFlags extends HtmlFlags, PlotFlags {
  readonly mmu?: string;
  readonly b: string;
  readonly v: number;
  readonly x: number;
  readonly i: number;
  readonly w: number;
  readonly a?: boolean;
  readonly o?: boolean;
  readonly g?: boolean;
  readonly s: string;
  readonly e?: boolean;
  readonly r: number;
  readonly p?: string;
  readonly m?: number;
  readonly chunk?: string[];
  readonly strategy?: string[];
  readonly granule: Granule;
  readonly ipaBits: number;
  readonly thpCoverage: number;
  readonly rule: GuestRule;
  readonly bbm?: string;
  readonly profile?: string;
  readonly faultLock?: string;
  readonly scenario?: string;
  readonly json?: boolean;
  readonly exportJson?: string;
  readonly digest?: boolean;
  readonly color?: "auto" | "always" | "never";
}
