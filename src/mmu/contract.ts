import type { Arbitrary } from "fast-check";
import type { CounterDeclaration, Counts } from "./counters.js";
import type { Bound, ExhaustiveSearch } from "./exhaustive.js";
import type { Finding } from "./finding.js";
import type { FindingWordTable } from "./findingWords.js";
import type { FlowPhase, GuestFlow } from "./flow/guestFlow.js";
import type { GivenOptions, GuestOptionTable } from "./guestOptions.js";

/**
 * The contract of a simulated MMU. An MMU is one folder here and one line in `registry.ts`; bench, verify, trace, compare, exports,
 * shards, options of the command line and custom strategies know MMUs only through this file, so that a new one needs no copy of any
 * of them (`toyMmu.test.ts` holds that).
 *
 * A scenario is the self-contained JSON of one case: guest memory and what is done to it (workload and chunk included). It is parsed
 * once, at the edge, into a {@link Case}; everything else works on the case.
 */

/** What is known of an MMU before its engine is loaded: cheap to import, for `--help`. */
export interface MmuAbout {
  /** "arm64", "x86-tdp", "x86-shadow"; scenario files without `mmu` are of the registry's first. */
  readonly id: string;
  readonly title: string;
  /** What can be done to the guest: arm64 `enable`, `clear`; x86-tdp `zap`, `split`, `enable`, `clear`. */
  readonly workloads: readonly WorkloadInfo[];
  /** The workload of a default guest where `--workload` does not say. */
  readonly defaultWorkload: string;
  /** The options of the command line that its default guests read; shared ones come from `guestOptions.ts`. */
  readonly options: GuestOptionTable;
  /** The options of `run` that its flows read beside those of the test; absent: it has none in that form ({@link Mmu.flows}). */
  readonly flowOptions?: GuestOptionTable;
  /** What its finding codes mean, for reports; a code without words is shown by its name and figures. */
  readonly findingWords: FindingWordTable;
}

/** A line of the registry. The type parameters carry what library users may write; nothing of them exists at run time. */
export interface MmuEntry<S extends object = object, D extends object = object> extends MmuAbout {
  load(): Promise<Mmu>;
  /** Never set. `S`: a scenario as a user writes it; `D`: a strategy as a user's module exports it. */
  readonly written?: { readonly scenario: S; readonly strategy: D };
}

/**
 * An MMU, loaded. `T` is its own strategies, `O` its options; code outside the MMU has the plain `Mmu`, hands strategies back only to the
 * MMU that they came from (`Strategy.mmu`), and so never needs to know more.
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
  /** What a table that sets MMUs beside each other takes from this one; see `report/besideTable.ts`. */
  readonly shared?: SharedSpec;
  /** A further table that only this MMU has (the passes of a zap); undefined where the case has none. */
  details?(runs: readonly { readonly strategy: string; readonly counts: Counts }[]): DetailTable | undefined;
  /** Why there was nothing to do, for a run that did nothing ("chunk 0"): such a result is no credit to a strategy. */
  idle?(counts: Counts): string | undefined;
  /** How the steps read that its cases tell in {@link Case.trace}. */
  readonly traceWords?: TraceWords;
  /** What a heading says of a scenario beside its workload ("4K granule, 40 IPA bits"). Of a result file: any field may be missing. */
  describe?(scenario: Readonly<Record<string, unknown>>): readonly string[];
  /** The value of one of {@link Case.variables} for a heading, where it is not said as it is ("0 (off)"). */
  variableText?(name: string, value: string): string;

  /** Checks an unknown value and binds it. @throws UserError naming the field and what was expected */
  parse(value: unknown, input: string): Case<T>;
  /**
   * The default guests that options ask for, in order.
   *
   * @param single for a trace, which tells of one guest: where the options leave several, only the one that is shortest to read
   * @throws UserError for options that contradict each other or make no guest
   */
  cases(options: O, single: boolean): Case<T>[];
  /** A case from a file, as options ask for it otherwise (another mode, each chunk); absent: no option varies a file. */
  variants?(given: Case<T>, options: O): Case<T>[];
  /** Random scenarios for {@link parse}, small but rich in what walkers stumble over, that shrink to what is simplest to read; for verify. */
  random?(fc: FastCheck): Arbitrary<unknown>;
  /** Every case within a bound, smallest first; for `verify --exhaustive`. Absent: the MMU has no small geometry. */
  exhaustive?(bound: Bound): ExhaustiveSearch<T>;
  /** The whole of dirty_log_perf_test with its guests, for `run`; absent: guests' faults are not simulated in this form. */
  readonly flows?: FlowSpec<T>;
  /** Makes a strategy of this MMU from what a user's module exports. @throws UserError if it does not fit */
  adoptStrategy(exported: unknown, input: string): T;
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

