import { formatJson } from "../../files/json.js";
import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { toBencher } from "./bencher.js";
import { toCsv } from "./csv.js";
import { toGithubActionBenchmark } from "./githubActionBenchmark.js";
import { toHtml } from "./html.js";
import { toMarkdown } from "./markdown.js";
import { toNdjson } from "./ndjson.js";

/** An export of a result: data in, text out. */
export interface Exporter {
  /** `json`: the option is `--export-json`. */
  readonly id: string;
  /** For --help. */
  readonly summary: string;
  /** Made once, when the work has ended: it costs too much to be made again after each case. */
  readonly late?: true;
  readonly format: (result: ResultFile, mmus: Mmus) => string | Promise<string>;
}

/** Every export. A new one is a function and a line here. */
export const exporters: readonly Exporter[] = [
  { id: "json", summary: "the result file, which compare and merge read", format: formatJson },
  { id: "csv", summary: "a line a run, a column a figure with its unit (RFC 4180)", format: toCsv },
  { id: "markdown", summary: "tables for a mail or a pull request", format: toMarkdown },
  { id: "html", summary: "one page with pictures, for any browser, offline", late: true, format: toHtml },
  { id: "ndjson", summary: "an object a run, a line an object, samples included", format: toNdjson },
  { id: "bmf", summary: "Bencher Metric Format, for bencher run --adapter json", format: toBencher },
  {
    id: "github-benchmark",
    summary: "for github-action-benchmark, tool: customSmallerIsBetter",
    format: toGithubActionBenchmark,
  },
];
