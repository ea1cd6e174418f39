/** A logical line of a container: partial ones joined. */
export interface LogLine {
  readonly timestamp: string;
  /** Without its newline. */
  readonly content: Buffer;
}

/** Beyond this a line without an end is given out in pieces, so that no container can fill the reader's memory. */
const joinedBytesMax = 1024 * 1024;
const space = 0x20;
const newline = 0x0a;

/** Bytes of CRI log files in, lines out. Torn lines, which a full disk leaves, are dropped. */
export class CriLineReader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #open = new Map<string, { timestamp: string; pieces: Buffer[]; bytes: number }>();

  push(chunk: Buffer): LogLine[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#take(bytes.subarray(start, end), lines);
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.#rest = rest.length > joinedBytesMax ? Buffer.alloc(0) : Buffer.from(rest);
    return lines;
  }

  /** Lines that never got their end. */
  end(): LogLine[] {
    const lines = [...this.#open.values()].map(({ timestamp, pieces }) => ({
      timestamp,
      content: Buffer.concat(pieces),
    }));
    this.#open.clear();
    return lines;
  }

  #take(line: Buffer, lines: LogLine[]): void {
    const first = line.indexOf(space);
    const second = line.indexOf(space, first + 1);
    if (first < 0 || second < 0 || line[second + 2] !== space) return;
    const timestamp = line.toString('latin1', 0, first);
    const stream = line.toString('latin1', first + 1, second);
    const tag = String.fromCharCode(line[second + 1] ?? 0);
    if (
      (stream !== 'stdout' && stream !== 'stderr') ||
      (tag !== 'F' && tag !== 'P') ||
      Number.isNaN(Date.parse(timestamp))
    )
      return;
    const content = line.subarray(second + 3);
    const open = this.#open.get(stream) ?? { timestamp, pieces: [], bytes: 0 };
    open.pieces.push(tag === 'P' ? Buffer.from(content) : content);
    open.bytes += content.length;
    if (tag === 'P' && open.bytes < joinedBytesMax) {
      this.#open.set(stream, open);
      return;
    }
    this.#open.delete(stream);
    lines.push({ timestamp: open.timestamp, content: open.pieces.length === 1 ? content : Buffer.concat(open.pieces) });
  }
}
