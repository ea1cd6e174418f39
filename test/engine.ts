import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runKubectl, type Outcome } from './kubectl/real-kubectl.ts';
import { podProcesses } from '../src/host/process-runtime/pod-processes.ts';
import { isAlive, readEngineRecord, type EngineRecord } from '../src/host/engine-record.ts';

const root = join(import.meta.dirname, '..');

/** A real engine as a user starts it: `./slipway up` in a process of its own, with a folder of its own. */
export class TestEngine {
  readonly dataDir: string;
  #process: ChildProcess;
  #record: EngineRecord;
  #output: { text: string };

  private constructor(dataDir: string, process: ChildProcess, record: EngineRecord, output: { text: string }) {
    this.dataDir = dataDir;
    this.#process = process;
    this.#record = record;
    this.#output = output;
  }

  /** Returns when the API answers; `--port 0` unless the arguments say otherwise. */
  static async start(
    args: readonly string[] = [],
    dataDir: string = mkdtempSync(join(tmpdir(), 'slipway-test-')),
  ): Promise<TestEngine> {
    const output = { text: '' };
    const port = args.some((arg) => arg.startsWith('--port')) ? [] : ['--port', '0'];
    const child = spawn(join(root, 'slipway'), ['up', '--data-dir', dataDir, ...port, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output.text += text));
    for (;;) {
      const record = readEngineRecord(join(dataDir, 'engine.json'));
      if (record !== undefined && record.pid === child.pid) return new TestEngine(dataDir, child, record, output);
      if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}:\n${output.text}`);
      await wait(10);
    }
  }

  get record(): EngineRecord {
    return this.#record;
  }

  get gateway(): string {
    return this.#record.gateway;
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  /** What `slipway up` printed so far, standard output and error together. */
  get output(): string {
    return this.#output.text;
  }

  /** Runs the real kubectl and returns what it printed; throws when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.kubectlOutcome(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  kubectlOutcome(args: readonly string[], input = ''): Promise<Outcome> {
    return runKubectl(this.kubeconfig, this.dataDir, args, input);
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T;
  }

  /** Waits until the condition holds; polls, since what it asks is outside this process. */
  async until<T>(what: string, ask: () => Promise<T | undefined | false>, timeoutMs = 90_000): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await ask().catch(() => undefined);
      if (answer !== undefined && answer !== false) return answer;
      if (performance.now() > deadline)
        throw new Error(`not within ${timeoutMs / 1000} s: ${what}\nthe engine said:\n${this.output.slice(-4000)}`);
      await wait(50);
    }
  }

  kill9(): Promise<void> {
    const ended = this.#ended();
    this.#process.kill('SIGKILL');
    return ended;
  }

  /** Starts an engine again on the same folder. */
  async restart(args: readonly string[] = []): Promise<void> {
    const next = await TestEngine.start(args, this.dataDir);
    this.#process = next.#process;
    this.#record = next.#record;
    this.#output = next.#output;
  }

  /** Ctrl-C, and waits for the end. */
  async interrupt(): Promise<number | null> {
    const ended = this.#ended();
    this.#process.kill('SIGINT');
    await ended;
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && isAlive(this.#record)) await this.interrupt();
    else this.#killPods();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Pods outlive an engine that was killed; a test that failed before its restart must not leave them behind. */
  #killPods(): void {
    for (const { shimPid, containers } of podProcesses(join(this.dataDir, 'pods'))) {
      for (const pid of [shimPid, ...containers.map((container) => container.pid)]) {
        try {
          if (pid !== undefined) process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
    }
  }

  #ended(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => this.#process.on('close', () => resolve()));
  }
}
