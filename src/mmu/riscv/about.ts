import type { MmuAbout } from "../contract.js";
import { type GuestOptionTable, type OptionsOf, sharedOptions, slotOptions, slotWorkloads } from "../guestOptions.js";
import { GSTAGE_MODES } from "./geometry.js";
import { riscvWords } from "./words.js";

/** The options that default guests of riscv read. */
export const riscvOptions = {
  ...slotOptions,
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
  ...slotWorkloads,
  options: riscvOptions,
  flowOptions: riscvFlowOptions,
  findingWords: riscvWords,
};
