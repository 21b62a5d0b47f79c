import { kindOf, Refused, spanOf, tableOf } from "./casemateDescriptors.js";

const PAGE = 4096;
const WORDS = 512;
const MAX_PAGES = 8192;

/** How far an invalid entry has been cleaned since it was broken. */
export type Cleaning = "broken" | "ordered" | "by-ipa" | "by-ipa-done" | "all";

/** A word of a followed tree. */
export interface Entry {
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
  /** The CPU that alone may store here, whatever the lock; -1: none. */
  owner: number;
}

export interface Root {
  readonly address: number;
  readonly vmid: number;
}

/** Memory, and which of its words are entries of trees that are followed. */
export class PageTables {
  readonly values = new Map<number, bigint>();
  readonly entries = new Map<number, Entry>();
  private readonly pages = new Set<number>();

  /** Whether the word's page was given. */
  has(at: number): boolean {
    return this.pages.has(at - (at % PAGE));
  }

  initialise(page: number): void {
    for (let i = 0; i < WORDS; i++) {
      const at = page + 8 * i;
      if ((this.values.get(at) ?? 0n) !== 0n || this.entries.has(at))
        throw new Refused("cannot initialise used location");
    }
    if (!this.pages.has(page) && this.pages.size === MAX_PAGES) throw new Refused("out of memory pages", true);
    this.pages.add(page);
  }

  free(page: number): void {
    for (let i = 0; i < WORDS; i++) {
      if (this.entries.has(page + 8 * i)) throw new Refused("cannot free a location that is a page-table entry");
      this.values.delete(page + 8 * i);
    }
    this.pages.delete(page);
  }

  /** All words of a table become entries, and so on down. */
  follow(root: Root, parent: Entry | null, table: number, level: number, ipa: bigint): void {
    const initialised = this.pages.has(table);
    for (let i = 0; i < WORDS; i++) {
      if (!initialised) throw new Refused("Saw uninitialised PTE on pgtable traversal");
      const at = table + 8 * i;
      if (this.entries.has(at)) throw new Refused("double-use pte");
      const value = this.values.get(at) ?? 0n;
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
        owner: -1,
      };
      this.entries.set(at, entry);
      if (kind === "table") this.follow(root, entry, tableOf(value), level + 1, entry.ipa);
    }
  }

  /** The words of a table are no entries any more. */
  forget(table: number, level: number): void {
    for (const { at } of [...this.below(table, level)]) this.entries.delete(at);
  }

  /** The entries of a table and of the tables below it. */
  *below(table: number, level: number): Generator<Entry & { readonly at: number }> {
    for (let at = table; at < table + PAGE; at += 8) {
      const entry = this.entries.get(at);
      if (entry === undefined) continue;
      yield Object.assign(entry, { at });
      if (kindOf(entry.value, level) === "table") yield* this.below(tableOf(entry.value), level + 1);
    }
  }
}

/** The nearest table above that is broken and not clean yet. */
export function brokenAbove({ parent }: Entry): Entry | undefined {
  for (let above = parent; above !== null; above = above.parent) if (above.state === "unclean") return above;
  return undefined;
}
