/** Structured log: a constant message and fields. Never secrets, prompts or outputs. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields & { readonly error?: unknown }): void;
  /** A log whose lines carry these fields. */
  with(fields: Fields): Log;
}

export type Fields = Readonly<Record<string, unknown>>;

export const silentLog: Log = { info() {}, warn() {}, error() {}, with: () => silentLog };
