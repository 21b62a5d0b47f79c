import { clip } from "../errors.js";
import { lines } from "../importLayout/stage2DumpText.js";
import type { PhaseName } from "../selftest/phases.js";
import type { MeasuredRun } from "./schema.js";
import { findSelftestCommand, type SelftestCommand } from "./selftestCommand.js";

/** One guest mode of one invocation, as a log has it. */
export interface LoggedRun
  extends Pick<MeasuredRun, "firstLine" | "lastLine" | "guestMode" | "iterations" | "region" | "seeds"> {
  readonly phases: MeasuredRun["phases"];
  readonly totals: MeasuredRun["totals"];
  /** The command line before it in the log. */
  readonly command: SelftestCommand | undefined;
  /** What says that the test failed: an assertion, "not ok". */
  readonly failure: string | undefined;
}

export interface SelftestLog {
  readonly runs: readonly LoggedRun[];
  /** The first 50 lines that could not be read. */
  readonly unread: readonly { readonly line: number; readonly text: string }[];
  readonly unreadCount: number;
  /** Where the help of the test begins, if it is in the log. */
  readonly helpLine: number | undefined;
  /** A failure that no run is there for: the test ended before its first guest mode. */
  readonly failure: string | undefined;
}

interface OpenRun extends LoggedRun {
  lastLine: number;
  region: LoggedRun["region"];
  failure: string | undefined;
}

const MAX_UNREAD = 50;
const TIME = String.raw`(\d{1,6})\.(\d{1,9})s`;
const PHASE_LINES: readonly (readonly [RegExp, PhaseName])[] = [
  [new RegExp(`^Populate memory time: ${TIME}$`), "populate"],
  [new RegExp(`^Setting dirty log mode took : ${TIME}$`), "set-mode"],
  [new RegExp(`^Enabling dirty logging time: ${TIME}$`), "enable"],
  [new RegExp(`^Disabling dirty logging time: ${TIME}$`), "disable"],
];
const ITERATION = new RegExp(`^Iteration (\\d{1,9}) (dirty memory|get dirty log|clear dirty log) time: ${TIME}$`);
const TOTAL = new RegExp(`^(Get|Clear) dirty log over (\\d{1,9}) iterations took ${TIME}\\.?(.*)$`);
const AVERAGE = new RegExp(`^\\(Avg ${TIME}/iteration\\)$`);
const ITERATION_PHASE: Readonly<Record<string, PhaseName>> = {
  "dirty memory": "dirty",
  "get dirty log": "get",
  "clear dirty log": "clear",
};
/** Lines of kselftest and of the test that carry no figure. */
const SILENT =
  /^(?:TAP version \d+|\d+\.\.\d+|(?:timeout set|overriding timeout) to \d+|selftests: kvm: \S+|ok \d+ .*|-{3,}|Random seed: \d+)$/;

/**
 * Reads what dirty_log_perf_test printed, in all forms seen: of one invocation or several, with one
 * guest mode or many, indented or prefixed by kselftest, the kernel log or a mail's quoting marks,
 * cut anywhere.
 *
 * Form: Linux 5.11 to 7.3, tools/testing/selftests/kvm/dirty_log_perf_test.c; variants in the
 * fixtures' README. Never throws.
 */
export function parseSelftestLog(text: string): SelftestLog {
  return new LogReader().read(text);
}

class LogReader {
  private readonly runs: OpenRun[] = [];
  private readonly unread: { line: number; text: string }[] = [];
  private unreadCount = 0;
  private helpLine: number | undefined;
  private failure: string | undefined;
  /** State of the invocation that is being read. */
  private command: SelftestCommand | undefined;
  private iterations: number | null = null;
  private seeds: string[] = [];
  private run: OpenRun | undefined;
  private inHelp = false;
  private assertion: string[] | undefined;
  /** A total whose average is on the next line. */
  private wrapped: MeasuredRun["totals"][number] | undefined;

