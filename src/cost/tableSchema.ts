import { z } from "zod";
import { badInput, clip } from "../errors.js";
import { parseSize } from "../guest/sizes.js";
import { nonEmpty } from "../lists.js";
import { FAULT_LOCKS } from "./contention.js";
import { profileNamed } from "./profiles.js";
import type { ContentionTable } from "./published/contentionTable.js";

/** A table over vCPUs from a file, in zod: loaded only where one is read. */

const text = z.string().min(1).max(200);
const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/i, "letters, digits, dot, dash and underscore, at most 60");

const column = z.strictObject({
  name: z.string().regex(/^[^/\n]{1,40}$/, "at most 40 characters, no slash"),
  lock: z.enum(FAULT_LOCKS).default("parallel"),
  eager: z.boolean().default(false),
  rows: z
    .array(z.tuple([z.number().int().min(1).max(4096), z.number().positive().max(1e9)]))
    .min(2)
    .max(100),
});

const table = z.strictObject({
  id,
  profile: text.optional(),
  machine: text.optional(),
  kernel: text.optional(),
  command: text.optional(),
  workload: z.strictObject({
    memory: text,
    block: text.default("2M"),
    stride: text.default("4K"),
    writeEvery: z.number().int().min(1).max(1e6).default(1),
  }),
  unit: z.enum(["ms", "s"]),
  columns: z.array(column).min(1).max(10),
});

const GRANULE_LEAVES = [2 ** 12, 2 ** 21, 2 ** 30];
const MAX_MEMORY = 2 ** 36;

/**
 * A user's table, for the model to be set beside: memory of each vCPU, what it is mapped by, which
 * page is accessed and written, and rows of vCPUs and the time of the pass.
 *
 * @throws UserError naming the field and what was expected
 */
export function parseTable(value: unknown, input: string): ContentionTable {
  const result = table.safeParse(value);
  if (!result.success) {
    const [issue] = nonEmpty(result.error.issues);
    const where = issue.path.length === 0 ? "" : ` ${clip(issue.path.map(String).join("."))}`;
    throw badInput(`table ${input}${where}`, clip(issue.message, 160), "a table as docs/contention.md has it");
  }
  const { workload, columns, ...rest } = result.data;
  const size = (field: "memory" | "block" | "stride") => parseSize(workload[field], `table ${input} workload.${field}`);
  const [memoryBytes, blockBytes, strideBytes] = [size("memory"), size("block"), size("stride")];
  if (!GRANULE_LEAVES.includes(blockBytes)) {
    throw badInput(`table ${input} workload.block`, `is ${workload.block}`, "4K, 2M or 1G");
  }
  if (memoryBytes === 0 || memoryBytes % Math.max(blockBytes, strideBytes) !== 0 || memoryBytes > MAX_MEMORY) {
    throw badInput(
      `table ${input} workload.memory`,
      `is ${workload.memory}`,
      "whole blocks and strides, at most 64G a vCPU",
    );
  }
  if (strideBytes === 0 || strideBytes % 4096 !== 0) {
    throw badInput(`table ${input} workload.stride`, `is ${workload.stride}`, "whole pages");
  }
  for (const one of columns) {
    const counts = one.rows.map(([vcpus]) => vcpus);
    if (!counts.includes(1) || counts.some((count, i) => i > 0 && count <= counts[i - 1]!)) {
      throw badInput(
        `table ${input} column ${clip(one.name)}`,
        "its rows are not in order from one vCPU on",
        "1, 2, 4 ...",
      );
    }
  }
  const profile = profileNamed(rest.profile ?? "ampereone");
  return {
    id: rest.id,
    post: rest.id,
    title: "a custom table",
    author: input,
    date: "",
    messageId: "",
    machine: rest.machine ?? null,
    kernel: rest.kernel ?? "not given",
    command: rest.command ?? "command not given",
    workload: {
      memoryBytes,
      blockBytes,
      strideBytes,
      writeEvery: workload.writeEvery,
      text:
        `${workload.memory} a vCPU in ${workload.block}, every ${workload.stride}, one in ${workload.writeEvery} ` +
        "written",
    },
    unit: rest.unit,
    columns,
    notKnown: [],
    profile: profile.name as ContentionTable["profile"],
  };
}
