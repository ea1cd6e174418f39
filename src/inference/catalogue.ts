import type { Container, Probe } from '../api/schema/core-v1.ts';
import type { Draft } from '../api/schema/draft.ts';

/** A model server that Slipway knows how to run. */
export interface ModelServer {
  readonly name: 'llm' | 'embed' | 'sim';
  readonly image: string;
  readonly port: number;
  readonly metricsPath: string;
  /** What one replica asks for unless the Inference says otherwise. */
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** Arguments beside `--host`, `--port`, `--model-name` and `--drain-seconds`. */
  readonly args: (model: string, concurrency: number) => readonly string[];
}

/** Of the container's and the Service's port. */
export const portName = 'http';

/** A start may take this long: a large model is downloaded and loaded in it. */
const startupBudgetSeconds = 600;

/** A server should have places for what the autoscaler aims at. */
const places = (concurrency: number): readonly string[] => ['--parallel', String(Math.min(concurrency, 256))];

export const modelServers: Readonly<Record<ModelServer['name'], ModelServer>> = {
  llm: {
    name: 'llm',
    image: 'slipway/llm',
    port: 8000,
    metricsPath: '/metrics',
    requests: { cpu: '250m', memory: '512Mi' },
    args: (model, concurrency) => ['--model', model, ...places(concurrency)],
  },
  embed: {
    name: 'embed',
    image: 'slipway/embed',
    port: 8000,
    metricsPath: '/metrics',
    requests: { cpu: '250m', memory: '512Mi' },
    // Its --parallel counts texts of a batch, not requests.
    args: (model) => ['--model', model],
  },
  sim: {
    name: 'sim',
    image: 'slipway/sim',
    port: 8000,
    metricsPath: '/metrics',
    requests: { cpu: '50m', memory: '128Mi' },
    args: (_model, concurrency) => places(concurrency),
  },
};

/** Models that come with Slipway, `builtin://NAME`, and who serves them. */
export const builtinModels: ReadonlyMap<string, ModelServer['name']> = new Map([
  ['tiny-chat', 'llm'],
  ['use-lite', 'embed'],
  ['sim', 'sim'],
]);

/**
 * A start is looked at every second, so that a fast one is noticed at once; readiness every two seconds with three
 * misses, since a busy server answers late; liveness seldom and patiently, since a restart costs a model load.
 */
export function probes(
  server: ModelServer,
): Pick<Draft<Container> & object, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  return {
    startupProbe: health(server, { periodSeconds: 1, failureThreshold: startupBudgetSeconds, timeoutSeconds: 1 }),
    readinessProbe: health(server, { periodSeconds: 2, failureThreshold: 3, timeoutSeconds: 5 }),
    // A server that computes answers late: only a long silence means that it hangs.
    livenessProbe: health(server, { periodSeconds: 15, failureThreshold: 4, timeoutSeconds: 15 }),
  };
}

function health(
  { port }: ModelServer,
  timing: Pick<Probe, 'periodSeconds' | 'failureThreshold' | 'timeoutSeconds'>,
): Draft<Probe> {
  return { httpGet: { path: '/health', port, scheme: 'HTTP' }, ...timing };
}
