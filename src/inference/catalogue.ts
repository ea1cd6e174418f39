/** A model server that Slipway knows how to run. */
export interface ModelServer {
  readonly name: 'llm' | 'embed' | 'sim';
  readonly image: string;
  readonly port: number;
  /** What one replica asks for unless the Inference says otherwise. */
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** Arguments beside `--host`, `--port` and `--model-name`. */
  readonly args: (model: string) => readonly string[];
}

export const modelServers: Readonly<Record<ModelServer['name'], ModelServer>> = {
  llm: {
    name: 'llm',
    image: 'slipway/llm',
    port: 8000,
    requests: { cpu: '250m', memory: '512Mi' },
    args: (model) => ['--model', model],
  },
  embed: {
    name: 'embed',
    image: 'slipway/embed',
    port: 8000,
    requests: { cpu: '250m', memory: '512Mi' },
    args: (model) => ['--model', model],
  },
  sim: { name: 'sim', image: 'slipway/sim', port: 8000, requests: { cpu: '50m', memory: '128Mi' }, args: () => [] },
};
