import { GRANULES, legalChunks, MAX_IPA_BITS, MIN_IPA_BITS } from "../../guest/geometry.js";
import { formatSize } from "../../guest/sizes.js";
import type { MmuAbout } from "../contract.js";
import { type GuestOptionTable, type OptionsOf, slotOptions, slotWorkloads } from "../guestOptions.js";
import { arm64Words } from "./words.js";

/** Where the DSB ISHST stands that makes a split's stores seen. */
export const DSB_PLACEMENTS = ["per-block", "per-call", "per-change"] as const;
export type DsbPlacement = (typeof DSB_PLACEMENTS)[number];

/** How much of a bitmap is one range when the log is cleared. */
export const CLEAR_RANGES = ["word", "2M", "chunk", "ioctl"] as const;
export type ClearRange = (typeof CLEAR_RANGES)[number];

const group = "Guest of arm64:";

/** The options that default guests of arm64 read. */
export const arm64Options = {
  ...slotOptions,
  chunk: {
    flags: "--chunk <list>",
    description: "eager-split chunk sizes, 0 is off (default: the largest the granule has)",
    group,
    value: { kind: "list" },
    variesFile: true,
    suggestions: ["0", ...GRANULES.flatMap(legalChunks).map(formatSize)],
  },
  bbm: {
    flags: "--bbm <level>",
    description: "also split without break-before-make (proposed, not in Linux)",
    group,
    value: { kind: "choice", choices: ["2"] },
    variesFile: true,
  },
  dsb: {
    flags: "--dsb <list>",
    description:
      "where a split's DSB ISHST stands: per-block, per-call (Linux 7.3, the default), per-change (proposed)",
    group,
    value: { kind: "list" },
    variesFile: true,
    suggestions: DSB_PLACEMENTS,
  },
  tlbiRange: {
    flags: "--tlbi-range <on>",
    description: "whether the processor has FEAT_TLBIRANGE (default: on)",
    group,
    value: { kind: "choice", choices: ["on", "off"] },
    variesFile: true,
  },
  clearRange: {
    flags: "--clear-range <list>",
    description:
      "how much is one range when the log is cleared: word (Linux 7.3, the default), 2M, chunk, ioctl (proposed)",
    group,
    value: { kind: "list" },
    variesFile: true,
    suggestions: CLEAR_RANGES,
  },
  granule: {
    flags: "--granule <size>",
    description: "translation granule (default: 4K)",
    group,
    value: { kind: "choice", choices: GRANULES },
  },
  ipaBits: {
    flags: "--ipa-bits <n>",
    description: "IPA width, 32 to 52 (default: 40, or what the memory needs); above 48 with LPA2",
    group,
    value: { kind: "integer", min: MIN_IPA_BITS, max: MAX_IPA_BITS },
  },
} as const satisfies GuestOptionTable;

export type Arm64Options = OptionsOf<typeof arm64Options>;

export const about: MmuAbout = {
  id: "arm64",
  title: "KVM/arm64 stage-2",
  ...slotWorkloads,
  options: arm64Options,
  findingWords: arm64Words,
};
