import type { MmuAbout } from "../contract.js";
import { type GuestOptionTable, type OptionsOf, sharedOptions } from "../guestOptions.js";
import { x86Group, x86Options } from "../x86/options.js";
import { shadowWords } from "./words.js";

/** How frames of a default guest are mapped more than once: what the caches' size is about. */
export const ALIAS_PATTERNS = ["none", "one-gfn", "few", "one-per-page", "every-gfn", "roles"] as const;
export type AliasPattern = (typeof ALIAS_PATTERNS)[number];

/**
 * The options that default guests of the shadow MMU read. Nested guests are of 2M pages: no
 * backing.
 */
export const shadowOptions = {
  memory: sharedOptions.memory,
  target: x86Options.target,
  reschedEvery: sharedOptions.reschedEvery,
  alias: {
    flags: "--alias <pattern>",
    description: "x86-shadow: which frames nested page tables map twice (default: all patterns)",
    group: x86Group,
    value: { kind: "choice", choices: ALIAS_PATTERNS },
  },
} as const satisfies GuestOptionTable;

export type ShadowOptions = OptionsOf<typeof shadowOptions>;

export const about: MmuAbout = {
  id: "x86-shadow",
  title: "KVM/x86 shadow MMU (nested guests)",
  workloads: [{ id: "split", title: "split nested huge pages eagerly" }],
  defaultWorkload: "split",
  options: shadowOptions,
  findingWords: shadowWords,
};
