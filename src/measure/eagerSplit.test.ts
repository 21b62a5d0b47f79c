import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelStandIn, testStandIn } from "../testing/chunkPrograms.js";
import { compiler, complaints, withPrograms } from "../testing/compiler.js";
import { run } from "../testing/inProcess.js";
import { prepareChunkPreload, readProof } from "./eagerSplit.js";
import { planMeasurement } from "./plan.js";
import { preloadSource } from "./preloadSource.js";
import { checkDynamic } from "./program.js";
import { type RunRecord, runMeasurement } from "./runner.js";

const cc = compiler("cc");

let folder: string;
let state: { program: string; kernel: string; log: string; cache: string };

/** Options of the result's cases, by what varied. */
function recorded(output: string): Record<string, number | null> {
  const { cases } = JSON.parse(readFileSync(output, "utf8")) as {
    cases: { variables: Record<string, string>; options: { eagerSplitChunkBytes: number | null } }[];
  };
  return Object.fromEntries(
    cases.map((one) => [Object.values(one.variables).join(" "), one.options.eagerSplitChunkBytes]),
  );
}

describe.skipIf(cc === undefined)(`the eager-split chunk (cc: ${cc ?? "not there, so not tested"})`, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "s2split-chunk-test-"));
    const at = (name: string) => join(folder, name);
    state = { program: at("dirty_log_perf_test"), kernel: at("kernel.so"), log: at("log"), cache: at("cache") };
    const sources = {
      dirty_log_perf_test: { source: testStandIn },
      "kernel.so": { source: kernelStandIn, flags: ["-shared", "-fPIC"] },
    };
    withPrograms(cc!, sources, (built) => {
      for (const name of Object.keys(sources)) {
        writeFileSync(at(name), readFileSync(join(built, name)), { mode: 0o755 });
      }
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function measured(chunks: string[], ...args: string[]): Promise<readonly RunRecord[]> {
    rmSync(state.log, { force: true });
    const env = [`LD_PRELOAD=${state.kernel}`, `STAND_IN_LOG=${state.log}`];
    const plan = planMeasurement([state.program, "-i", "1", "-g", ...args], {
      runs: 1,
      warmup: 0,
      env,
      eagerSplitChunk: chunks,
    });
    const records: RunRecord[] = [];
    const chunkPreload = await prepareChunkPreload({ ...process.env, XDG_CACHE_HOME: state.cache });
    try {
      await runMeasurement(plan, {
        env: process.env,
        timeoutMs: null,
        signal: new AbortController().signal,
        onRecord: async (record) => {
          records.push(record);
        },
        rawFile: () => null,
        chunkPreload,
      });
    } finally {
      await chunkPreload.remove();
    }
    return records;
  }

  it("is set on the new VM, before its first memslot, and proved", async () => {
    const records = await measured(["2M", "0"]);
    expect(readFileSync(state.log, "utf8")).toBe(
      "create-vm enable-cap-228-0x200000-of-700 memslot create-vm enable-cap-228-0x0-of-700 memslot ",
    );
    expect(records.map(({ provedChunkBytes }) => provedChunkBytes)).toEqual([2 ** 21, 0]);
    expect(records.map(({ runs }) => runs[0]!.status)).toEqual(["complete", "complete"]);
    expect(records.map(({ planned }) => planned.case.id)).toEqual([
      expect.stringMatching(/^eager-split-chunk=2M .*dirty_log_perf_test -i 1 -g$/),
      expect.stringMatching(/^eager-split-chunk=0 .*dirty_log_perf_test -i 1 -g$/),
    ]);
    // Before the run, nothing is said of it.
    expect(records[0]!.planned.case.options!.eagerSplitChunkBytes).toBeNull();
  });

  it("that the kernel refuses ends the measurement in one line that has the sizes it takes", async () => {
    await expect(measured(["3M"])).rejects.toThrow(
      "--eager-split-chunk 3M: the kernel refuses it (errno 22); expected 0, or one of 4K, 2M, 1G",
    );
    // Nothing ran on without it.
    expect(readFileSync(state.log, "utf8")).toBe("create-vm enable-cap-228-0x300000-of-700 check-extension-229 ");
  });

  it("that nothing proves makes the run a failed one, whatever it printed", async () => {
    const [record] = await measured(["2M"], "-s", "shmem");
    expect(record!.provedChunkBytes).toBeNull();
    expect(record!.runs[0]!.phases.length).toBeGreaterThan(3);
    expect(record!.runs[0]!.status).toBe("failed");
    expect(record!.runs[0]!.notes).toContainEqual({ code: "chunk-not-set", data: { chunk: 2 ** 21 } });
  });

  it("is in the result only where a run has proved it", async () => {
    const output = join(folder, "result.json");
    const before = ["measure", "--runs", "1", "--warmup", "0", "--force", "--output", output];
    const env = ["--env", `LD_PRELOAD=${state.kernel}`, "--env", `STAND_IN_LOG=${state.log}`];
    const how = { env: { ...process.env, XDG_CACHE_HOME: state.cache } };
    const script = join(folder, "test.sh");
    writeFileSync(script, `#!/bin/sh\nexec ${state.program} "$@"\n`, { mode: 0o755 });
    const chunks = ["--eager-split-chunk", "0,2M"];
    const proved = await run([...before, ...env, ...chunks, "--", script, "-i", "1", "-g"], how);
    expect(proved.code, proved.stderr).toBe(0);
    expect(recorded(output)).toEqual({ "0": 0, "2M": 2 ** 21 });

    const silent = await run([...before, ...env, ...chunks, "--", script, "-i", "1", "-g", "-s", "shmem"], how);
    expect(silent.code).toBe(1);
    expect(silent.stderr).toContain("nothing proves that the eager-split chunk 2M was set");
    expect(recorded(output)).toEqual({ "0": null, "2M": null });

    const claimed = ["--vary", "KVM_EAGER_SPLIT_CHUNK=0,2M", "--", script, "-i", "1", "-g"];
    const unproved = await run([...before, ...env, ...claimed], how);
    expect(unproved.stderr).toContain("warning: KVM_EAGER_SPLIT_CHUNK: whether the test reads it is not known");
    expect(recorded(output)).toEqual({ "0": null, "2M": null });
  });

  it("comes from a library that is built once, and kept by its content", async () => {
    await measured(["2M"]);
    const kept = readdirSync(join(state.cache, "s2split"));
    expect(kept).toEqual([expect.stringMatching(/^eager-split-chunk-[0-9a-f]{16}\.so$/)]);
    // From the cache no compiler is needed, though CC names one by the same name.
    const before = readFileSync(join(state.cache, "s2split", kept[0]!));
    const again = await prepareChunkPreload({ ...process.env, XDG_CACHE_HOME: state.cache, PATH: "/nowhere" });
    expect(readFileSync(again.library)).toEqual(before);
    await again.remove();
    expect(existsSync(again.library)).toBe(true);
  });

  it("needs a compiler, and says so where there is none or it fails", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty, { recursive: true });
    await expect(prepareChunkPreload({ XDG_CACHE_HOME: empty, CC: join(empty, "nocc") })).rejects.toThrow(
      /^--eager-split-chunk: there is no .*nocc to build the library that sets it; expected a C compiler .*$/,
    );
    await expect(prepareChunkPreload({ XDG_CACHE_HOME: empty, CC: "false" })).rejects.toThrow(
      "--eager-split-chunk: false cannot build the library that sets it (exit code 1)",
    );
    expect(readdirSync(join(empty, "s2split"))).toEqual([]);
  });

  it("is set by a library without compiler warnings", () => {
    expect(complaints(cc!, preloadSource, true)).toBe("");
  });

  it("cannot be set in a static test, which is refused; a script is left alone", async () => {
    await expect(checkDynamic(state.program, "")).resolves.toBeUndefined();
    const script = join(folder, "script");
    writeFileSync(script, "#!/bin/sh\n");
    await expect(checkDynamic(script, "")).resolves.toBeUndefined();
    const fixed = join(folder, "static");
    writeFileSync(fixed, withoutLoader(readFileSync(state.program)));
    await expect(checkDynamic(fixed, "")).rejects.toThrow(
      /^--eager-split-chunk: .*static: is linked statically, and the chunk is set by a library that is preloaded; expected a test/,
    );
  });
});

