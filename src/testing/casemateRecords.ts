/** One record of a trace in casemate's format. */
export interface CasemateRecord {
  readonly kind: string;
  readonly id: number;
  readonly cpu: number;
  /** Fields by name; numbers as numbers of 64 bits. */
  readonly fields: Readonly<Record<string, bigint | string>>;
}

/** A text that is no trace. `message` is in the checker's words as far as they are known. */
export class CasemateParseError extends Error {}

type Field = readonly [name: string, kind: "word" | "number", words?: readonly string[]];

const ORDERS = ["plain", "release"];
const SYSREGS = ["vttbr_el2", "vtcr_el2", "hcr_el2", "ttbr0_el2", "tcr_el2", "sctlr_el2", "mair_el2"];
const HINTS = ["set_root_lock", "release_table", "set_owner_root", "set_pte_thread_owner"];
const DSBS = ["ish", "ishst", "nsh"];
const TLBIS = ["vmalls12e1", "vmalls12e1is", "vmalle1", "vmalle1is", "alle1", "alle1is", "alle2", "alle2is"];
const TLBIS_BY_ADDRESS = ["ipas2e1is", "vae2is", "vale2is"];

const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  "mem-init": [number("address"), number("size")],
  "mem-write": [word("mem-order", ORDERS), number("address"), number("value")],
  "mem-set": [number("address"), number("size"), number("value")],
  "mem-free": [number("address"), number("size")],
  "mem-read": [number("address"), number("value")],
  "sysreg-write": [word("sysreg", SYSREGS), number("value")],
  hint: [word("kind", HINTS), number("location"), number("value")],
  lock: [number("address")],
  trylock: [number("address")],
  unlock: [number("address")],
};

function number(name: string): Field {
  return [name, "number"];
}

function word(name: string, words: readonly string[]): Field {
  return [name, "word", words];
}

/**
 * The records of a trace, one at a time: an error in a later one does not hide what an earlier one
 * does.
 */
export function* casemateRecords(text: string): Generator<CasemateRecord | "error-expected"> {
  const reader = new Reader(text);
  while (!reader.atEnd()) {
    if (reader.peek() === "!") {
      yield "error-expected";
      return;
    }
    yield reader.record();
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    this.skip();
    return this.at >= this.text.length;
  }

  peek(): string {
    this.skip();
    return this.text[this.at] ?? "";
  }

  record(): CasemateRecord {
    this.expect("(");
    const kind = this.word();
    const id = Number(this.field(["id", "number"], /^\d+$/));
    const cpu = Number(this.field(["tid", "number"], /^[0-3]$/));
    const fields: Record<string, bigint | string> = {};
    const read = (field: Field) => {
      fields[field[0]] = this.field(field, /^(?:0x)?[0-9a-f]{1,16}$/);
    };
    if (kind === "barrier") {
      fields.barrier = this.oneOf(["dsb", "isb"], "a barrier_kind");
      if (fields.barrier === "dsb") read(word("kind", DSBS));
    } else if (kind === "tlbi") {
      fields.operation = this.oneOf([...TLBIS, ...TLBIS_BY_ADDRESS], "a tlbi_kind");
      if (TLBIS_BY_ADDRESS.includes(fields.operation)) read(number("value"));
    } else {
      const known = Object.hasOwn(FIELDS, kind)
        ? FIELDS[kind]!
        : this.fail(`unexpected word '${kind}', expected a record`);
      for (const field of known) read(field);
    }
    this.source();
    this.expect(")");
    return { kind, id, cpu, fields };
  }

  /** A field by key, `(name value)`, or by position, `value`. */
  private field([name, kind, words]: Field, form: RegExp): bigint | string {
    const keyed = this.peek() === "(";
    if (keyed) {
      this.expect("(");
      if (this.word() !== name) this.fail(`expected (${name} ...)`);
    }
    const text = kind === "word" ? this.oneOf(words!, `a ${name}`) : this.word();
    if (keyed) this.expect(")");
    if (kind === "word") return text;
    if (!form.test(text)) this.fail(`'${text}' is no number`);
    return name === "id" || name === "tid" ? BigInt(text) : BigInt(text.startsWith("0x") ? text : `0x${text}`);
  }

  private source(): void {
    const keyed = this.peek() === "(";
    if (keyed) {
      this.expect("(");
      if (this.word() !== "src") this.fail("expected (src ...)");
    }
    this.skip();
    const string = /^"[^":]*:[^"]*"/.exec(this.text.slice(this.at, this.at + 4096));
    if (string === null) this.fail("expected a source");
    this.at += string[0].length;
    if (keyed) this.expect(")");
  }

  private oneOf(words: readonly string[], expected: string): string {
    const text = this.word();
    return words.includes(text) ? text : this.fail(`unexpected word '${text}', expected ${expected}`);
  }

  private word(): string {
    this.skip();
    const start = this.at;
    while (this.at < this.text.length && !' \t\n()"'.includes(this.text[this.at]!)) this.at++;
    if (this.at === start) this.fail("expected a word");
    return this.text.slice(start, this.at);
  }

  private expect(character: string): void {
    if (this.peek() !== character) this.fail(`expected '${character}'`);
    this.at++;
  }

  private skip(): void {
    while (this.at < this.text.length && " \t\n".includes(this.text[this.at]!)) this.at++;
  }

  /** Lines count from 0; the column is that behind the first character of what comes next. */
  private fail(what: string): never {
    this.skip();
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length - 1;
    const column = this.at - (before.lastIndexOf("\n") + 1) + 1;
    throw new CasemateParseError(`parse error at line${line} col${column}: ${what}`);
  }
}
