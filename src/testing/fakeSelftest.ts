import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a call of the fake selftest does instead of a whole run; see fakeSelftest.sh. */
export type FakeBehaviour = "assert" | "exit" | "hang" | "stubborn" | "garbage" | "silent" | "flood";

export interface FakeSelftest {
  /** An empty folder of its own. */
  readonly folder: string;
  /** Path of the program. */
  readonly program: string;
  /** A file that exists from the moment a call hangs. */
  readonly marker: string;
  remove(): void;
}

/**
 * Makes a program named dirty_log_perf_test that prints what the real one does.
 *
 * @param behaviour by number of the call, from 1, or `*`
 */
export function makeFakeSelftest(behaviour: Readonly<Record<string, FakeBehaviour>> = {}): FakeSelftest {
  const folder = mkdtempSync(join(tmpdir(), "s2split-fake-"));
  const program = join(folder, "dirty_log_perf_test");
  const marker = join(folder, "marker");
  const script = fileURLToPath(new URL("fakeSelftest.sh", import.meta.url));
  const plan = Object.entries(behaviour).map(([call, what]) => `${call}=${what}`);
  const env = [`FAKE_STATE='${folder}/state'`, `FAKE_MARKER='${marker}'`, `FAKE_BEHAVIOUR='${plan.join(" ")}'`];
  writeFileSync(program, `#!/bin/sh\n${env.join(" ")} exec /bin/sh '${script}' "$@"\n`);
  chmodSync(program, 0o755);
  return { folder, program, marker, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
