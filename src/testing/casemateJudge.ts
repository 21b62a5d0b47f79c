import { isValid, kindOf, Refused, refuseReplacing, spanOf, tableOf, vmidOf } from "./casemateDescriptors.js";
import { CasemateParseError, type CasemateRecord, casemateRecords } from "./casemateRecords.js";
import { brokenAbove, type Entry, PageTables, type Root } from "./casemateTables.js";

/**
 * What the checker says of a trace: exit code 0, or 1 with its message and the record at which it
 * stopped.
 */
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
 * Judges a trace by the rules of casemate, an executable model of the Arm architecture's protocol
 * for page-table updates (github.com/rems-project/casemate, 3.0.2): what its offline checker
 * accepts and refuses, in its words. It knows nothing of this project's engine, and so is a second
 * opinion on break-before-make and every TLBI; that it judges as the checker does is held by
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

const PAGE = 4096;
const WORDS = 512;
const MAX_ROOTS = 64;
/** A lock that is held. */
interface Held {
  readonly cpu: number;
  depth: number;
  /**
   * A plain store to a live entry is allowed: none was made since the lock was taken, or since its
   * holder's last DSB.
   */
  plain: boolean;
}

interface Cpu {
  t0sz: number;
  stage2: boolean;
  vttbr: bigint | null;
}

class PageTableModel {
  private readonly tables = new PageTables();
  private readonly unclean = new Set<Entry>();
  private readonly roots = new Map<number, Root>();
  private readonly rootLocks = new Map<number, number>();
  private readonly locks = new Map<number, Held>();
  private readonly cpus: Cpu[] = [0, 1, 2, 3].map(() => ({ t0sz: 16, stage2: true, vttbr: null }));

  constructor(private readonly racy: boolean) {}

  step({ kind, cpu, fields }: CasemateRecord): void {
    const at = Number(fields.address ?? fields.location ?? 0n);
    const value = fields.value as bigint;
    const pages = (work: (page: number) => void) => this.pagesOf(at, fields.size as bigint, work);
    if (kind === "mem-init") pages((page) => this.tables.initialise(page));
    else if (kind === "mem-write") this.store(cpu, at, value, fields["mem-order"] === "release");
    else if (kind === "mem-set") pages((page) => this.fill(cpu, page, value));
    else if (kind === "mem-free") pages((page) => this.tables.free(page));
    else if (kind === "barrier" && fields.barrier === "dsb") this.dsb(cpu, fields.kind as string);
    else if (kind === "tlbi") this.tlbi(cpu, fields.operation as string, value);
    else if (kind === "sysreg-write") this.sysreg(cpu, fields.sysreg as string, value);
    else if (kind === "hint" && fields.kind === "set_root_lock") this.rootLocks.set(at, Number(value));
    else if (kind === "hint" && fields.kind === "release_table") this.release(at);
    else if (kind === "hint" && fields.kind === "set_pte_thread_owner") this.own(at, Number(value));
    else if (kind === "lock" || kind === "trylock") this.lock(cpu, at, kind === "trylock");
    else if (kind === "unlock") this.unlock(cpu, at);
  }

  private pagesOf(address: number, size: bigint, work: (page: number) => void): void {
    for (let page = address - (address % PAGE); page < address + Number(size); page += PAGE) work(page);
  }

  private fill(cpu: number, page: number, value: bigint): void {
    for (let i = 0; i < WORDS; i++) this.store(cpu, page + 8 * i, value, false);
  }

  private store(cpu: number, at: number, value: bigint, release: boolean): void {
    if (!this.tables.has(at)) throw new Refused("Attempted write to uninitialised location");
    const entry = this.tables.entries.get(at);
    if (entry !== undefined) {
      this.mayStore(cpu, entry, value, release);
      this.change(cpu, entry, value);
      entry.value = value;
    }
    this.tables.values.set(at, value);
  }

