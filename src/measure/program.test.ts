import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { checkProgram } from "./program.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "s2split-program-"));
  return () => rmSync(folder, { recursive: true });
});

/** An executable that begins as an ELF program of this machine number does. */
function elf(name: string, machine: number, bigEndian = false): string {
  const header = Buffer.alloc(64);
  header.write("\x7fELF", "latin1");
  header[4] = 2;
  header[5] = bigEndian ? 2 : 1;
  if (bigEndian) header.writeUInt16BE(machine, 18);
  else header.writeUInt16LE(machine, 18);
  return file(name, header);
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  onTestFinished(() => rmSync(path));
  return path;
}

it.each([
  ["x64", 62, false],
  ["riscv64", 243, false],
  ["s390x", 22, true],
  ["machine 9999", 9999, false],
])("refuses a test that is built for %s where the machine is arm64, KVM or not", async (name, machine, bigEndian) => {
  const program = elf("dirty_log_perf_test", machine, bigEndian);
  await expect(checkProgram(program, true, "", "arm64")).rejects.toThrow(
    `dirty_log_perf_test: is built for ${name}, and this machine is arm64; expected a test built for arm64`,
  );
});

it("refuses the real test without KVM, also where the search path finds it", async () => {
  const program = elf("dirty_log_perf_test", 183);
  const message = "/dev/kvm: is not there or not writable; expected a host with KVM, and the right to use it";
  await expect(checkProgram(program, false, "", "arm64")).rejects.toThrow(message);
  await expect(checkProgram("dirty_log_perf_test", false, `/nowhere:${folder}`, "arm64")).rejects.toThrow(message);
  await expect(checkProgram(program, true, "", "arm64")).resolves.toBeUndefined();
});

it("leaves alone what may run the test elsewhere, and what only running can tell", async () => {
  await expect(checkProgram(elf("ssh", 183), false, "", "arm64")).resolves.toBeUndefined();
  await expect(checkProgram(file("dirty_log_perf_test", "#!/bin/sh\n"), false, "", "arm64")).resolves.toBeUndefined();
  await expect(checkProgram(file("empty", ""), false, "", "arm64")).resolves.toBeUndefined();
  await expect(checkProgram(join(folder, "missing"), false, "", "arm64")).resolves.toBeUndefined();
  await expect(checkProgram("missing", false, folder, "arm64")).resolves.toBeUndefined();
});
