import { CasemateParseError, type CasemateRecord, casemateRecords } from "./casemateRecords.js";

/** What the checker says of a trace: exit code 0, or 1 with its message and the record at which it stopped. */
export interface CasemateVerdict {
  readonly exit: 0 | 1;
  readonly message?: string;
  readonly id?: number;
}

export interface JudgeOptions {
  /** No lock rules (the checker's `-R`). */
  readonly racy?: boolean;
}

/**
 * Judges a trace by the rules of casemate, an executable model of the Arm architecture's protocol for page-table updates
 * (github.com/rems-project/casemate, 3.0.2): what its offline checker accepts and refuses, in its words. It knows nothing of this
 * project's engine, and so is a second opinion on break-before-make and every TLBI; that it judges as the checker does is held by
 * recorded verdicts.
 */
export function judgeCasemate(text: string, options: JudgeOptions = {}): CasemateVerdict {
  const model = new PageTableModel(options.racy === true);
  let record: CasemateRecord | undefined;
  try {
    for (const next of casemateRecords(text)) {
      if (next === "error-expected") return { exit: 1, message: "an error was expected" };
      record = next;
      model.step(next);
    }
    return { exit: 0 };
  } catch (error) {
    if (error instanceof Refused)
      return { exit: 1, message: error.message, ...(error.fatal ? {} : { id: record!.id }) };
    if (error instanceof CasemateParseError) return { exit: 1, message: error.message };
    throw error;
  }
}

/** `fatal`: the checker fails an assertion and names no record. */
class Refused extends Error {
  constructor(
    message: string,
    readonly fatal = false,
  ) {
    super(message);
  }
}

const PAGE = 4096;
const WORDS = 512;
const MOST_PAGES = 8192;
const AF = 1n << 10n;
/** Bits 58:55: software may change them in a leaf. */
const SOFTWARE = 0xfn << 55n;
const ADDRESS = 0xfffffffff000n;

/** How far an invalid entry has been cleaned since it was broken. */
type Cleaning = "broken" | "ordered" | "by-ipa" | "by-ipa-done" | "all";

/** A word of a followed tree. */
interface Entry {
  readonly root: Root;
  readonly level: number;
  /** First IPA that it covers. */
  readonly ipa: bigint;
  /** The table entry above; null in the root. */
  readonly parent: Entry | null;
  value: bigint;
  state: "valid" | "clean" | "unclean";
  /** Of unclean entries: what was there, who broke it, and how far that one has come. */
  old: bigint;
  breaker: number;
  cleaning: Cleaning;
}

interface Root {
  readonly address: number;
  readonly vmid: number;
}

interface Cpu {
  /** A plain store to a live entry is allowed: none was made since the lock was taken or the last DSB. */
  plain: boolean;
  t0sz: number;
  stage2: boolean;
  vttbr: bigint | null;
}

class PageTableModel {
  readonly #values = new Map<number, bigint>();
  readonly #pages = new Set<number>();
  readonly #entries = new Map<number, Entry>();
  readonly #unclean = new Set<Entry>();
  readonly #roots = new Map<number, Root>();
  readonly #rootLocks = new Map<number, number>();
  readonly #locks = new Map<number, { cpu: number; depth: number }>();
  readonly #cpus: Cpu[] = [0, 1, 2, 3].map(() => ({ plain: false, t0sz: 16, stage2: true, vttbr: null }));

  constructor(private readonly racy: boolean) {}

