import type { Arbitrary } from "fast-check";
import type { CounterDeclaration, Counts } from "./counters.js";
import type { Bound, ExhaustiveSearch } from "./exhaustive.js";
import type { Finding } from "./finding.js";
import type { FindingWordTable } from "./findingWords.js";
import type { FlowPhase, GuestFlow } from "./flow/guestFlow.js";
import type { GivenOptions, GuestOptionTable } from "./guestOptions.js";
import type { InterleaveOptions, InterleaveSearch } from "./interleave.js";
import type { MemoryMap } from "./memoryMap.js";
import type { StrategyStart } from "./newStrategy.js";
import type { ScenarioBase, Strategy } from "./strategy.js";
import type { ColumnSpec, DetailTable, SharedSpec, TotalsSpec } from "./tableSpecs.js";
import type { TraceEvent, TraceWords } from "./traceEvents.js";

export type { MemoryMap, MemoryMapSlot } from "./memoryMap.js";
export type { ScenarioBase, Strategy } from "./strategy.js";
export type { ColumnSpec, DetailTable, SharedSpec, TotalsSpec } from "./tableSpecs.js";
export type { TraceEvent, TraceWords } from "./traceEvents.js";

/**
 * The contract of a simulated MMU. An MMU is one folder here and one line in `registry.ts`; bench,
 * verify, trace, compare, exports, shards, options of the command line and custom strategies know
 * MMUs only through this file and the parts of it that it exports, so that a new one needs no copy
 * of any of them (`toyMmu.test.ts` holds that).
 *
 * A scenario is the self-contained JSON of one case: guest memory and what is done to it (workload
 * and chunk included). It is parsed once, at the edge, into a {@link Case}; everything else works
 * on the case.
 */

/** What is known of an MMU before its engine is loaded: cheap to import, for `--help`. */
export interface MmuAbout {
  /** "arm64", "x86-tdp", "x86-shadow"; scenario files without `mmu` are of the registry's first. */
  readonly id: string;
  readonly title: string;
  /**
   * What can be done to the guest: arm64 `enable`, `clear`; x86-tdp `zap`, `split`, `enable`,
   * `clear`.
   */
  readonly workloads: readonly WorkloadInfo[];
  /** The workload of a default guest where `--workload` does not say. */
  readonly defaultWorkload: string;
  /**
   * The options of the command line that its default guests read; shared ones come from
   * `guestOptions.ts`.
   */
  readonly options: GuestOptionTable;
  /**
   * The options of `run` that its flows read beside those of the test; absent: it has none in that
   * form ({@link Mmu.flows}).
   */
  readonly flowOptions?: GuestOptionTable;
  /**
   * What its finding codes mean, for reports; a code without words is shown by its name and
   * figures.
   */
  readonly findingWords: FindingWordTable;
}

/**
 * A line of the registry. The type parameters carry what library users may write; nothing of them
 * exists at run time.
 */
export interface MmuEntry<S extends object = object, D extends object = object> extends MmuAbout {
  load(): Promise<Mmu>;
  /**
   * Never set. `S`: a scenario as a user writes it; `D`: a strategy as a user's module exports it.
   */
  readonly written?: { readonly scenario: S; readonly strategy: D };
}

/**
 * An MMU, loaded. `T` is its own strategies, `O` its options; code outside the MMU has the plain
 * `Mmu`, hands strategies back only to the MMU that they came from (`Strategy.mmu`), and so never
 * needs to know more.
 */
