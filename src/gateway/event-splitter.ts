/** Whole events of a stream, ready to be sent on, with what the gateway wants to know of them. */
export interface WholeEvents {
  /** The bytes as they came, up to the end of the last whole event. */
  readonly bytes: Uint8Array;
  readonly events: readonly string[];
}

/** An event longer than the gateway keeps. */
export class EventTooLong extends Error {}

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const decoder = new TextDecoder();

/**
 * Cuts a stream of server-sent events after whole events, so that a replica that dies within one leaves no half of it
 * with the client. Events end with a blank line; lines with LF or CRLF.
 */
export class EventSplitter {
  readonly #maxBytes: number;
  #rest: Uint8Array = new Uint8Array();
  /** Bytes of `#rest` that were looked at, and whether the line they end in is still empty. */
  #scanned = 0;
  #lineIsEmpty = true;
  #hasLine = false;

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  /** Undefined while no event is whole. Throws EventTooLong. */
  push(chunk: Uint8Array): WholeEvents | undefined {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const ends: number[] = [];
    for (let at = this.#scanned; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === lineFeed) {
        if (this.#lineIsEmpty && this.#hasLine) {
          ends.push(at + 1);
          this.#hasLine = false;
        } else if (!this.#lineIsEmpty) this.#hasLine = true;
        this.#lineIsEmpty = true;
      } else if (byte !== carriageReturn) this.#lineIsEmpty = false;
    }
    const end = ends.at(-1) ?? 0;
    this.#rest = bytes.subarray(end);
    this.#scanned = this.#rest.length;
    if (this.#rest.length > this.#maxBytes) throw new EventTooLong();
    if (end === 0) return undefined;
    const events = ends.map((stop, index) => decoder.decode(bytes.subarray(ends[index - 1] ?? 0, stop)));
    return { bytes: bytes.subarray(0, end), events };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
