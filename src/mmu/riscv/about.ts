import type { MmuAbout } from "../contract.js";
import { type GuestOptionTable, type OptionsOf, sharedOptions } from "../guestOptions.js";
import { GSTAGE_MODES } from "./geometry.js";
import { riscvWords } from "./words.js";

/** The options that default guests of riscv read, with the letters of dirty_log_perf_test where it has them. */
export const riscvOptions = {
  backing: sharedOptions.backing,
  memory: sharedOptions.memory,
  memslots: sharedOptions.memslots,
  base: sharedOptions.base,
  thpCoverage: sharedOptions.thpCoverage,
  g: sharedOptions.g,
  mode: sharedOptions.mode,
  eager: { ...sharedOptions.eager, variesFile: true },
  reschedEvery: { ...sharedOptions.reschedEvery, variesFile: true },
  gstage: {
    flags: "--gstage <mode>",
    description: "G-stage mode (default: sv39x4, or what the memory needs)",
    group: "Guest of riscv:",
    value: { kind: "choice", choices: GSTAGE_MODES },
    variesFile: true,
  },
} as const satisfies GuestOptionTable;

/** The options that flows of riscv read beside those of the test. */
export const riscvFlowOptions = {
  eager: sharedOptions.eager,
  reschedEvery: sharedOptions.reschedEvery,
  gstage: riscvOptions.gstage,
  svvptc: {
    flags: "--svvptc <on|off>",
    description: "riscv: filling an empty entry needs no flush (default: off)",
    group: "Guest of riscv:",
    value: { kind: "choice", choices: ["on", "off"] },
  },
} as const satisfies GuestOptionTable;

export type RiscvFlowOptions = OptionsOf<typeof riscvFlowOptions>;

export type RiscvOptions = OptionsOf<typeof riscvOptions>;

export const about: MmuAbout = {
  id: "riscv",
  title: "KVM/riscv G-stage",
  workloads: [
    { id: "enable", title: "enable dirty logging (no manual protect, -g)", alias: ["split"] },
    { id: "clear", title: "clear the dirty log (manual protect, initially-all-set)" },
  ],
  defaultWorkload: "enable",
  options: riscvOptions,
  flowOptions: riscvFlowOptions,
  findingWords: riscvWords,
};