  read(text: string): SelftestLog {
    let number = 0;
    for (const raw of lines(text)) {
      number++;
      this.line(raw, number);
    }
    this.closeAssertion();
    return {
      runs: this.runs,
      unread: this.unread,
      unreadCount: this.unreadCount,
      helpLine: this.helpLine,
      failure: this.failure,
    };
  }

  private line(raw: string, number: number): void {
    const unquoted = raw.slice(0, 4096).replace(/^(?:> ?){1,20}/, "");
    // What the kernel log and the kselftest runner put before a line; an indentation of the test's
    // own stays.
    const own = unquoted.replace(/^\s*(?:\[\s{0,8}\d{1,9}\.\d{1,9}\]\s?(?:#(?:\s|$))?|#(?:\s|$))/, "");
    const line = own.trim();
    if (line === "") return;
    if (this.figure(line, number)) {
      this.closeAssertion();
      this.inHelp = false;
      if (this.run !== undefined) this.run.lastLine = number;
      return;
    }
    if (this.assertion !== undefined) {
      // The shell that was to run addr2line for the stack trace speaks in the middle of it.
      if (/\baddr2line\b/.test(line)) return;
      if (/^\s/.test(own) || this.assertion.length === 0) {
        this.assertion.push(line);
        return;
      }
    }
    this.closeAssertion();
    if (this.inHelp) return;
    if (!this.frame(line, number)) {
      this.unreadCount++;
      if (this.unread.length < MAX_UNREAD) this.unread.push({ line: number, text: clip(raw, 120) });
    }
  }

  /** Lines that belong to a run. */
  private figure(line: string, number: number): boolean {
    let form = AVERAGE.exec(line);
    if (form !== null && this.wrapped !== undefined) {
      this.wrapped.averageNs = toNs(form, 1);
      this.wrapped = undefined;
      return true;
    }
    this.wrapped = undefined;
    for (const [pattern, phase] of PHASE_LINES) {
      form = pattern.exec(line);
      if (form === null) continue;
      this.runFor(number, phase, null).phases.push({ phase, iteration: null, timeNs: toNs(form, 1) });
      return true;
    }
    form = ITERATION.exec(line);
    if (form !== null) {
      const phase = ITERATION_PHASE[form[2]!]!;
      const iteration = Number(form[1]);
      this.runFor(number, phase, iteration).phases.push({ phase, iteration, timeNs: toNs(form, 3) });
      return true;
    }
    form = TOTAL.exec(line);
    if (form !== null) {
      const average = AVERAGE.exec(form[5]!.trim());
      if (form[5]!.trim() !== "" && average === null) return false;
      const total = {
        phase: form[1] === "Get" ? ("get" as const) : ("clear" as const),
        iterations: Number(form[2]),
        totalNs: toNs(form, 3),
        averageNs: average === null ? null : toNs(average, 1),
      };
      (this.run ?? this.open(number, null)).totals.push(total);
      if (average === null) this.wrapped = total;
      return true;
    }
    return this.preamble(line, number);
  }

  private preamble(line: string, number: number): boolean {
    let form = /^Testing guest mode: (.{1,100})$/.exec(line);
    if (form !== null) {
      this.open(number, guestModeOf(form[1]!));
      return true;
    }
    form = /^Test iterations: (\d{1,9})$/.exec(line);
    if (form !== null) {
      // The head of an invocation: what was running is over.
      if (this.run !== undefined) this.seeds = [];
      this.run = undefined;
      this.iterations = Number(form[1]);
      return true;
    }
    form = /^Random seed: (0x[0-9a-f]{1,16})$/.exec(line);
    if (form !== null) {
      // Printed by the framework before the test begins, and by the test for its guest.
      if (this.run !== undefined && !this.isOver(this.run)) this.run.seeds.push(form[1]!);
      else {
        this.run = undefined;
        this.seeds = [form[1]!];
      }
      return true;
    }
    form =
      /^guest physical test memory(?:: \[(0x[0-9a-f]{1,16}), (0x[0-9a-f]{1,16})\)| offset: (0x[0-9a-f]{1,16}))$/.exec(
        line,
      );
    if (form === null) return false;
    const run = this.run !== undefined && this.run.region === null ? this.run : this.open(number, null);
    run.region = form[3] === undefined ? { start: form[1]!, end: form[2]! } : { start: form[3], end: null };
    return true;
  }

  /** Lines around runs. */
  private frame(line: string, number: number): boolean {
    if (/^usage: \S*dirty_log_perf_test/.test(line)) {
      this.helpLine ??= number;
      this.inHelp = true;
      return true;
    }
    if (/^=+ Test Assertion Failure =+$/.test(line)) {
      this.assertion = [];
      return true;
    }
    if (/^not ok \d+ /.test(line) || /^1\.\.0 # SKIP/.test(line)) {
      // A log of a whole kselftest run has the failures of other tests in it too.
      if (!/selftests: kvm: (?!dirty_log_perf_test)/.test(line)) this.fail(reasonOf(line));
      return true;
    }
    if (SILENT.test(line)) return true;
    const command = findSelftestCommand(line);
    if (command === undefined) return false;
    this.command = command;
    this.run = undefined;
    this.iterations = null;
    this.seeds = [];
    return true;
  }

  private closeAssertion(): void {
    if (this.assertion === undefined) return;
    // Its first line has file, line and expression; the last one the message.
    const said = this.assertion.filter((line) => !/^(?:\d+\s+0x|pid=|\(stack trace)/.test(line));
    this.assertion = undefined;
    this.fail(said.length > 1 ? `${said[0]}: ${said.at(-1)}` : (said[0] ?? "assertion failed"));
  }

  private fail(text: string): void {
    if (this.run === undefined) this.failure ??= clip(text, 200);
    else this.run.failure ??= clip(text, 200);
  }

  private isOver(run: OpenRun): boolean {
    return run.phases.some(({ phase }) => phase === "disable");
  }

  /** The open run, or a new one where the phase is there already: a log whose head was cut. */
  private runFor(number: number, phase: PhaseName, iteration: number | null): OpenRun {
    const run = this.run;
    if (run === undefined) return this.open(number, null);
    const last = run.phases.at(-1);
    // Times only ever follow in the test's order, so a step back is another run.
    const again = phase === "populate" ? last !== undefined : last?.phase === phase && last.iteration === iteration;
    return again ? this.open(number, null) : run;
  }

  private open(number: number, guestMode: LoggedRun["guestMode"]): OpenRun {
    const run: OpenRun = {
      firstLine: number,
      lastLine: number,
      guestMode,
      iterations: this.iterations,
      region: null,
      seeds: [...this.seeds],
      phases: [],
      totals: [],
      command: this.command,
      failure: undefined,
    };
    this.runs.push(run);
    this.run = run;
    return run;
  }
}

/** Why a test did not end well, from its line of TAP. */
function reasonOf(line: string): string {
  const skipped = /^1\.\.0 # SKIP(?: - |\s)?(.*)$/.exec(line);
  if (skipped !== null) return `skipped: ${skipped[1]}`;
  const timeout = /# TIMEOUT (\d{1,9} seconds?)$/.exec(line);
  return timeout === null ? line : `ended by the kselftest runner after ${timeout[1]}`;
}

function toNs(form: RegExpExecArray, at: number): number {
  return Number(form[at]) * 1e9 + Number(form[at + 1]!.padEnd(9, "0"));
}

function guestModeOf(text: string): LoggedRun["guestMode"] {
  const number = (pattern: RegExp) => {
    const form = pattern.exec(text);
    return form === null ? null : Number(form[1]);
  };
  const pageKb = number(/(\d{1,4})K pages/);
  return {
    text: text.replace(/\s+/g, " ").trim(),
    paBits: number(/PA-bits:(\d{1,3})/),
    vaBits: number(/VA-bits:(\d{1,3})/),
    pageBytes: pageKb === null ? null : pageKb * 1024,
  };
}