  /** The lock rules. */
  private mayStore(cpu: number, entry: Entry, value: bigint, release: boolean): void {
    if (this.racy) return;
    if (entry.owner === cpu) return;
    if (entry.owner >= 0) throw new Refused("Location owned by a thread but accessed by another");
    const lock = this.rootLocks.get(entry.root.address);
    if (lock === undefined) throw new Refused("must have associated root with a lock");
    const held = this.locks.get(lock);
    if (held?.cpu !== cpu) throw new Refused("must write to pte while holding owner lock");
    const live = entry.state === "valid" && brokenAbove(entry) === undefined;
    if (!release && !held.plain && (live || isValid(value))) throw new Refused("Wrote plain without authorization");
    held.plain = false;
  }

  private change(cpu: number, entry: Entry, value: bigint): void {
    const was = entry.value;
    if (brokenAbove(entry) !== undefined) {
      if (value === was || (!isValid(value) && !isValid(was))) return;
      throw new Refused("Wrote on a page with an unclean parent");
    }
    if (entry.state === "valid") {
      if (isValid(value)) refuseReplacing(was, value, entry.level);
      else this.break(cpu, entry);
    } else if (isValid(value)) {
      if (entry.state === "unclean") throw new Refused("BBM invalid unclean->valid");
      const table = kindOf(value, entry.level) === "table";
      entry.state = "valid";
      if (table) this.tables.follow(entry.root, entry, tableOf(value), entry.level + 1, entry.ipa);
    }
  }

  private break(breaker: number, entry: Entry): void {
    if (kindOf(entry.value, entry.level) === "table") {
      for (const below of this.tables.below(tableOf(entry.value), entry.level + 1)) {
        if (below.state === "unclean") throw new Refused("BBM write table descriptor with unclean children");
        if (below.owner >= 0)
          throw new Refused("The parent of an entry that is owned by a thread has been invalidated");
      }
    }
    Object.assign(entry, { state: "unclean", old: entry.value, breaker, cleaning: "broken" });
    this.unclean.add(entry);
  }

  private dsb(cpu: number, kind: string): void {
    if (kind === "nsh" && this.uncleanUnder(cpu).length > 0) throw new Refused("Unsupported DSB NSH");
    for (const held of this.locks.values()) if (held.cpu === cpu) held.plain = true;
    const clean: Entry[] = [];
    for (const entry of this.cleanedBy(cpu)) {
      if (entry.cleaning === "broken") entry.cleaning = "ordered";
      else if (kind === "ish" && entry.cleaning === "by-ipa") entry.cleaning = "by-ipa-done";
      else if (kind === "ish" && entry.cleaning === "all") clean.push(entry);
    }
    for (const entry of clean) {
      entry.state = "clean";
      this.unclean.delete(entry);
    }
    for (const { old, level } of clean) {
      if (kindOf(old, level) === "table") this.tables.forget(tableOf(old), level + 1);
    }
  }

  private tlbi(cpu: number, operation: string, value: bigint | undefined): void {
    // Those of the hypervisor's own tables have nothing to do with a guest's.
    if (/e2(?:is)?$/.test(operation)) return;
    if (!operation.endsWith("is") && this.uncleanUnder(cpu).length > 0) {
      throw new Refused("Unsupported TLBI (expected broadcast)");
    }
    const bothStages = operation === "vmalls12e1is" || operation === "alle1is";
    for (const entry of this.cleanedBy(cpu)) {
      const { cleaning } = entry;
      if (cleaning === "ordered" && (bothStages || (operation === "ipas2e1is" && this.matches(cpu, entry, value!)))) {
        entry.cleaning = bothStages ? "all" : "by-ipa";
      } else if (cleaning === "by-ipa-done" && (bothStages || operation === "vmalle1is")) {
        entry.cleaning = "all";
      }
    }
  }

  /**
   * By IPA a leaf alone is found, from anywhere in its span, and only for the VMID that this CPU
   * has loaded.
   */
  private matches(cpu: number, { old, level, ipa, root }: Entry, operand: bigint): boolean {
    const { vttbr } = this.cpus[cpu]!;
    if (vttbr === null || vmidOf(vttbr) !== root.vmid || kindOf(old, level) === "table") return false;
    const address = (operand & ((1n << 44n) - 1n)) << 12n;
    return address >= ipa && address < ipa + spanOf(level);
  }

