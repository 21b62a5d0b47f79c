import type { MmuAbout } from "../contract.js";
import { type GuestOptionTable, type OptionsOf, sharedOptions } from "../guestOptions.js";
import { x86Group, x86Options } from "../x86/options.js";
import { tdpWords } from "./words.js";

/** The options that default guests of the TDP MMU read. */
export const tdpOptions = {
  backing: sharedOptions.backing,
  memory: sharedOptions.memory,
  base: sharedOptions.base,
  thpCoverage: sharedOptions.thpCoverage,
  target: x86Options.target,
  pml: {
    flags: "--pml <on|off>",
    description: "x86 enable and clear: page-modification logging (default: on)",
    group: x86Group,
    value: { kind: "choice", choices: ["on", "off"] },
    workloads: ["enable", "clear"],
  },
  eager: { ...sharedOptions.eager, workloads: ["enable", "clear"] },
  reschedEvery: sharedOptions.reschedEvery,
  maxphyaddr: {
    flags: "--maxphyaddr <bits>",
    description: "x86: physical address bits of the host (default: 48)",
    group: x86Group,
    value: { kind: "integer", min: 32, max: 52 },
  },
  rootLevel: {
    flags: "--root-level <level>",
    description: "x86: level of the root (default: 4)",
    group: x86Group,
    value: { kind: "choice", choices: ["4", "5"] },
  },
} as const satisfies GuestOptionTable;

export type TdpOptions = OptionsOf<typeof tdpOptions>;

export const about: MmuAbout = {
  id: "x86-tdp",
  title: "KVM/x86 TDP MMU",
  workloads: [
    { id: "zap", title: "zap the roots" },
    { id: "split", title: "split huge pages eagerly" },
    { id: "enable", title: "enable dirty logging (not initially-all-set)" },
    { id: "clear", title: "clear the dirty log" },
  ],
  defaultWorkload: "split",
  options: tdpOptions,
  findingWords: tdpWords,
};
