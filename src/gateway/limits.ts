/** What the gateway reads at most of one request, and how long it waits for whom. */
export interface GatewayLimits {
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Until the whole request has arrived. */
  readonly requestMs: number;
  readonly jsonDepth: number;
  readonly messages: number;
  /** `n`: answers to one prompt. */
  readonly choices: number;
  /** Texts of one embeddings request. */
  readonly inputs: number;
  /** Of an answer that is not a stream: larger ones are passed on as they come and can no longer be tried again. */
  readonly bufferedAnswerBytes: number;
  /** Of one event of a stream. */
  readonly eventBytes: number;
  readonly connectMs: number;
  /** Until a replica sends the first byte of its answer. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** How long a client may leave a stream unread. */
  readonly clientStallMs: number;
  /** Times that a request is sent to some replica. */
  readonly attempts: number;
  /** Requests in flight on one replica before further ones wait. */
  readonly inFlightPerEndpoint: number;
  /** Requests in flight and held, over all models. */
  readonly inFlight: number;
}

export const defaultLimits: GatewayLimits = {
  headerBytes: 16 * 1024,
  bodyBytes: 4 * 1024 * 1024,
  requestMs: 30_000,
  jsonDepth: 64,
  messages: 2_048,
  choices: 8,
  inputs: 2_048,
  bufferedAnswerBytes: 16 * 1024 * 1024,
  eventBytes: 1024 * 1024,
  connectMs: 2_000,
  firstByteMs: 600_000,
  idleMs: 120_000,
  clientStallMs: 120_000,
  attempts: 5,
  inFlightPerEndpoint: 512,
  inFlight: 8_192,
};
