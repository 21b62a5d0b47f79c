import { createHash } from "node:crypto";
import type { Counts } from "../counters.js";

/**
 * Why a flush was asked for. `drop`: the split loop, before mmu_lock is dropped. `memslot`: a whole
 * slot, at the end of an ioctl's work. `pte`: one entry. `unmap`: what the host has taken away.
 * `all`: everything, when a VM ends.
 */
export const FLUSH_KINDS = ["drop", "memslot", "pte", "unmap", "all"] as const;
export type FlushKind = (typeof FLUSH_KINDS)[number];

/**
 * Fences by address that a vCPU executes for one request at most; for more it takes one of the
 * whole VMID.
 */
const MAX_FENCES = 512;
/** Order of 4K pages: the unit that most requests are in. */
export const PAGE_ORDER = 12;
/** Requests that the golden files list one by one; of more they have the digest. */
const LISTED = 24;
/** A place in the order of requests that is kept for one that may come. */
const RESERVED = 255;

/**
 * One request, as `flush.log` in the golden files: kind, first frame in hexadecimal, pages, order.
 */
export type FlushLine = readonly [FlushKind, string, number, number];

/**
 * The TLB flushes of a run: requests to all vCPUs, which each serves with fences by guest physical
 * address or, if they were too many, with one of the whole VMID. TLB contents are not modelled; a
 * vCPU's queue (64 requests) neither.
 *
 * Source: Linux 7.3, arch/riscv/kvm/tlb.c, `kvm_riscv_local_hfence_gvma_vmid_gpa()` and the
 * requests that end in it.
 */
export class FlushLog {
  requests = 0;
  /** Fences by address, and of the whole VMID, that one vCPU executes. */
  hfenceGpa = 0;
  hfenceVmidAll = 0;
  readonly byKind = new Float64Array(FLUSH_KINDS.length);
  /** Called at each request: nothing that was stored before it is stale any more. */
  onFlush: (kind: FlushKind, gfn: number, pages: number) => void = () => {};
  private kinds = new Uint8Array(32);
  private orders = new Uint8Array(32);
  private gfns = new Float64Array(32);
  private pages = new Float64Array(32);
  private length = 0;

  reset(): void {
    this.requests = this.hfenceGpa = this.hfenceVmidAll = this.length = 0;
    this.byKind.fill(0);
  }

  /**
   * A request. @param order log2 of the bytes between two fences: 12 but for `pte` of a larger
   * entry
   */
  request(kind: FlushKind, gfn: number, pages: number, order: number = PAGE_ORDER): void {
    this.put(this.place(), kind, gfn, pages, order);
  }

  /** Keeps a place in the order for a request that is decided on later (see `dirtyLog.ts`). */
  reserve(): number {
    return this.place();
  }

  fill(place: number, kind: FlushKind, gfn: number, pages: number, order: number = PAGE_ORDER): void {
    this.put(place, kind, gfn, pages, order);
  }

  /** What has been logged so far, as it stands. */
  copy(): FlushLog {
    const copy = new FlushLog();
    const { requests, hfenceGpa, hfenceVmidAll, length } = this;
    Object.assign(copy, { requests, hfenceGpa, hfenceVmidAll, length });
    copy.byKind.set(this.byKind);
    copy.kinds = this.kinds.slice(0, length);
    copy.orders = this.orders.slice(0, length);
    copy.gfns = this.gfns.slice(0, length);
    copy.pages = this.pages.slice(0, length);
    return copy;
  }

  private place(): number {
    const at = this.length++;
    if (at === this.kinds.length) this.grow();
    this.kinds[at] = RESERVED;
    return at;
  }

  private put(at: number, kind: FlushKind, gfn: number, pages: number, order: number): void {
    const number = FLUSH_KINDS.indexOf(kind);
    this.requests++;
    this.byKind[number]!++;
    const fences = Math.floor(pages / 2 ** (order - PAGE_ORDER));
    if (kind === "all" || fences > MAX_FENCES) this.hfenceVmidAll++;
    else this.hfenceGpa += fences;
    this.kinds[at] = number;
    this.gfns[at] = gfn;
    this.pages[at] = pages;
    this.orders[at] = order;
    this.onFlush(kind, gfn, pages);
  }

  private grow(): void {
    const kinds = new Uint8Array(2 * this.kinds.length);
    const orders = new Uint8Array(2 * this.kinds.length);
    const gfns = new Float64Array(2 * this.kinds.length);
    const pages = new Float64Array(2 * this.kinds.length);
    kinds.set(this.kinds);
    orders.set(this.orders);
    gfns.set(this.gfns);
    pages.set(this.pages);
    Object.assign(this, { kinds, orders, gfns, pages });
  }

  /** The requests in order. */
  *lines(): Generator<FlushLine> {
    for (let at = 0; at < this.length; at++) {
      if (this.kinds[at] === RESERVED) continue;
      const gfn = `0x${this.gfns[at]!.toString(16)}`;
      yield [FLUSH_KINDS[this.kinds[at]!]!, gfn, this.pages[at]!, this.orders[at]!];
    }
  }

  /** Requests and fences, with the golden files' names; kinds that did not occur are left out. */
  counts(): { requests: number; hfenceGpa: number; hfenceVmidAll: number; byKind: Record<string, number> } {
    const byKind: Record<string, number> = {};
    for (const [number, kind] of FLUSH_KINDS.entries()) {
      const requests = this.byKind[number] ?? 0;
      if (requests > 0) byKind[kind] = requests;
    }
    const { requests, hfenceGpa, hfenceVmidAll } = this;
    return { requests, hfenceGpa, hfenceVmidAll, byKind };
  }

  /**
   * As in the golden files: with the requests one by one, or with their digest where they are many.
   */
  golden(): Record<string, unknown> {
    if (this.requests <= LISTED) return { ...this.counts(), log: [...this.lines()] };
    return { ...this.counts(), logDigest: this.digest() };
  }

  /** For results: counts, and the digest of the requests in their order. */
  json(): Counts {
    return { ...this.counts(), logDigest: this.digest() };
  }

  /** SHA-256 over one line a request: kind, frame in hexadecimal without 0x, pages, order. */
  digest(): string {
    const hash = createHash("sha256");
    let text = "";
    for (const [kind, gfn, pages, order] of this.lines()) {
      text += `${kind} ${gfn.slice(2)} ${pages} ${order}\n`;
      if (text.length < 1 << 16) continue;
      hash.update(text);
      text = "";
    }
    return hash.update(text).digest("hex");
  }
}
