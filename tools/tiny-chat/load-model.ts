import { getLlama, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp';

/** Loads a GGUF as the llm server does: the prebuilt CPU engine, one thread, nothing fetched or compiled. */
export async function loadForTools(modelPath: string): Promise<LlamaModel> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: LlamaLogLevel.error,
    maxThreads: 1,
  });
  return await llama.loadModel({ modelPath });
}
