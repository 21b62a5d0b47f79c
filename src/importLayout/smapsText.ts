import { badInput, clip } from "../errors.js";
import { lines } from "./stage2DumpText.js";

/** One mapping of a process, from `/proc/PID/smaps`. All amounts in bytes. */
export interface Vma {
  /** Line number of its header in the text, from 1. */
  readonly line: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** "rw-p", "rw-s". */
  readonly permissions: string;
  readonly path: string;
  /** Pages in memory, hugetlb left out (as the kernel counts). */
  readonly rss: number;
  readonly swap: number;
  /** Page size of the mapping: larger than the base page only for hugetlb. */
  readonly kernelPageSize: number;
  readonly anonHugePages: number;
  readonly shmemPmdMapped: number;
  readonly filePmdMapped: number;
  readonly sharedHugetlb: number;
  readonly privateHugetlb: number;
}

/** Field of smaps to field of {@link Vma}. Others are left aside. */
const FIELDS = {
  Rss: "rss",
  Swap: "swap",
  KernelPageSize: "kernelPageSize",
  AnonHugePages: "anonHugePages",
  ShmemPmdMapped: "shmemPmdMapped",
  FilePmdMapped: "filePmdMapped",
  Shared_Hugetlb: "sharedHugetlb",
  Private_Hugetlb: "privateHugetlb",
} as const;

type Amounts = { -readonly [Name in (typeof FIELDS)[keyof typeof FIELDS]]: number };

/**
 * Reads the text of `/proc/PID/smaps`.
 *
 * Format: Linux, fs/proc/task_mmu.c (`show_map_vma()`, `show_smap()`),
 * Documentation/filesystems/proc.rst. Fields that a kernel does not print count as 0; unknown ones
 * are left aside.
 *
 * @param input name of the text for messages
 * @throws UserError naming the first line that is neither a mapping nor one of its fields
 */
export function readSmaps(text: string, input: string): Vma[] {
  const vmas: Vma[] = [];
  let amounts: Amounts | undefined;
  let lineNumber = 0;
  for (const line of lines(text)) {
    lineNumber++;
    if (line.trim() === "") continue;
    const where = `${input} line ${lineNumber} "${clip(line)}"`;
    const header =
      /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) [0-9a-f]{1,16} [0-9a-f]+:[0-9a-f]+ \d+\s*(.*)$/.exec(line);
    if (header !== null) {
      amounts = blank();
      vmas.push(mapping(header, lineNumber, amounts, where, vmas.at(-1)));
      continue;
    }
    const field = /^([A-Za-z_]{1,40}):\s+(.*)$/.exec(line);
    if (field === null || amounts === undefined) {
      throw badInput(where, "not a line of smaps", "a mapping as in /proc/PID/maps, or one of its fields");
    }
    const name = field[1]!;
    if (!Object.hasOwn(FIELDS, name)) continue;
    const amount = /^(\d{1,12}) kB$/.exec(field[2]!.trimEnd());
    if (amount === null) throw badInput(where, "not an amount", `"${name}:  N kB"`);
    amounts[FIELDS[name as keyof typeof FIELDS]] = Number(amount[1]) * 1024;
  }
  if (vmas.length === 0) {
    throw badInput(
      input,
      "no mapping in it",
      "/proc/PID/smaps of a running process with memory of its own, readable by you",
    );
  }
  return vmas;
}

function blank(): Amounts {
  return {
    rss: 0,
    swap: 0,
    kernelPageSize: 0,
    anonHugePages: 0,
    shmemPmdMapped: 0,
    filePmdMapped: 0,
    sharedHugetlb: 0,
    privateHugetlb: 0,
  };
}

function mapping(header: RegExpExecArray, line: number, amounts: Amounts, where: string, last: Vma | undefined): Vma {
  const start = Number.parseInt(header[1]!, 16);
  const end = Number.parseInt(header[2]!, 16);
  if (end <= start) throw badInput(where, "the mapping does not go forward", "a start below the end");
  if (last !== undefined && start < last.end)
    throw badInput(where, `begins before the end of the one on line ${last.line}`, "ascending mappings");
  // The vsyscall page lies beyond 2^53; it is no guest memory, and the object keeps the fields that
  // follow.
  return Object.assign(amounts, { line, start, end, permissions: header[3]!, path: header[4]!.trim() });
}
