import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parseAddress } from "../guest/sizes.js";

const FOLDER = new URL("./fixtures/stage2-dump-7.3/", import.meta.url);

interface IndexCase {
  readonly options: string;
  readonly chunk: string;
  readonly ipa_range: string;
  readonly stage2_levels: string;
  readonly mode?: "enable" | "clear";
  readonly memslots?: readonly { readonly base: string; readonly size: string; readonly dirtyLog: boolean }[];
  readonly before?: string;
  readonly after?: string;
  readonly dumps?: readonly string[];
  readonly dump?: string;
}

/**
 * What debugfs of Linux 7.3.4 said of one VM right before and after one ioctl of the real
 * dirty_log_perf_test.
 */
export interface RealPair {
  /** The case of the index, and of a whole run the step: "flow/64M_anonymous_chunkoff_g enable". */
  readonly name: string;
  readonly options: string;
  readonly ioctl: "enable" | "get" | "clear" | "disable";
  /** KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE in bytes; 0 where it was not set. */
  readonly chunkBytes: number;
  readonly ipaBits: number;
  readonly levels: number;
  /** The slots with a dirty log; the program of the guest lies in another one. */
  readonly memslots: readonly { readonly base: number; readonly bytes: number }[];
  readonly before: string;
  readonly after: string;
}

/** All pairs, in the order of the index. */
export function realPairs(): RealPair[] {
  const { cases } = JSON.parse(readFileSync(new URL("index.json", FOLDER), "utf8")) as {
    cases: Readonly<Record<string, IndexCase>>;
  };
  return Object.entries(cases).flatMap(([name, one]) => {
    const common = {
      options: one.options,
      chunkBytes: Number(one.chunk),
      ipaBits: Number(one.ipa_range),
      levels: Number(one.stage2_levels),
      memslots: (one.memslots ?? [])
        .filter(({ dirtyLog }) => dirtyLog)
        .map(({ base, size }) => ({ base: parseAddress(base), bytes: Number(size) })),
    };
    if (one.before !== undefined && one.after !== undefined)
      return [{ ...common, name, ioctl: one.mode!, before: readDump(one.before), after: readDump(one.after) }];
    const dumps = one.dumps ?? [];
    return dumps.flatMap((file, at) => {
      const ioctl = /-before-(\w+)\.txt$/.exec(file)?.[1] as RealPair["ioctl"] | undefined;
      if (ioctl === undefined) return [];
      const step = /(\d+)-before/.exec(file)![1]!;
      return [
        { ...common, name: `${name} ${step} ${ioctl}`, ioctl, before: readDump(file), after: readDump(dumps[at + 1]!) },
      ];
    });
  });
}

/** The text of a dump of the fixtures. */
export function readDump(file: string): string {
  const bytes = readFileSync(new URL(file, FOLDER));
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}
