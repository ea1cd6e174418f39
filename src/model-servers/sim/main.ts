import { setTimeout as delay } from 'node:timers/promises';
import { CompletionServer } from '../completions/completion-server.ts';
import { serve, serverFlags } from '../openai-http/serve.ts';
import { SimulatedEngine, type SimulatedPrompt } from './simulated-engine.ts';

await serve({
  usage: `usage: sim [flags]

Behaves like a vLLM server without computing anything: it takes the time that the flags say and answers
words without a meaning, the same ones for the same prompt and seed. --model is only a name here.`,
  flags: {
    ...serverFlags,
    parallel: { kind: 'whole', help: 'requests at a time', least: 1, most: 4096, default: 64 },
    queue: { kind: 'whole', help: 'requests that may wait; more get 429', least: 0, most: 100_000, default: 1024 },
    context: { kind: 'whole', help: 'tokens of prompt and answer', least: 8, most: 10_000_000, default: 8192 },
    'cache-tokens': { kind: 'whole', help: 'KV cache in tokens', least: 8, most: 1_000_000_000, default: 200_000 },
    'answer-tokens': { kind: 'whole', help: 'tokens of an answer', least: 1, most: 1_000_000, default: 128 },
    'start-ms': { kind: 'number', help: 'how long the loading takes', least: 0, most: 3_600_000, default: 0 },
    'overhead-ms': { kind: 'number', help: 'before any first token', least: 0, most: 60_000, default: 10 },
    'prefill-ms': { kind: 'number', help: 'for a token of the prompt', least: 0, most: 60_000, default: 0.1 },
    'decode-ms': { kind: 'number', help: 'for a token of the answer', least: 0, most: 60_000, default: 10 },
    'load-factor': { kind: 'number', help: 'slowdown by each further request', least: 0, most: 100, default: 0.02 },
  },
  nameModel: (values) => values['model-name'] ?? values.model ?? 'sim',
  async load(values, readiness) {
    await delay(values['start-ms']);
    readiness.enter('warming');
    let server: CompletionServer<SimulatedPrompt> | undefined;
    const engine = new SimulatedEngine({
      latency: {
        overheadMs: values['overhead-ms'],
        prefillMsPerToken: values['prefill-ms'],
        decodeMsPerToken: values['decode-ms'],
        loadFactor: values['load-factor'],
      },
      contextTokens: values.context,
      cacheTokens: values['cache-tokens'],
      answerTokens: values['answer-tokens'],
      onStep: (tokens) => server?.metrics.iterationTokens.observe(tokens),
    });
    server = new CompletionServer(engine, {
      modelName: values['model-name'] ?? values.model ?? 'sim',
      parallel: values.parallel,
      maxWaiting: values.queue,
    });
    return server.served();
  },
});
