import { RequestError } from './request-error.ts';

/** Throws 404, as OpenAI does, for a request that names another model. */
export function checkModelName(asked: string, served: string): void {
  if (asked === served) return;
  const shown = JSON.stringify(asked.slice(0, 200));
  throw new RequestError(404, `The model ${shown} does not exist; this server has ${JSON.stringify(served)}.`, {
    param: 'model',
    code: 'model_not_found',
  });
}
