import type { ServerProfile } from './model-server.ts';

/** How containers of an image behave. Times in milliseconds. */
export interface ImageBehaviour {
  /** From start to a listening process. */
  readonly startMs: number;
  /** From listening to a loaded model, during which health answers 503; Infinity never gets there. */
  readonly loadMs: number;
  /** Where it listens; undefined: on every port that is asked. */
  readonly port?: number;
  /** Ends by itself with this code after this time; lives on when absent. */
  readonly exit?: { readonly afterMs: number; readonly code: number };
  /** From SIGTERM to the end when nothing is in flight; what is in flight comes to its end first. */
  readonly drainMs: number;
  readonly memoryBytes: number;
  readonly server: ServerProfile;
  /** What a command in the container comes to; success with no output when absent. */
  readonly exec?: (command: readonly string[]) => SimulatedExec;
}

export interface SimulatedExec {
  readonly exitCode: number;
  readonly output?: string;
  readonly takesMs?: number;
}

/** Undefined: no such image. */
export type Images = (image: string, args: readonly string[]) => ImageBehaviour | undefined;

/** An application that is up after a second. */
export const plainImage: ImageBehaviour = {
  startMs: 1000,
  loadMs: 0,
  drainMs: 500,
  memoryBytes: 64 * 1024 * 1024,
  server: { stepMs: 10, stepMsPerRequest: 0.2, promptTokensPerStep: 200, parallel: 16 },
};

// A step of 10 ms, and one in fifty more by each further request: the flags' defaults of model-servers/sim.
const simServer: ServerProfile = { stepMs: 9.8, stepMsPerRequest: 0.2, promptTokensPerStep: 100, parallel: 64 };

const builtIn: ReadonlyMap<string, ImageBehaviour> = new Map([
  ['slipway/sim', { ...plainImage, startMs: 800, loadMs: 1200, memoryBytes: 128 * 1024 * 1024, server: simServer }],
  ['slipway/llm', { ...plainImage, startMs: 800, loadMs: 4200, memoryBytes: 512 * 1024 * 1024, server: simServer }],
  ['slipway/embed', { ...plainImage, startMs: 800, loadMs: 2200, memoryBytes: 384 * 1024 * 1024, server: simServer }],
]);

/** The model servers that operators start, with as many places as their flags say. */
export const builtInImages: Images = (image, args) => {
  const behaviour = builtIn.get(image);
  const places = Number(args[args.lastIndexOf('--parallel') + 1]);
  if (behaviour === undefined || !args.includes('--parallel') || !(places >= 1)) return behaviour;
  return { ...behaviour, server: { ...behaviour.server, parallel: places } };
};
