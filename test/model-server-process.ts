import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { serverSentEvents } from '../src/cli/chat.ts';

const root = join(import.meta.dirname, '..');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A model server as a pod would run it: a process of its own on a free loopback port. */
export class ModelServerProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #url = '';

  private constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const main = join(root, 'src', 'model-servers', name, 'main.ts');
    this.#child = spawn(process.execPath, [main, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.exited = new Promise((resolve) => this.#child.on('close', (code, signal) => resolve({ code, signal })));
  }

  /** Starts and waits for nothing: for servers that are expected to fail. */
  static launch(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ModelServerProcess {
    return new ModelServerProcess(name, args, env);
  }

  /** Starts on a free port and waits until it listens. */
  static async listening(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ModelServerProcess> {
    const server = new ModelServerProcess(name, ['--port', '0', ...args], env);
    const [, url] = await server.#line(/listening on (\S+)/);
    server.#url = url ?? '';
    return server;
  }

  /** Starts on a free port and waits until it serves its model. */
  static async ready(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ModelServerProcess> {
    const server = await ModelServerProcess.listening(name, args, env);
    await server.becomesReady();
    return server;
  }

  async becomesReady(): Promise<void> {
    await this.#line(/ ready /);
  }

  get url(): string {
    return this.#url;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  async get(path: string): Promise<Response> {
    return await fetch(`${this.#url}${path}`);
  }

  async post(path: string, body: object, init: RequestInit = {}): Promise<Response> {
    return await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...init,
    });
  }

  /** The value of a metric without looking at its labels, or with `label` = a text that its labels contain. */
  async metric(name: string, label = ''): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(label));
    return Number(line?.split(' ').at(-1));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #line(pattern: RegExp): Promise<RegExpExecArray> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(this.#stdout);
        if (match !== null) resolve(match);
      };
      this.#child.stdout?.on('data', look);
      look();
      void this.exited.then(({ code }) => reject(new Error(`exit code ${code} before ${pattern}: ${this.#stderr}`)));
    });
  }
}

/** Resolves when `holds` does; asks again each 5 ms, for as long as the test may take. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** All payloads of an event stream. Rejects when the connection breaks. */
export async function events(response: Response): Promise<readonly string[]> {
  const payloads: string[] = [];
  if (response.body !== null) for await (const payload of serverSentEvents(response.body)) payloads.push(payload);
  return payloads;
}

/** As much of OpenAI's completion objects, chunks and errors as the tests look at. */
export interface Completion {
  readonly choices: readonly {
    readonly message?: { readonly role: string; readonly content: string };
    readonly text?: string;
    readonly delta?: { readonly role?: string; readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
  readonly error?: { readonly message: string; readonly type: string; readonly param: string; readonly code: string };
}

export async function completionOf(response: Response): Promise<Completion> {
  return (await response.json()) as Completion;
}
