import { mix32 } from "../../stats/random.js";

/** How guests draw what they write and, in random order, which page. */
export type GuestRule = "hash" | "lehmer";

/** What of a flow its guests depend on. */
export interface GuestInput {
  readonly vcpus: number;
  /** Each vCPU has its own part of the memory; else all of it. */
  readonly partitioned: boolean;
  readonly rule: GuestRule;
  /** 32 bits, unsigned. */
  readonly seed: number;
}

/** Every vCPU touches each of its pages once, or as many random ones. */
export interface GuestPassInput {
  readonly op: "guest";
  readonly name: string;
  readonly iteration: number;
  /** 0 to 100. */
  readonly writePercent: number;
  readonly order: "sequential" | "random";
}

/** Told each access of a pass, in order: vCPU, guest page of the region, read or write. */
export type AccessSink = (vcpu: number, page: number, write: boolean) => void;

/** The deterministic guests of one flow; `lehmer` keeps its generators from pass to pass. */
export interface GuestAccesses {
  /**
   * Accesses [from, to) of every vCPU of a pass, vCPU by vCPU for each. Called with ascending parts
   * of one pass.
   */
  pass(step: GuestPassInput, from: number, to: number, sink: AccessSink): void;
}

/** @param passPages accesses of each vCPU in a whole pass, and the modulus of random pages */
export function guestAccesses(input: GuestInput, passPages: number): GuestAccesses {
  const make: Record<GuestRule, () => GuestAccesses> = {
    hash: () => new HashGuests(input, passPages),
    lehmer: () => new LehmerGuests(input, passPages),
  };
  return make[input.rule]();
}

const WRITE = 1;
const PAGE = 2;

/** h(kind, iteration, vcpu, i) without the last step: what i is added to before it is mixed. */
function streamOf(seed: number, kind: number, iteration: number, vcpu: number): number {
  return mix32(vcpu + mix32(iteration + mix32(seed + kind)));
}

/** The value that `hash` draws for access i. Kind 1 decides on writing, kind 2 on the page. */
export function hashDraw(seed: number, kind: number, iteration: number, vcpu: number, i: number): number {
  return mix32(i + streamOf(seed, kind, iteration, vcpu));
}

/** Every draw is a hash of what it is for: the same whatever came before. */
class HashGuests implements GuestAccesses {
  constructor(
    private readonly input: GuestInput,
    private readonly passPages: number,
  ) {}

  pass(step: GuestPassInput, from: number, to: number, sink: AccessSink): void {
    const { vcpus, seed, partitioned } = this.input;
    const { iteration, writePercent } = step;
    const n = this.passPages;
    const random = step.order === "random";
    const writes = Float64Array.from({ length: vcpus }, (_, v) => streamOf(seed, WRITE, iteration, v));
    const pages = Float64Array.from({ length: vcpus }, (_, v) => streamOf(seed, PAGE, iteration, v));
    for (let i = from; i < to; i++) {
      for (let v = 0; v < vcpus; v++) {
        const page = random ? mix32(i + pages[v]!) % n : i;
        const write = mix32(i + writes[v]!) % 100 < writePercent;
        sink(v, partitioned ? v * n + page : page, write);
      }
    }
  }
}

const LEHMER_FACTOR = 48271;
const LEHMER_MODULUS = 2147483647;

/** The next state of the selftests' generator. The product stays below 2^53. */
export function lehmerNext(state: number): number {
  return (state * LEHMER_FACTOR) % LEHMER_MODULUS;
}

/**
 * The selftests' own generator, one per vCPU: the page is drawn only where it is random, the write
 * always, in populate too.
 *
 * Source: Linux 7.3, tools/testing/selftests/kvm/lib/test_util.c, `guest_random_u32()`;
 * memstress.c, `memstress_guest_code()`.
 */
class LehmerGuests implements GuestAccesses {
  private readonly states: Float64Array;

  constructor(
    private readonly input: GuestInput,
    private readonly passPages: number,
  ) {
    this.states = Float64Array.from({ length: input.vcpus }, (_, v) => (input.seed + v) % 2 ** 32);
  }

  pass(step: GuestPassInput, from: number, to: number, sink: AccessSink): void {
    const { vcpus, partitioned } = this.input;
    const n = this.passPages;
    const states = this.states;
    const random = step.order === "random";
    for (let i = from; i < to; i++) {
      for (let v = 0; v < vcpus; v++) {
        let page = i;
        if (random) {
          states[v] = lehmerNext(states[v]!);
          page = states[v]! % n;
        }
        states[v] = lehmerNext(states[v]!);
        sink(v, partitioned ? v * n + page : page, states[v]! % 100 < step.writePercent);
      }
    }
  }
}
