import { backings } from "../guest/backings.js";

/**
 * Options that say which guest an MMU simulates, as data. An MMU declares those that it reads; the
 * command line makes its flags, help, completion and refusals of all that are declared, so that a
 * new MMU brings its own and nothing else changes.
 */
export interface GuestOption {
  /**
   * As commander takes them: "-s, --backing <list>". MMUs that share an option share its
   * declaration.
   */
  readonly flags: string;
  readonly description: string;
  /** Heading that it stands under in `--help`. */
  readonly group: string;
  readonly value: OptionValue;
  /** The workloads that read it; absent: all of the MMU's. */
  readonly workloads?: readonly string[];
  /**
   * Whether it also asks for variants of a scenario file ({@link Mmu.variants}); the others
   * contradict a file.
   */
  readonly variesFile?: boolean;
  /** What a shell offers for it, beyond the choices; any other value of its kind is taken too. */
  readonly suggestions?: readonly string[];
}

/**
 * What an option's value is. `list`: comma-separated, given once or several times. Bounds are
 * inclusive.
 */
export type OptionValue =
  | { readonly kind: "flag" }
  | { readonly kind: "text" }
  | { readonly kind: "list" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly min: number; readonly max: number };

/** Options by the name that commander gives them: `--ipa-bits` is `ipaBits`. */
export type GuestOptionTable = Readonly<Record<string, GuestOption>>;

/** What was given, by name; every MMU's options together, and those that all commands have. */
export interface GivenOptions {
  /** Seed of everything random. */
  readonly seed: number;
  /** What is done to the guest, where it was said: one of the names of the MMU's workloads. */
  readonly workload?: string | undefined;
  readonly [name: string]: unknown;
}

type ValueOf<V extends OptionValue> = V extends { kind: "flag" }
  ? boolean
  : V extends { kind: "list" }
    ? readonly string[]
    : V extends { kind: "choice"; choices: readonly (infer C)[] }
      ? C
      : V extends { kind: "integer" | "number" }
        ? number
        : string;

/** The typed form of {@link GivenOptions} for an MMU that declares the table `T` `as const`. */
export type OptionsOf<T extends GuestOptionTable> = {
  readonly [K in keyof T]?: ValueOf<T[K]["value"]> | undefined;
} & Pick<GivenOptions, "seed" | "workload">;

const group = "Guest:";
const dirtyGroup = "Dirty logging:";

/** Options that several MMUs read, declared once. */
export const sharedOptions = {
  backing: {
    flags: "-s, --backing <list>",
    description:
      "host memory: 4k, thp, hugetlb-2m, hugetlb-1g, mixed, or the test's own names (default: 4k,thp,hugetlb-1g)",
    group,
    value: { kind: "list" },
    suggestions: backings.flatMap(({ id, testNames }) => [id, ...testNames]),
  },
  memory: {
    flags: "-b, --memory <size>",
    description: "guest memory (K, M, G, T; default: 1G)",
    group,
    value: { kind: "text" },
  },
  base: {
    flags: "--base <address>",
    description: "guest physical base of the memory (default: 0x40000000; x86: 0)",
    group,
    value: { kind: "text" },
  },
  memslots: {
    flags: "-x, --memslots <n>",
    description: "cut the memory evenly into this many memslots (default: 1)",
    group,
    value: { kind: "integer", min: 1, max: 4096 },
  },
  thpCoverage: {
    flags: "--thp-coverage <share>",
    description: "share of the level-2 regions that are one block with thp, 0 to 1 (default: 1)",
    group,
    value: { kind: "number", min: 0, max: 1 },
  },
  g: {
    flags: "-g",
    description: "no manual protect: split when dirty logging is enabled (--mode enable, the default)",
    group: dirtyGroup,
    value: { kind: "flag" },
    variesFile: true,
  },
  mode: {
    flags: "--mode <mode>",
    description: "when to split",
    group: dirtyGroup,
    value: { kind: "choice", choices: ["enable", "clear", "both"] },
    variesFile: true,
  },
  eager: {
    flags: "--eager <on|off>",
    description: "x86 enable and clear, riscv: eager_page_split (default: on)",
    group: dirtyGroup,
    value: { kind: "choice", choices: ["on", "off"] },
  },
  reschedEvery: {
    flags: "--resched-every <n>",
    description: "x86, riscv: a walk must yield at every n-th poll (default: 0, never)",
    group: dirtyGroup,
    value: { kind: "integer", min: 0, max: 2 ** 31 - 1 },
  },
} as const satisfies GuestOptionTable;

/**
 * Those that say what memslots a guest has and when its log is enabled or cleared, with the letters
 * of dirty_log_perf_test.
 */
export const slotOptions = {
  backing: sharedOptions.backing,
  memory: sharedOptions.memory,
  memslots: sharedOptions.memslots,
  base: sharedOptions.base,
  thpCoverage: sharedOptions.thpCoverage,
  g: sharedOptions.g,
  mode: sharedOptions.mode,
} as const satisfies GuestOptionTable;

/** What is done to such guests. */
export const slotWorkloads = {
  workloads: [
    { id: "enable", title: "enable dirty logging (no manual protect, -g)", alias: ["split"] },
    { id: "clear", title: "clear the dirty log (manual protect, initially-all-set)" },
  ],
  defaultWorkload: "enable",
} as const;