  step({ kind, cpu, fields }: CasemateRecord): void {
    const at = Number(fields.address ?? fields.location ?? 0n);
    const value = fields.value as bigint;
    const pages = (work: (page: number) => void) => this.#pagesOf(at, fields.size as bigint, work);
    if (kind === "mem-init") pages((page) => this.#initialise(page));
    else if (kind === "mem-write") this.#store(cpu, at, value, fields["mem-order"] === "release");
    else if (kind === "mem-set") pages((page) => this.#fill(cpu, page, value));
    else if (kind === "mem-free") pages((page) => this.#free(page));
    else if (kind === "barrier" && fields.barrier === "dsb") this.#dsb(cpu, fields.kind as string);
    else if (kind === "tlbi") this.#tlbi(cpu, fields.operation as string, value);
    else if (kind === "sysreg-write") this.#sysreg(cpu, fields.sysreg as string, value);
    else if (kind === "hint" && fields.kind === "set_root_lock") this.#rootLocks.set(at, Number(value));
    else if (kind === "hint" && fields.kind === "release_table") this.#release(at);
    else if (kind === "lock" || kind === "trylock") this.#lock(cpu, at);
    else if (kind === "unlock") this.#unlock(cpu, at);
  }

  #pagesOf(address: number, size: bigint, work: (page: number) => void): void {
    for (let page = address - (address % PAGE); page < address + Number(size); page += PAGE) work(page);
  }

  #initialise(page: number): void {
    for (let i = 0; i < WORDS; i++) {
      const at = page + 8 * i;
      if ((this.#values.get(at) ?? 0n) !== 0n || this.#entries.has(at))
        throw new Refused("cannot initialise used location");
    }
    if (!this.#pages.has(page) && this.#pages.size === MOST_PAGES) throw new Refused("out of memory pages", true);
    this.#pages.add(page);
  }

  #fill(cpu: number, page: number, value: bigint): void {
    for (let i = 0; i < WORDS; i++) this.#store(cpu, page + 8 * i, value, false);
  }

  #free(page: number): void {
    for (let i = 0; i < WORDS; i++) {
      if (this.#entries.has(page + 8 * i)) throw new Refused("cannot free a location that is a page-table entry");
      this.#values.delete(page + 8 * i);
    }
    this.#pages.delete(page);
  }

  #store(cpu: number, at: number, value: bigint, release: boolean): void {
    if (!this.#pages.has(at - (at % PAGE))) throw new Refused("Attempted write to uninitialised location");
    const entry = this.#entries.get(at);
    if (entry !== undefined) {
      this.#mayStore(cpu, entry, value, release);
      this.#change(cpu, entry, value);
      entry.value = value;
    }
    this.#values.set(at, value);
  }

  /** The lock rules. */
  #mayStore(cpu: number, entry: Entry, value: bigint, release: boolean): void {
    if (this.racy) return;
    const lock = this.#rootLocks.get(entry.root.address);
    if (lock === undefined) throw new Refused("must have associated root with a lock");
    if (this.#locks.get(lock)?.cpu !== cpu) throw new Refused("must write to pte while holding owner lock");
    const state = this.#cpus[cpu]!;
    if (!release && !state.plain && (isValid(entry.value) || isValid(value))) {
      throw new Refused("Wrote plain without authorization");
    }
    state.plain = false;
  }

  #change(cpu: number, entry: Entry, value: bigint): void {
    const was = entry.value;
    for (let above = entry.parent; above !== null; above = above.parent) {
      if (above.state !== "unclean") continue;
      if (value === was || (!isValid(value) && !isValid(was))) return;
      throw new Refused("Wrote on a page with an unclean parent");
    }
    const next = kindOf(value, entry.level);
    if (entry.state === "valid") {
      if (next !== "invalid") refuseReplacing(was, value, entry.level);
      else this.#break(cpu, entry);
    } else if (next !== "invalid") {
      if (entry.state === "unclean") throw new Refused("BBM invalid unclean->valid");
      entry.state = "valid";
      entry.value = value;
      if (next === "table") this.#follow(entry.root, entry, tableOf(value), entry.level + 1, entry.ipa);
    }
  }

  #break(breaker: number, entry: Entry): void {
    Object.assign(entry, { state: "unclean", old: entry.value, breaker, cleaning: "broken" });
    this.#unclean.add(entry);
  }

  /** All words of a table become entries, and so on down. */
  #follow(root: Root, parent: Entry | null, table: number, level: number, ipa: bigint): void {
    const initialised = this.#pages.has(table);
    for (let i = 0; i < WORDS; i++) {
      if (!initialised) throw new Refused("Saw uninitialised PTE on pgtable traversal");
      const at = table + 8 * i;
      if (this.#entries.has(at)) throw new Refused("double-use pte");
      const value = this.#values.get(at) ?? 0n;
      const kind = kindOf(value, level);
      const entry: Entry = {
        root,
        level,
        ipa: ipa + BigInt(i) * spanOf(level),
        parent,
        value,
        state: kind === "invalid" ? "clean" : "valid",
        old: 0n,
        breaker: -1,
        cleaning: "broken",
      };
      this.#entries.set(at, entry);
      if (kind === "table") this.#follow(root, entry, tableOf(value), level + 1, entry.ipa);
    }
  }

  /** The words of a table are no entries any more. */
  #forget(table: number, level: number): void {
    for (let i = 0; i < WORDS; i++) {
      const entry = this.#entries.get(table + 8 * i);
      if (entry === undefined) continue;
      if (entry.state === "unclean") throw new Refused("BBM write table descriptor with unclean children");
      this.#entries.delete(table + 8 * i);
      if (kindOf(entry.value, level) === "table") this.#forget(tableOf(entry.value), level + 1);
    }
  }

  #dsb(cpu: number, kind: string): void {
    if (kind === "nsh" && this.#unclean.size > 0) throw new Refused("Unsupported DSB NSH");
    this.#cpus[cpu]!.plain = true;
    const clean: Entry[] = [];
    for (const entry of this.#cleanedBy(cpu)) {
      if (entry.cleaning === "broken") entry.cleaning = "ordered";
      else if (kind === "ish" && entry.cleaning === "by-ipa") entry.cleaning = "by-ipa-done";
      else if (kind === "ish" && entry.cleaning === "all") clean.push(entry);
    }
    for (const entry of clean) {
      entry.state = "clean";
      this.#unclean.delete(entry);
    }
    for (const { old, level } of clean) {
      if (kindOf(old, level) === "table") this.#forget(tableOf(old), level + 1);
    }
  }

