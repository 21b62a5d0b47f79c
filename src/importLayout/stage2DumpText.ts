import { badInput, clip } from "../errors.js";
import { formatAddress } from "../guest/sizes.js";
import { isNonEmpty, type NonEmpty } from "../lists.js";

/** A line of a stage-2 dump: adjacent entries of one level with equal attributes. */
interface AnyRange {
  /** Line number in the text, from 1. */
  readonly line: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly readable: boolean;
  readonly writable: boolean;
}

export interface MappedRange extends AnyRange {
  readonly kind: "mapped";
  /** 0 to 3. */
  readonly level: number;
}

interface UnmappedRange extends AnyRange {
  /** `annotated`: invalid but not zero (the `F` field), as pKVM's owner annotations are. */
  readonly kind: "hole" | "annotated";
  /** Null on lines of early kernels that print no level. */
  readonly level: number | null;
}

export type DumpRange = MappedRange | UnmappedRange;

/** A dump as text says it, in order and without overlaps. */
export interface DumpText {
  readonly ranges: NonEmpty<DumpRange>;
  /**
   * Numbers printed before the header, as `cat stage2_levels ipa_range stage2_page_tables` does.
   */
  readonly levels: number | null;
  readonly ipaBits: number | null;
  readonly header: boolean;
  /** Lines that are no part of a dump, by number; at most {@link MAX_UNREAD} of them are kept. */
  readonly unread: readonly { readonly line: number; readonly text: string }[];
  readonly unreadCount: number;
}

const MAX_UNREAD = 20;
const HEADER = "---[ Guest IPA ]---";
const UNIT_BYTES: Readonly<Record<string, number>> = {
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
  E: 2 ** 60,
};
/**
 * Fields after the level. `X` stands alone up to 6.x, where execute-never is set; px/ux and PXN/UXN
 * came later.
 */
const FIELDS = new Set(["F", "R", "W", "X", "XN", "px", "ux", "PXN", "UXN", "PXNux", "PXNUXN", "AF", "BLK"]);

/**
 * Reads the text of `stage2_page_tables`, as debugfs of a KVM host on arm64 prints it.
 *
 * Format: Linux, arch/arm64/kvm/ptdump.c (fields) and arch/arm64/mm/ptdump.c, `note_page()`
 * (ranges), from 6.12. Quoting marks of mails are taken off; text around the dump is kept in
 * `unread`.
 *
 * @param input name of the text for messages
 * @throws UserError naming the first line that is wrong
 */
export function readStage2Dump(text: string, input: string): DumpText {
  const ranges: DumpRange[] = [];
  const unread: { line: number; text: string }[] = [];
  let unreadCount = 0;
  let levels: number | null = null;
  let ipaBits: number | null = null;
  let header = false;
  let lineNumber = 0;
  for (const raw of lines(text)) {
    lineNumber++;
    const line = raw.replace(/^(?:> ?)+/, "").trimEnd();
    if (line.trim() === "") continue;
    const where = `${input} line ${lineNumber}`;
    if (line.startsWith("---[")) {
      if (line !== HEADER) {
        // A kernel that goes past its last marker closes the dump with a nameless one.
        if (ranges.length > 0 && line === "---[ (null) ]---") continue;
        throw badInput(`${where} "${clip(line)}"`, "the header of another kind of dump", `"${HEADER}"`);
      }
      if (header || ranges.length > 0) throw badInput(where, "a second dump begins here", "the dump of one VM");
      header = true;
    } else if (line.startsWith("0x")) {
      const range = readRange(line, lineNumber, where);
      const last = ranges.at(-1);
      if (last !== undefined && range.start < last.end) {
        throw badInput(
          where,
          `the range begins at ${formatAddress(range.start)}, before the end ${formatAddress(last.end)} of line ` +
            `${last.line}`,
          "ascending ranges that do not overlap",
        );
      }
      ranges.push(range);
    } else if (ranges.length === 0 && !header && /^\s?\d{1,2}$/.test(line)) {
      const value = Number(line);
      if (value <= 5) levels = value;
      else ipaBits = value;
    } else {
      unreadCount++;
      if (unread.length < MAX_UNREAD) unread.push({ line: lineNumber, text: clip(line) });
    }
  }
  if (!isNonEmpty(ranges)) {
    throw badInput(input, "no range of a stage-2 dump in it", `lines as "${HEADER}" and "0x...-0x...  2M 2   R W ..."`);
  }
  return { ranges, levels, ipaBits, header, unread, unreadCount };
}

/** The lines of a text one at a time, without a second copy of all of it. */
export function* lines(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const at = text.indexOf("\n", from);
    const end = at < 0 ? text.length : at;
    yield text.slice(from, text[end - 1] === "\r" && end > from ? end - 1 : end);
    from = end + 1;
  }
}

function readRange(line: string, lineNumber: number, where: string): DumpRange {
  const shown = `${where} "${clip(line)}"`;
  const form = /^0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\s+(\d{1,16})([KMGTPE])(.{0,80})$/.exec(line);
  if (form === null) throw badInput(shown, "not a range of a stage-2 dump", '"0xSTART-0xEND  SIZE LEVEL ATTRIBUTES"');
  const start = Number.parseInt(form[1]!, 16);
  const end = Number.parseInt(form[2]!, 16);
  if (end > 2 ** 52) throw badInput(shown, "the address is beyond 52 bits", "an IPA");
  if (end <= start) throw badInput(shown, "the range does not go forward", "a start below the end");
  if (Number(form[3]) * UNIT_BYTES[form[4]!]! !== end - start) {
    throw badInput(shown, "the size is not that of the range", `${(end - start) / 1024}K in whatever unit`);
  }
  const words = form[5]!
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  const [first = ""] = words;
  const level = /^[0-3]$/.test(first) ? Number(words.shift()) : null;
  for (const word of words) {
    if (!FIELDS.has(word))
      throw badInput(shown, `the field "${clip(word, 20)}" is none of a stage-2 dump`, [...FIELDS].join(", "));
  }
  const range = { line: lineNumber, start, end, readable: words.includes("R"), writable: words.includes("W") };
  if (words.length === 0) return { ...range, kind: "hole", level };
  if (words.includes("F")) return { ...range, kind: "annotated", level };
  if (level === null) throw badInput(shown, "mapped, but without a level", "a level from 0 to 3 after the size");
  if (words.includes("BLK") !== level < 3) {
    throw badInput(
      shown,
      level < 3 ? `mapped at level ${level} without BLK` : "BLK at level 3",
      "BLK at levels 1 and 2, pages at 3",
    );
  }
  return { ...range, kind: "mapped", level };
}
