import { basename } from 'node:path';
import type { ChatWrapper, Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import { forewarn } from '../openai-http/program-log.ts';
import type { Readiness } from '../openai-http/readiness.ts';
import { GgufError, readGgufHeader, type GgufHeader } from './gguf-header.ts';
import { LlamaEngine } from './llama-engine.ts';
import { readManifest } from './model-manifest.ts';
import { planStep } from './step-plan.ts';

export interface EngineSettings {
  readonly modelPath: string;
  /** Tokens of prompt and answer of a request; undefined: what the model was trained for, at most 4096. */
  readonly contextTokens: number | undefined;
  /** Requests at a time: each has a KV cache of its own. */
  readonly parallel: number;
  readonly threads: number;
  /** Told the tokens of every step of the engine. */
  readonly onStep: (tokens: number) => void;
}

const largestDefaultContext = 4096;

/**
 * Checks and loads a GGUF. Everything heavy is imported here and not before, so that the server already answers
 * `/health` while it happens. Throws an Error with one clear sentence when the file cannot be served.
 */
export async function loadEngine(settings: EngineSettings, readiness: Readiness): Promise<LlamaEngine> {
  const { modelPath } = settings;
  const header = checkedHeader(modelPath);
  const manifest = readManifest(modelPath);
  const contextTokens = contextOf(settings, header);
  const [{ getLlama, LlamaLogLevel }, { ChatTemplate }] = await Promise.all([
    import('node-llama-cpp'),
    import('./chat-template.ts'),
  ]);
  // An aborting engine would start a debugger for a stack trace, if there is one, and take seconds to end.
  process.env['GGML_NO_BACKTRACE'] = '1';
  const complaints: string[] = [];
  const failed = (error: unknown): never => {
    const reason = [(error as Error).message, ...complaints].join('; ');
    throw new Error(`the model file ${modelPath} does not load: ${reason}`, { cause: error });
  };
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: settings.threads,
    logLevel: LlamaLogLevel.error,
    logger: (_, message) => {
      complaints.push(message.trim());
      if (complaints.length > 3) complaints.shift();
    },
  });
  // The engine asserts on some damage that its header does not show, and then there is nobody left to say why.
  const survived = forewarn(
    `the engine broke off while it loaded ${modelPath}: the file is damaged or of an unknown kind, or the memory is too small`,
  );
  const model = await loadModel(llama, modelPath, readiness).catch(failed);
  const context = await createContext(model, settings, contextTokens).catch(failed);
  const wrapper = await chatWrapper(model, header).catch(failed);
  survived();
  return new LlamaEngine({
    model,
    context,
    manifest,
    template: wrapper === undefined ? undefined : new ChatTemplate(model, wrapper),
    longestPieceBytes: header.longestPieceBytes,
  });
}

function checkedHeader(modelPath: string): GgufHeader {
  try {
    return readGgufHeader(modelPath);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`the model file ${modelPath} does not exist`);
    if (code === 'EISDIR') throw new Error(`the model file ${modelPath} is a folder`);
    if (code === 'EACCES') throw new Error(`the model file ${modelPath} may not be read`);
    if (error instanceof GgufError) throw new Error(`the model file ${modelPath} is no usable GGUF: ${message}`);
    throw error;
  }
}

function contextOf({ contextTokens, modelPath }: EngineSettings, header: GgufHeader): number {
  const trained = header.contextTokens ?? largestDefaultContext;
  if (contextTokens === undefined) return Math.min(trained, largestDefaultContext);
  if (contextTokens <= trained) return contextTokens;
  throw new Error(
    `--context ${contextTokens} is more than the ${trained} tokens that ${basename(modelPath)} was trained for`,
  );
}

async function loadModel(llama: Llama, modelPath: string, readiness: Readiness): Promise<LlamaModel> {
  return await llama.loadModel({
    modelPath,
    onLoadProgress: (share) => {
      if (readiness.phase === 'loading') readiness.progress({ loaded: Number(share.toFixed(3)) });
    },
  });
}

async function createContext(model: LlamaModel, settings: EngineSettings, contextSize: number): Promise<LlamaContext> {
  const { parallel, threads, onStep } = settings;
  return await model.createContext({
    contextSize,
    sequences: parallel,
    threads,
    // A smaller context than asked for would answer requests with errors that nobody expects.
    failedCreationRemedy: false,
    batching: {
      itemPrioritizationStrategy: ({ items, size }) => {
        const plan = planStep(items, size);
        onStep(plan.reduce((sum, { processAmount }) => sum + processAmount, 0));
        return plan;
      },
    },
  });
}

/** The GGUF's own template; when it cannot be rendered, what the library knows for such a model. */
async function chatWrapper(model: LlamaModel, { chatTemplate }: GgufHeader): Promise<ChatWrapper | undefined> {
  if (chatTemplate === undefined) return undefined;
  const { JinjaTemplateChatWrapper, resolveChatWrapper } = await import('node-llama-cpp');
  try {
    return new JinjaTemplateChatWrapper({ template: chatTemplate, tokenizer: model.tokenizer });
  } catch {
    return resolveChatWrapper(model, { noJinja: true, warningLogs: false });
  }
}
