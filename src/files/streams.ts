/** Where text goes: a terminal, a pipe or file, or a test's memory. */
export interface TextOutput {
  readonly isTTY?: boolean;
  /** Width of the terminal, in characters. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where bytes come from: standard input, or what a test puts in its place. */
export type ByteInput = AsyncIterable<Uint8Array | string>;

export type Environment = Readonly<Record<string, string | undefined>>;
