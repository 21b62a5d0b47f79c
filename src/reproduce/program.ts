import { arm64Evidence, arm64Guest, arm64Main } from "./arm64Source.js";
import { commonSource, headers } from "./commonSource.js";
import type { Prediction, ReproductionPlan } from "./plan.js";
import { notX86Main, x86Guest, x86Main } from "./x86Source.js";

/**
 * A C program, complete in itself, that lays a plan out on a real host, has KVM do the work, and
 * looks at the tables before and after. It needs a C compiler with the headers of Linux's userspace
 * API, no kernel tree.
 *
 * It ends with 0 if no block in range is left, 1 and the first one's address if one is, 2 and one
 * line if the host cannot do it.
 *
 * @param version of s2split, for the comment at the top
 */
export function reproductionProgram(plan: ReproductionPlan, version: string): string {
  const top = [banner(plan, version), headers];
  if (plan.arch === "arm64") {
    return [...top, tables(plan), commonSource, arm64Guest, arm64Evidence, arm64Main].join("\n");
  }
  // Registers and segments of an x86 vCPU are in the headers of an x86 host alone.
  const other = ["#if !defined(__x86_64__)", notX86Main, "#else", ""].join("\n");
  return [...top, other, tables(plan), commonSource, x86Guest, x86Main, "#endif\n"].join("\n");
}

const FILE_NAME = "reproduce";

function banner(plan: ReproductionPlan, version: string): string {
  const what =
    plan.check === "split"
      ? `${plan.mode === "enable" ? "enable dirty logging" : "clear the dirty log"}, and see whether a block in ` +
        "range is still one"
      : "clear the dirty log, write the pages that were cleared, and see whether each is reported again";
  const lines = [
    `${plan.name === "" ? "A scenario" : plan.name}: ${plan.arch} KVM; ${what}.`,
    "",
    ...(plan.description === "" ? [] : [plan.description, ""]),
    ...plan.notes.flatMap((note) => [note, ""]),
    `Made by s2split ${version} (reproduce). Build and run, as root on ` +
      `${plan.arch === "arm64" ? "an arm64" : "an x86-64"} host with KVM:`,
    "",
    `  cc -O2 -Wall -Wextra -o ${FILE_NAME} ${FILE_NAME}.c && sudo ./${FILE_NAME}`,
    "",
    plan.check === "split"
      ? "Ends with 0 if no block is left, 1 and the first one's address if one is, 2 if this host cannot do it."
      : "Ends with 0 if each write was reported, 1 and the first lost page if one was not, 2 if this host cannot " +
        "do it.",
  ];
  const text = lines.flatMap((line) => wrapped(commentable(line), 74)).map((line) => ` * ${line}`.trimEnd());
  return `/*\n${text.join("\n")}\n */\n`;
}

/** Text that cannot end the comment that it stands in, and holds nothing but printable ASCII. */
function commentable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, " ")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *")
    .replaceAll("??", "? ?");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S)\s+/)) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The plan as constants and tables. */
function tables(plan: ReproductionPlan): string {
  const levelOf = (bytes: number): number => plan.leafBytes.indexOf(bytes);
  return `${[
    `static const char name[] = ${quoted(plan.name === "" ? "scenario" : plan.name)};`,
    constant("PAGE_BYTES", plan.pageBytes),
    constant("CHUNK_BYTES", plan.chunkBytes),
    `enum { IPA_BITS = ${plan.ipaBits}, CLEAR = ${plan.mode === "clear" ? 1 : 0}, CHECK_DIRTY = ${plan.check === "dirty" ? 1 : 0} };`,
    "#define NONE (~0ull)",
    "/* Guest code and what belongs to it stand here, outside of the scenario's memory. */",
    constant("SCRATCH", plan.scratch),
    "/* Table pages below the root that the leaves need; those of the guest code left out. */",
    constant("TABLES_BEFORE", plan.tables),
    "",
    "/* Bytes of a leaf: page, block, larger block. */",
    `static const u64 leaf_bytes[3] = { ${plan.leafBytes.map(hex).join(", ")} };`,
    table("struct slot { u64 base, bytes; }", "slot", plan.slots, ({ base, bytes }) => [hex(base), hex(bytes)]),
    "/* Leaves of one size each, ascending; `kind` is an index of leaf_bytes. */",
    table("struct run { u64 start, bytes; int kind, read_only; }", "run", plan.runs, (run) => [
      hex(run.start),
      hex(run.bytes),
      levelOf(run.leafBytes),
      run.readOnly ? 1 : 0,
    ]),
    "/* What is to be split, ascending. */",
    table("struct span { u64 start, end; }", "span", plan.spans, ({ start, end }) => [hex(start), hex(end)]),
    "/* Pages that KVM_CLEAR_DIRTY_LOG clears, relative to their slot. */",
    table("struct cleared { int slot; u64 first, count; }", "cleared", plan.cleared, (run) => [
      run.slot,
      hex(run.first),
      hex(run.count),
    ]),
    "/* What s2split counts: leaves by size afterwards, table pages made, the first block left. */",
    table(
      "struct prediction { const char *who; u64 leaves[3], tables, first_unsplit; }",
      "prediction",
      plan.predictions,
      (one) => predictionRow(one),
    ),
  ].join("\n")}\n`;
}

function predictionRow({ strategies, leaves, tables: made, firstUnsplit }: Prediction): string[] {
  const counts = [0, 1, 2].map((level) => hex(leaves[level] ?? 0));
  return [
    quoted(strategies.join(", ")),
    `{ ${counts.join(", ")} }`,
    hex(made),
    firstUnsplit === null ? "NONE" : hex(firstUnsplit),
  ];
}

/**
 * An array of C has at least one element, so an empty table has a row of zeros that its count
 * leaves out.
 */
function table<T>(
  type: string,
  name: string,
  rows: readonly T[],
  row: (item: T) => readonly (string | number)[],
): string {
  const body = rows.length === 0 ? ["\t{ 0 },"] : rows.map((item) => `\t{ ${row(item).join(", ")} },`);
  return [`#define ${name.toUpperCase()}S ${rows.length}`, `static const ${type} ${name}s[] = {`, ...body, "};"].join(
    "\n",
  );
}

function constant(name: string, value: number): string {
  return `#define ${name} ${hex(value)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}ull`;
}

/** A C string: names come from files, so what is no plain character is left out. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]+/g, " ").replace(/["\\?]/g, "\\$&")}"`;
}