export interface Mmu<T extends Strategy = Strategy, O extends GivenOptions = GivenOptions> extends MmuAbout {
  /** The strategy that the others are set against; always among {@link strategies}. */
  readonly baseline: string;
  /** Every counter of `counts`, in the order of tables and exports. */
  readonly counters: readonly CounterDeclaration[];
  /** The built-in strategies, in the order of tables. */
  readonly strategies: readonly T[];
  /** Rows of the headline table, by counter path; see `report/benchTable.ts`. */
  readonly columns: readonly ColumnSpec[];
  /** What userspace sees as one: a second, shorter table whose figures are sums over counters. */
  readonly totals?: TotalsSpec;
  /**
   * What a table that sets MMUs beside each other takes from this one; see `report/besideTable.ts`.
   */
  readonly shared?: SharedSpec;
  /**
   * A further table that only this MMU has (the passes of a zap); undefined where the case has
   * none.
   */
  details?(runs: readonly { readonly strategy: string; readonly counts: Counts }[]): DetailTable | undefined;
  /**
   * Why there was nothing to do, for a run that did nothing ("chunk 0"): such a result is no credit
   * to a strategy.
   */
  idle?(counts: Counts): string | undefined;
  /** How the steps read that its cases tell in {@link Case.trace}. */
  readonly traceWords?: TraceWords;
  /**
   * What a heading says of a scenario beside its workload ("4K granule, 40 IPA bits"). Of a result
   * file: any field may be missing.
   */
  describe?(scenario: Readonly<Record<string, unknown>>): readonly string[];
  /**
   * The value of one of {@link Case.variables} for a heading, where it is not said as it is ("0
   * (off)").
   */
  variableText?(name: string, value: string): string;

  /**
   * Checks an unknown value and binds it. @throws UserError naming the field and what was expected
   */
  parse(value: unknown, input: string): Case<T>;
  /**
   * The default guests that options ask for, in order.
   *
   * @param single for a trace, which tells of one guest: where the options leave several, only the
   *   one that is shortest to read
   * @throws UserError for options that contradict each other or make no guest
   */
  cases(options: O, single: boolean): Case<T>[];
  /**
   * A case from a file, as options ask for it otherwise (another mode, each chunk); absent: no
   * option varies a file.
   */
  variants?(given: Case<T>, options: O): Case<T>[];
  /**
   * Random scenarios for {@link parse}, small but rich in what walkers stumble over, that shrink to
   * what is simplest to read; for verify.
   */
  random?(fc: FastCheck): Arbitrary<unknown>;
  /**
   * Every case within a bound, smallest first; for `verify --exhaustive`. Absent: the MMU has no
   * small geometry.
   */
  exhaustive?(bound: Bound): ExhaustiveSearch<T>;
  /**
   * The whole of dirty_log_perf_test with its guests, for `run`; absent: guests' faults are not
   * simulated in this form.
   */
  readonly flows?: FlowSpec<T>;
  /**
   * Every choice of a few actions of vCPUs, host and userspace while the work goes on; for
   * `verify --interleave`.
   */
  interleave?(options: InterleaveOptions): InterleaveSearch<T>;
  /**
   * Makes a strategy of this MMU from what a user's module exports. @throws UserError if it does
   * not fit
   */
  adoptStrategy(exported: unknown, input: string): T;
  /**
   * What a module with a custom strategy begins with, for `new-strategy`; absent: it writes none
   * for this MMU.
   */
  readonly newStrategy?: StrategyStart;
}

/** Whole flows: what an MMU makes of the test's steps, set side by side in a table of phases. */
export interface FlowSpec<T extends Strategy = Strategy, O extends GivenOptions = GivenOptions> {
  /** Guest physical base of the memory where none is asked for, in bytes. */
  readonly base: number;
  /** Columns of the table, by counter path. */
  readonly columns: readonly { readonly heading: string; readonly paths: readonly string[] }[];
  /** Lines that a reader of the table must know. */
  readonly notes: readonly string[];
  /**
   * What is set side by side: lazy and eager splitting, unless the options ask for one.
   *
   * @throws UserError for a guest that cannot be
   */
  variants(flow: GuestFlow, options: O): readonly FlowVariant<T>[];
}

/** One way to run a flow. */
export interface FlowVariant<T extends Strategy = Strategy> {
  /** "lazy", "eager". */
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Runs it once; pure. @param how.onStep told the name of each step before it runs */
  run(strategy: T, how: { readonly digest: boolean; readonly onStep: (phase: string) => void }): readonly FlowPhase[];
}

/**
 * A scenario bound to its MMU: checked, and laid out, once. Pure: equal arguments give equal
 * results.
 */
