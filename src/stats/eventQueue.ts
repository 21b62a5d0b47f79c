/**
 * Events in order of time; those of the same time in the order in which they came. A binary heap on
 * flat arrays.
 */
export class EventQueue {
  private readonly times: number[] = [];
  private readonly orders: number[] = [];
  private readonly events: number[] = [];
  private order = 0;

  get size(): number {
    return this.times.length;
  }

  /** @param event any whole number that the caller understands */
  push(time: number, event: number): void {
    let at = this.times.length;
    const order = this.order++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isAfter(parent, time, order)) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, time, order, event);
  }

  /** The time of the next event; Infinity where there is none. */
  get nextTime(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next event out. @throws RangeError where there is none */
  pop(): number {
    const event = this.events[0];
    if (event === undefined) throw new RangeError("no event");
    const time = this.times.pop()!;
    const order = this.orders.pop()!;
    const last = this.events.pop()!;
    const size = this.times.length;
    if (size === 0) return event;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isAfter(child, this.times[child + 1]!, this.orders[child + 1]!)) child++;
      if (this.isAfter(child, time, order)) break;
      this.move(child, at);
      at = child;
    }
    this.put(at, time, order, last);
    return event;
  }

  private isAfter(at: number, time: number, order: number): boolean {
    const own = this.times[at]!;
    return own > time || (own === time && this.orders[at]! > order);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from]!, this.orders[from]!, this.events[from]!);
  }

  private put(at: number, time: number, order: number, event: number): void {
    this.times[at] = time;
    this.orders[at] = order;
    this.events[at] = event;
  }
}
