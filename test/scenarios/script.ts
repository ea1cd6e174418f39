/** One command of a scenario: its words, the lines below it, and what it must print. */
export interface Step {
  readonly line: number;
  readonly command: string;
  readonly input: string;
  readonly expected: string;
}

export interface Script {
  /** Comments and blank lines before each step, to be kept when expectations are written anew. */
  readonly steps: readonly (Step & { readonly before: string })[];
  readonly after: string;
}

const separator = '----';

/**
 * A command, perhaps with lines below it, `----`, what it prints, and a blank line. `#` begins a comment between
 * steps. The form is that of the datadriven tests of etcd's raft.
 */
export function parseScript(text: string): Script {
  const lines = text.split('\n');
  const steps: (Step & { before: string })[] = [];
  let before: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || line.startsWith('#')) {
      before.push(line);
      at++;
      continue;
    }
    const end = lines.indexOf(separator, at);
    if (end < 0) throw new Error(`line ${at + 1}: "${line}" is not followed by ${separator}`);
    const blank = lines.indexOf('', end);
    const stop = blank < 0 ? lines.length : blank;
    steps.push({
      before: before.map((each) => `${each}\n`).join(''),
      line: at + 1,
      command: line,
      input: lines.slice(at + 1, end).join('\n'),
      expected: lines.slice(end + 1, stop).join('\n'),
    });
    before = [];
    at = stop;
  }
  return { steps, after: before.join('\n') };
}

export function formatScript({ steps, after }: Script): string {
  const text = steps.map(({ before, command, input, expected }) =>
    [
      before,
      command,
      '\n',
      input === '' ? '' : `${input}\n`,
      separator,
      '\n',
      expected === '' ? '' : `${expected}\n`,
    ].join(''),
  );
  return text.join('') + after;
}