export interface Case<T extends Strategy = Strategy> {
  readonly mmu: Mmu;
  /** The scenario in its full form: parsing it again gives an equal case. */
  readonly scenario: ScenarioBase;
  /** One of {@link MmuAbout.workloads}. */
  readonly workload: string;
  /** What distinguishes the case in a sweep, for headings and matching: chunk, target. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the user should know of the scenario, although it is taken as it is; a sentence each. */
  readonly notes?: readonly string[];
  /**
   * Of a schedule of other parties: the strategy under which it was found, which numbers the places
   * in it.
   */
  readonly schedule?: { readonly strategy: string };
  /** Whether a strategy applies (the skip variants are not used for x86 splitting). */
  applies(strategy: T): boolean;
  /**
   * Expected work in visited entries, for balancing shards and progress; an estimate,
   * deterministic.
   */
  expectedWork(strategy: T): number;
  /** Simulates once and counts. */
  run(strategy: T, options?: RunOptions): RunOutcome;
  /** Runs once, telling the sink every step of the walks. */
  trace?(strategy: T, sink: (event: TraceEvent) => void, options?: TraceOptions): RunOutcome;
  /** Formats of other programs that a run can be told in (`trace --format`): arm64 `casemate`. */
  readonly traceFormats?: readonly string[];
  /**
   * Runs once, telling in one of these formats, line by line. @throws UserError for what the format
   * cannot say
   */
  traceAs?(format: string, strategy: T, line: (text: string) => void): ForeignTrace;
  /** Prepares timed samples of the same simulation; undefined where the guest is too big. */
  timed?(strategy: T): TimedRun | undefined;
}

/** The fast-check module, handed in: only verify loads it. */
export type FastCheck = Omit<typeof import("fast-check"), "default">;

export interface WorkloadInfo {
  readonly id: string;
  readonly title: string;
  /**
   * Further names of `--workload` for it: eager splitting is `split` on x86, and what arm64 does
   * when logging is enabled.
   */
  readonly alias?: readonly string[];
}

export interface RunOptions {
  /**
   * Bytes of guest that are in memory at once; Infinity keeps the whole tree. Default: the MMU
   * chooses by size.
   */
  readonly windowBytes?: number;
  /**
   * Whether to compute digests of the tree (null in the counts where not). Default: only where the
   * whole tree is kept.
   */
  readonly digest?: boolean;
  /** Told the share done, 0 to 1, where a guest is worked on region by region. */
  readonly onProgress?: (share: number) => void;
  /** Slow checks at every inspected entry (table left, span), for verify. Default false. */
  readonly strict?: boolean;
  /**
   * Asks for {@link RunOutcome.memoryMap}, each memslot in at most so many bins. An MMU that has no
   * map passes it over.
   */
  readonly map?: { readonly bins: number };
}

export interface RunOutcome {
  /** The tree before the work, as `initial` in the golden files. */
  readonly initial: Counts;
  /** As `expected[strategy]` in the golden files. */
  readonly counts: Counts;
  /** What is wrong with the finished tree or with the way there; empty means right. */
  readonly findings: readonly Finding[];
  /**
   * What is to be told of a run and makes no strategy wrong: it is mended before userspace sees the
   * result, or comes with the kernel whichever strategy is used. Absent: nothing.
   */
  readonly notes?: readonly Finding[];
  /** Guest memory bin by bin, where {@link RunOptions.map} asked for it and the MMU can tell. */
  readonly memoryMap?: MemoryMap;
}

export interface TimedRun {
  /** What is timed, each from samples of its own. */
  readonly parts: readonly TimedPart[];
}

export interface TimedPart {
  readonly id: string;
  readonly title: string;
  /**
   * The end of the work as a series of its own, from the same samples: arm64's `split` in its
   * `ioctl`.
   */
  readonly phase?: { readonly id: string; readonly title: string };
  /** Lays a fresh copy of the tree; not timed. */
  reset(): void;
  /**
   * The timed work; nothing else is in it. @param phaseBegins to be called once, where
   * {@link phase} begins
   */
  work(phaseBegins: () => void): void;
  /** The counts of the last `work`, which must be equal in every repeat. Not timed. */
  counts(): Counts;
}

export interface TraceOptions {
  /** Stop telling after this many events; the run goes on. */
  readonly limit?: number;
  /** Phases that nobody looks at: an MMU may spare itself their events. */
  readonly without?: readonly string[];
}

/** What became of a run that was told in a format of another program. */
export interface ForeignTrace {
  readonly outcome: RunOutcome;
  /** What must be known of that program's judgement: sentences. */
  readonly notes: readonly string[];
}