  #tlbi(cpu: number, operation: string, value: bigint | undefined): void {
    if (!operation.endsWith("is") && this.#unclean.size > 0) throw new Refused("Unsupported TLBI (expected broadcast)");
    const bothStages = operation === "vmalls12e1is" || operation === "alle1is";
    for (const entry of this.#cleanedBy(cpu)) {
      const { cleaning } = entry;
      if (cleaning === "ordered" && (bothStages || (operation === "ipas2e1is" && this.#matches(cpu, entry, value!)))) {
        entry.cleaning = bothStages ? "all" : "by-ipa";
      } else if (cleaning === "by-ipa-done" && (bothStages || operation === "vmalle1is")) {
        entry.cleaning = "all";
      }
    }
  }

  /** By IPA a leaf alone is found, from anywhere in its span, and only for the VMID that this CPU has loaded. */
  #matches(cpu: number, { old, level, ipa, root }: Entry, operand: bigint): boolean {
    const { vttbr } = this.#cpus[cpu]!;
    if (vttbr === null || vmidOf(vttbr) !== root.vmid || kindOf(old, level) === "table") return false;
    const address = (operand & ((1n << 44n) - 1n)) << 12n;
    return address >= ipa && address < ipa + spanOf(level);
  }

  /** Unclean entries on whose way barriers and TLBIs of this CPU count. */
  *#cleanedBy(cpu: number): Generator<Entry> {
    for (const entry of [...this.#unclean]) {
      if (entry.breaker !== cpu) continue;
      const lock = this.#rootLocks.get(entry.root.address);
      if (this.racy || (lock !== undefined && this.#locks.get(lock)?.cpu === cpu)) yield entry;
    }
  }

  #sysreg(cpu: number, register: string, value: bigint): void {
    const state = this.#cpus[cpu]!;
    if (register === "vtcr_el2") state.t0sz = Number(value & 0x3fn);
    else if (register === "hcr_el2") state.stage2 = (value & 1n) === 1n;
    else if (register === "vttbr_el2") state.vttbr = value;
    else return;
    if (state.stage2 && state.vttbr !== null && register !== "vtcr_el2") this.#announce(state, state.vttbr);
  }

  #announce({ t0sz }: Cpu, vttbr: bigint): void {
    const address = Number(vttbr & 0xfffffffffffen);
    const vmid = vmidOf(vttbr);
    const known = this.#roots.get(address);
    if (known !== undefined) {
      if (known.vmid !== vmid) throw new Refused("root already associated with an (VM/AS)ID");
      return;
    }
    if ([...this.#roots.values()].some((root) => root.vmid === vmid)) throw new Refused("duplicate (VM/AS)ID");
    const startLevel = Math.floor((t0sz - 16) / 9);
    const startBits = 64 - t0sz - 12 - 9 * (3 - startLevel);
    if (startBits <= 4) {
      const assertion = "assertion failed: discover_nr_concatenated_pgtables(stage) == 0 in src/lib/src/pgtable.c";
      throw new Refused(assertion, true);
    }
    const root = { address, vmid };
    this.#roots.set(address, root);
    this.#follow(root, null, address, startLevel, 0n);
  }

  #release(address: number): void {
    if ([...this.#unclean].some(({ root }) => root.address === address)) {
      throw new Refused("cannot release table where children are still unclean");
    }
    const loaded = this.#cpus.some(({ vttbr }) => vttbr !== null && Number(vttbr & 0xfffffffffffen) === address);
    if (loaded) throw new Refused("cannot release table still in use");
    for (const [at, entry] of this.#entries) if (entry.root.address === address) this.#entries.delete(at);
    this.#roots.delete(address);
  }

  #lock(cpu: number, address: number): void {
    const held = this.#locks.get(address);
    if (held !== undefined && held.cpu !== cpu) throw new Refused("lock is held by another CPU");
    this.#locks.set(address, { cpu, depth: (held?.depth ?? 0) + 1 });
    this.#cpus[cpu]!.plain = true;
  }

  #unlock(cpu: number, address: number): void {
    const held = this.#locks.get(address);
    if (held?.cpu !== cpu) throw new Refused("lock is not held by this CPU");
    if (--held.depth === 0) this.#locks.delete(address);
  }
}

function isValid(value: bigint): boolean {
  return (value & 1n) === 1n;
}

function kindOf(value: bigint, level: number): "invalid" | "leaf" | "table" {
  if (!isValid(value)) return "invalid";
  if ((value & 2n) === 2n) return level === 3 ? "leaf" : "table";
  if (level === 0 || level === 3) throw new Refused("Saw invalid pte encoding");
  return "leaf";
}

/** Valid over valid: leaves alone, and only where the old or the new one has the access flag, or only software bits differ. */
function refuseReplacing(was: bigint, value: bigint, level: number): void {
  const leaves = kindOf(was, level) === "leaf" && kindOf(value, level) === "leaf";
  if (leaves && (((was | value) & AF) !== 0n || ((was ^ value) & ~SOFTWARE) === 0n)) return;
  throw new Refused("BBM valid->valid");
}

function tableOf(value: bigint): number {
  return Number(value & ADDRESS);
}

/** Bytes that an entry of a level covers. */
function spanOf(level: number): bigint {
  return 1n << BigInt(12 + 9 * (3 - level));
}

function vmidOf(vttbr: bigint): number {
  return Number(vttbr >> 48n);
}
