/** Why the gateway itself answers with an error; also the value of `x-slipway-reason`. */
export type GatewayReason =
  | 'bad-request'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'unsupported-media-type'
  | 'too-large'
  | 'too-slow'
  | 'unknown-model'
  | 'model-failed'
  | 'no-capacity'
  | 'contended'
  | 'upstream-failed'
  | 'upstream-timeout'
  | 'draining';

const statuses: Readonly<Record<GatewayReason, number>> = {
  'bad-request': 400,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'unsupported-media-type': 415,
  'too-large': 413,
  'too-slow': 408,
  'unknown-model': 404,
  'model-failed': 503,
  'no-capacity': 503,
  contended: 429,
  'upstream-failed': 502,
  'upstream-timeout': 504,
  draining: 503,
};

/** An answer of the gateway's own. The message goes to the client: no addresses, paths, prompts or stacks. */
export class GatewayError extends Error {
  readonly reason: GatewayReason;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: GatewayReason, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'GatewayError';
    this.reason = reason;
    this.status = statuses[reason];
    this.headers = headers;
  }

  /** OpenAI's shape, which its client libraries turn into exceptions. */
  body(): string {
    const type =
      this.status === 429 ? 'rate_limit_error' : this.status >= 500 ? 'server_error' : 'invalid_request_error';
    const code = this.reason === 'unknown-model' ? 'model_not_found' : this.reason.replaceAll('-', '_');
    return JSON.stringify({ error: { message: this.message, type, param: null, code } });
  }
}