describe("the proof of a chunk", () => {
  it.each([
    ["no file", undefined, { kind: "silent" }],
    ["half a line", "set vm 4 ch", { kind: "silent" }],
    ["VMs that disagree", "set vm 4 chunk 0\nset vm 5 chunk 4096\n", { kind: "silent" }],
    ["every VM", "set vm 4 chunk 4096\nset vm 5 chunk 4096\n", { kind: "set", bytes: 4096, vms: 2 }],
    [
      "one VM refused",
      "set vm 4 chunk 1\nrefused vm 5 chunk 1 errno 22 sizes 0\n",
      { kind: "refused", bytes: 1, errno: 22, sizes: [] },
    ],
  ])("with %s", async (_, text, expected) => {
    const place = mkdtempSync(join(tmpdir(), "s2split-proof-"));
    try {
      const proof = join(place, "proof");
      if (text !== undefined) writeFileSync(proof, text);
      expect(await readProof({ library: "", proof, remove: async () => {} })).toEqual(expected);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});

/** An ELF program whose header that names the loader is made one that is not looked at. */
function withoutLoader(program: Buffer): Buffer {
  const copy = Buffer.from(program);
  const table = Number(copy.readBigUInt64LE(32));
  for (let i = 0; i < copy.readUInt16LE(56); i++) {
    const at = table + i * copy.readUInt16LE(54);
    if (copy.readUInt32LE(at) === 3) copy.writeUInt32LE(0, at);
  }
  return copy;
}