/** A scenario bound to its MMU: checked, and laid out, once. Pure: equal arguments give equal results. */
export interface Case<T extends Strategy = Strategy> {
  readonly mmu: Mmu;
  /** The scenario in its full form: parsing it again gives an equal case. */
  readonly scenario: ScenarioBase;
  /** One of {@link MmuAbout.workloads}. */
  readonly workload: string;
  /** What distinguishes the case in a sweep, for headings and matching: chunk, target. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whether a strategy applies (the skip variants are not used for x86 splitting). */
  applies(strategy: T): boolean;
  /** Expected work in visited entries, for balancing shards and progress; an estimate, deterministic. */
  expectedWork(strategy: T): number;
  /** Simulates once and counts. */
  run(strategy: T, options?: RunOptions): RunOutcome;
  /** Runs once, telling the sink every step of the walks. */
  trace?(strategy: T, sink: (event: TraceEvent) => void, options?: TraceOptions): RunOutcome;
  /** Prepares timed samples of the same simulation; undefined where the guest is too big. */
  timed?(strategy: T): TimedRun | undefined;
}

/** The fast-check module, handed in: only verify loads it. */
export type FastCheck = Omit<typeof import("fast-check"), "default">;

/** What every scenario has. */
export interface ScenarioBase {
  readonly mmu?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** What was assumed where the scenario's source says nothing; printed with its figures. */
  readonly assumed?: readonly string[] | undefined;
}

export interface WorkloadInfo {
  readonly id: string;
  readonly title: string;
  /** Further names of `--workload` for it: eager splitting is `split` on x86, and what arm64 does when logging is enabled. */
  readonly alias?: readonly string[];
}

/** What is known of a strategy outside its MMU. An MMU's own strategies extend this with what steers its walks. */
export interface Strategy {
  readonly id: string;
  /** The MMU it belongs to. */
  readonly mmu: string;
  /** One line: how it steers the walk. */
  readonly summary: string;
  /** Who proposed it and when: "Will Deacon, 2026-05-18"; "s2split" for this project's own. */
  readonly origin: string;
  /** Faults that are known and reproduced, one sentence each; empty for a strategy that claims to be right. */
  readonly knownFaults: readonly string[];
  /** "builtin", or the path of the user's module. */
  readonly source: string;
}

export interface ColumnSpec {
  /** Counter path, from {@link Mmu.counters}. */
  readonly path: string;
  readonly heading: string;
  /** True where the change against baseline is shown beside the figure. */
  readonly change?: boolean;
}

