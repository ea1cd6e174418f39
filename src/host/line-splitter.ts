import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is no object of Kubernetes. */
const maxLineLength = 64 * 1024 * 1024;

/** Cuts a stream of bytes into lines; each is handed on without its end, as soon as it is whole. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const line = this.#rest + text.slice(from, end);
      this.#rest = '';
      from = end + 1;
      if (line !== '') this.#onLine(line);
    }
    this.#rest += text.slice(from);
    if (this.#rest.length > maxLineLength) throw new Error(`a line is longer than ${maxLineLength} characters`);
  }
}
