import { access, constants, open } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { badInput, clip } from "../errors.js";
import { isSelftestProgram } from "./selftestCommand.js";

/**
 * Machines by their number in an ELF header (`e_machine`), under the names that Node has for them.
 */
const MACHINES: Readonly<Record<number, string>> = {
  3: "ia32",
  22: "s390x",
  40: "arm",
  62: "x64",
  183: "arm64",
  243: "riscv64",
  258: "loong64",
};

/**
 * Refuses, before anything is planned, a test that can only fail on this machine: a binary of
 * another architecture, and the real test where there is no KVM. Scripts and other programs are
 * left alone: they may run the test elsewhere.
 *
 * @param host as `process.arch`
 * @throws UserError in one line
 */
export async function checkProgram(
  program: string,
  kvmDevice: boolean,
  searchPath: string,
  host: string = process.arch,
): Promise<void> {
  const machine = await machineOf(program, searchPath);
  if (machine === undefined) return;
  if (machine !== host) {
    throw badInput(
      clip(program, 200),
      `is built for ${machine}, and this machine is ${host}`,
      `a test built for ${host}`,
    );
  }
  if (!kvmDevice && isSelftestProgram(program)) {
    throw badInput("/dev/kvm", "is not there or not writable", "a host with KVM, and the right to use it");
  }
}

/**
 * Refuses a test into which no library can be preloaded: a static one. Scripts are left alone.
 *
 * @throws UserError in one line
 */
export async function checkDynamic(program: string, searchPath: string): Promise<void> {
  const path = await find(program, searchPath);
  if (path === undefined || (await interpreted(path)) !== false) return;
  throw badInput(
    `--eager-split-chunk: ${clip(program, 200)}`,
    "is linked statically, and the chunk is set by a library that is preloaded",
    "a test that is linked dynamically, as the kernel's makefiles do it",
  );
}

const PT_INTERP = 3;
const MAX_HEADERS = 64;

/** Whether a 64-bit ELF program names a dynamic loader; undefined for what is none. */
async function interpreted(path: string): Promise<boolean | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const head = Buffer.alloc(64);
    if ((await file.read(head, 0, 64, 0)).bytesRead < 64 || head.toString("latin1", 0, 4) !== "\x7fELF")
      return undefined;
    if (head[4] !== 2 || head[5] !== 1) return undefined;
    const size = head.readUInt16LE(54);
    const count = Math.min(head.readUInt16LE(56), MAX_HEADERS);
    const headers = Buffer.alloc(size * count);
    const { bytesRead } = await file.read(headers, 0, headers.length, Number(head.readBigUInt64LE(32)));
    if (size < 4 || bytesRead < headers.length) return undefined;
    return Array.from({ length: count }, (_, i) => headers.readUInt32LE(i * size)).includes(PT_INTERP);
  } finally {
    await file.close();
  }
}

/**
 * The architecture of an ELF program; undefined for what is none, and for what cannot be read:
 * running it will tell.
 */
async function machineOf(program: string, searchPath: string): Promise<string | undefined> {
  const path = await find(program, searchPath);
  if (path === undefined) return undefined;
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
      if (bytesRead < 20 || buffer.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
      const number = buffer[5] === 2 ? buffer.readUInt16BE(18) : buffer.readUInt16LE(18);
      return MACHINES[number] ?? `machine ${number}`;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** The file that would be run: as named, or the first of the search path. */
async function find(program: string, searchPath: string): Promise<string | undefined> {
  if (program.includes("/")) return program;
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}
