/** The time a simulated engine takes: linear in tokens, and slower the more requests share it. Milliseconds. */
export interface LatencyModel {
  /** Before the first token of any request. */
  readonly overheadMs: number;
  /** For each token of the prompt. */
  readonly prefillMsPerToken: number;
  /** For each token of the answer after the first. */
  readonly decodeMsPerToken: number;
  /** How much each further running request slows every step: 0 is perfect batching, 1 is none. */
  readonly loadFactor: number;
}

/** From the start of a request to its first token, with `running` requests on the engine, this one included. */
export function firstTokenMs(model: LatencyModel, promptTokens: number, running: number): number {
  return (model.overheadMs + model.prefillMsPerToken * promptTokens) * slowdown(model, running);
}

/** Between two tokens. */
export function nextTokenMs(model: LatencyModel, running: number): number {
  return model.decodeMsPerToken * slowdown(model, running);
}

function slowdown({ loadFactor }: LatencyModel, running: number): number {
  return 1 + loadFactor * Math.max(0, running - 1);
}