export interface DetailTable {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Counters of one question that several MMUs answer: eager splitting. */
export interface SharedSpec {
  /** The workload in which the question is asked. */
  readonly workload: string;
  /** Times that a walk or a lookup begins at the root, and how many of them no counter has (a first walk that restarts). */
  readonly fromRoot?: { readonly paths: readonly string[]; readonly uncounted?: number };
  readonly inspected: readonly string[];
  readonly tables: readonly string[];
  readonly flushes: readonly string[];
  readonly lockDrops: readonly string[];
  /** A line that a reader of the table must know. */
  readonly note?: string;
}

export interface TotalsSpec {
  /** "whole ioctl: write-protect and split". */
  readonly title: string;
  readonly columns: readonly {
    readonly paths: readonly string[];
    readonly heading: string;
    readonly change?: boolean;
  }[];
  /** Part of {@link TimedRun} whose wall time belongs here. */
  readonly wallPart: string;
  /** Heading of the column whose change the closing line sets against that of the main table's column of the same heading. */
  readonly comparedHeading: string;
  /** The part of the whole that no strategy changes: "the write-protect walk"; absent: there is none. */
  readonly commonPart?: string;
}

export interface RunOptions {
  /** Bytes of guest that are in memory at once; Infinity keeps the whole tree. Default: the MMU chooses by size. */
  readonly windowBytes?: number;
  /** Whether to compute digests of the tree (null in the counts where not). Default: only where the whole tree is kept. */
  readonly digest?: boolean;
  /** Told the share done, 0 to 1, where a guest is worked on region by region. */
  readonly onProgress?: (share: number) => void;
  /** Slow checks at every inspected entry (table left, span), for verify. Default false. */
  readonly strict?: boolean;
  /** Asks for {@link RunOutcome.memoryMap}, each memslot in at most so many bins. An MMU that has no map passes it over. */
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
   * What is to be told of a run and makes no strategy wrong: it is mended before userspace sees the result, or comes with the kernel
   * whichever strategy is used. Absent: nothing.
   */
  readonly notes?: readonly Finding[];
  /** Guest memory bin by bin, where {@link RunOptions.map} asked for it and the MMU can tell. */
  readonly memoryMap?: MemoryMap;
}

/** What the leaves of guest memory were and became, for a picture of it. Exact for each bin. */
export interface MemoryMap {
  readonly slots: readonly MemoryMapSlot[];
}

export interface MemoryMapSlot {
  /** First guest physical address, hexadecimal with `0x`. */
  readonly baseHex: string;
  readonly bytes: number;
  /** Bytes of each bin; the last of a slot may be shorter. */
  readonly binBytes: number;
  /** Arrays of equal length, an element a bin, ascending by address. */
  readonly bins: {
    /** Level of the leaves that map most of the bin before the work; -1: most of it is mapped by nothing. */
    readonly before: readonly number[];
    /** The same, after the work. */
    readonly after: readonly number[];
    /** Whether a block that was to be split is left in the bin. */
    readonly unsplit: readonly boolean[];
    /** Entries that the split walks inspected whose span begins in the bin. */
    readonly inspected: readonly number[];
  };
}

export interface TimedRun {
  /** What is timed, each its own series of samples: arm64 `split` (the split alone) and `ioctl` (all that userspace sees). */
  readonly parts: readonly TimedPart[];
}

export interface TimedPart {
  readonly id: string;
  readonly title: string;
  /** Lays a fresh copy of the tree; not timed. */
  reset(): void;
  /** The timed work; nothing else is in it. */
  work(): void;
  /** The counts of the last `work`, which must be equal in every repeat. Not timed. */
  counts(): Counts;
}

export interface TraceOptions {
  /** Stop telling after this many events; the run goes on. */
  readonly limit?: number;
  /** Phases that nobody looks at: an MMU may spare itself their events. */
  readonly without?: readonly string[];
}

/**
 * One step of a walk, as data: an MMU adds fields of its own, numbers rather than text, since a walk tells of many more steps than anybody
 * reads. What it means is said by {@link TraceWords}, for the steps that are shown.
 */
export interface TraceEvent {
  readonly event: string;
  /** Which walk: "write-protect", "split", "nested"... */
  readonly phase: string;
  /** Level of the entry, where the step is about one. */
  readonly level?: number;
  /** Whether the entry was visited; absent where walks do not tell inspecting from visiting. */
  readonly visited?: boolean;
  /** Whether the entry is in a table that this walk has made. */
  readonly inNewTable?: boolean;
}

/** How an MMU's steps read. `E` is its own events: it is asked only about those that its cases told. */
export interface TraceWords<E extends TraceEvent = TraceEvent> {
  /** A step in one line. */
  text(event: E): string;
  /** The same without what differs between neighbours: steps in a row of which it is the same are shown as one. Default: without numbers. */
  fold?(event: E): string;
  /** Whether two steps of one phase have the same fold, without making it: asked for every step. Default: compares the folds. */
  sameFold?(a: E, b: E): boolean;
  /** Where the step is, an address in hexadecimal with `0x`; "" where nowhere. Default: nowhere. */
  place?(event: E): string;
  /** The step for `--json`: addresses in hexadecimal, what is encoded decoded. Default: the event as it is, and its text. */
  json?(event: E): Readonly<Record<string, unknown>>;
}
