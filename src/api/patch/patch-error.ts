/** The HTTP status that Kubernetes answers with. 500 is what it gives for errors that it does not classify. */
export type PatchErrorCode = 400 | 413 | 422 | 500;

/** The patch cannot be applied. The message is Kubernetes' own. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly code: PatchErrorCode;

  constructor(code: PatchErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