  /** Unclean entries on whose way barriers and TLBIs of this CPU count. */
  private cleanedBy(cpu: number): Entry[] {
    return this.uncleanUnder(cpu).filter(({ breaker }) => breaker === cpu);
  }

  /** Unclean entries that this CPU may store to: by the lock, or as their owner. */
  private uncleanUnder(cpu: number): Entry[] {
    return [...this.unclean].filter(({ root, owner }) => {
      const lock = this.rootLocks.get(root.address);
      if (this.racy || owner >= 0) return this.racy || owner === cpu;
      return lock !== undefined && this.locks.get(lock)?.cpu === cpu;
    });
  }

  private sysreg(cpu: number, register: string, value: bigint): void {
    const state = this.cpus[cpu]!;
    if (register === "vtcr_el2") state.t0sz = Number(value & 0x3fn);
    else if (register === "hcr_el2") state.stage2 = (value & 1n) === 1n;
    else if (register === "vttbr_el2") state.vttbr = value;
    else return;
    if (state.stage2 && state.vttbr !== null && register !== "vtcr_el2") this.announce(state, state.vttbr);
  }

  private announce({ t0sz }: Cpu, vttbr: bigint): void {
    const address = rootOf(vttbr);
    const vmid = vmidOf(vttbr);
    const known = this.roots.get(address);
    if (known !== undefined) {
      if (known.vmid !== vmid) throw new Refused("root already associated with an (VM/AS)ID");
      return;
    }
    if ([...this.roots.values()].some((root) => root.vmid === vmid)) throw new Refused("duplicate (VM/AS)ID");
    if (this.roots.size === MAX_ROOTS) throw new Refused("too many roots");
    const startLevel = Math.floor((t0sz - 16) / 9);
    const startBits = 64 - t0sz - 12 - 9 * (3 - startLevel);
    if (startBits <= 4) {
      const assertion = "assertion failed: discover_nr_concatenated_pgtables(stage) == 0 in src/lib/src/pgtable.c";
      throw new Refused(assertion, true);
    }
    const root = { address, vmid };
    this.roots.set(address, root);
    this.tables.follow(root, null, address, startLevel, 0n);
  }

  private own(at: number, owner: number): void {
    const entry = this.tables.entries.get(at);
    if (!this.tables.has(at)) throw new Refused("cannot set thread owner for uninitialised PTE");
    if (entry === undefined) throw new Refused("cannot set thread owner for non PTE");
    if (entry.level !== 3) throw new Refused("cannot set thread owner for non-final-level PTE");
    entry.owner = owner;
  }

  private release(address: number): void {
    this.rootLocks.delete(address);
    if (!this.tables.entries.has(address)) return;
    if ([...this.unclean].some(({ root }) => root.address === address)) {
      throw new Refused("cannot release table where children are still unclean");
    }
    const loaded = this.cpus.some(({ vttbr }) => vttbr !== null && rootOf(vttbr) === address);
    if (loaded) throw new Refused("cannot release table still in use");
    for (const [at, entry] of this.tables.entries) if (entry.root.address === address) this.tables.entries.delete(at);
    this.roots.delete(address);
  }

  private lock(cpu: number, address: number, nests: boolean): void {
    const held = this.locks.get(address);
    if (held === undefined) this.locks.set(address, { cpu, depth: 1, plain: true });
    else if (nests && held.cpu === cpu) held.depth++;
    else throw new Refused("Tried to lock a component that was alerady held");
  }

  private unlock(cpu: number, address: number): void {
    const held = this.locks.get(address);
    if (held === undefined) throw new Refused("Tried to unlock a component that was not held");
    if (held.cpu !== cpu) throw new Refused("Tried to unlock a cpmponent that was held by another thread");
    if (--held.depth === 0) this.locks.delete(address);
  }
}

function rootOf(vttbr: bigint): number {
  return Number(vttbr & 0xfffffffffffen);
}
