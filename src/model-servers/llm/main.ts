import { CompletionServer } from '../completions/completion-server.ts';
import { userCacheFolder } from '../download/cache-folder.ts';
import { fetchModel } from '../download/fetch-model.ts';
import { parseModelUri } from '../download/model-uri.ts';
import { FlagError } from '../openai-http/flags.ts';
import { serve, serverFlags } from '../openai-http/serve.ts';
import type { LlamaPrompt } from './llama-engine.ts';
import { loadEngine } from './load-engine.ts';

const flags = {
  ...serverFlags,
  parallel: {
    kind: 'whole',
    help: 'requests at a time, each with a context of its own',
    least: 1,
    most: 256,
    default: 4,
  },
  queue: { kind: 'whole', help: 'requests that may wait; more get 429', least: 0, most: 100_000, default: 128 },
  context: {
    kind: 'whole',
    help: 'tokens of prompt and answer; as trained, at most 4096, unless told',
    least: 8,
    most: 1_048_576,
  },
  threads: { kind: 'whole', help: 'threads of the engine', least: 1, most: 256, default: 1 },
  'max-tokens-default': {
    kind: 'whole',
    help: 'tokens of an answer when the request does not say',
    least: 1,
    most: 1_048_576,
  },
  'cache-dir': { kind: 'text', help: 'where downloaded models are kept; replicas may share it' },
} as const;

await serve({
  usage: `usage: llm --model MODEL [flags]

Serves a GGUF over OpenAI's API. MODEL is a path, file://PATH, builtin://tiny-chat,
hf://OWNER/REPO/FILE.gguf[@REVISION] or https://…, each with #sha256=… if you like.
Environment: HF_TOKEN, HF_ENDPOINT, SLIPWAY_TERMINATION_LOG.`,
  flags,
  nameModel(values) {
    if (values.model === undefined) throw new FlagError('--model is missing');
    const source = parseModelUri(values.model);
    return values['model-name'] ?? source.name;
  },
  async load(values, readiness) {
    const source = parseModelUri(values.model ?? '');
    const modelPath = await fetchModel(source, values['cache-dir'] ?? userCacheFolder(), readiness);
    readiness.enter('loading');
    let server: CompletionServer<LlamaPrompt> | undefined;
    const engine = await loadEngine(
      {
        modelPath,
        contextTokens: values.context,
        parallel: values.parallel,
        threads: values.threads,
        onStep: (tokens) => server?.metrics.iterationTokens.observe(tokens),
      },
      readiness,
    );
    readiness.enter('warming');
    await engine.warm();
    server = new CompletionServer(engine, {
      modelName: values['model-name'] ?? source.name,
      parallel: values.parallel,
      maxWaiting: values.queue,
      defaultMaxTokens: values['max-tokens-default'],
    });
    return server.served();
  },
});
