/** A download that cannot be completed: one sentence without addresses that may hold secrets. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  /** Whether trying again may help. */
  readonly isTransient: boolean;

  constructor(message: string, isTransient = false, cause?: unknown) {
    super(message, { cause });
    this.isTransient = isTransient;
  }
}
