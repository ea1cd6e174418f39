import type { ExchangeRequest } from './exchange-requests.ts';
import { normalAnswer } from './normal-answer.ts';

export interface ExchangeAnswer {
  readonly status: number;
  readonly text: string;
  readonly warning?: string | undefined;
}

export interface Exchange {
  readonly request: ExchangeRequest;
  readonly status: number;
  readonly warning?: string | undefined;
  readonly answer: unknown;
}

/** Sends the requests one after the other, after the namespace and the account that they need. */
export async function playExchanges(
  requests: readonly ExchangeRequest[],
  send: (request: ExchangeRequest) => Promise<ExchangeAnswer>,
): Promise<readonly Exchange[]> {
  await send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'play' } } });
  const account = { metadata: { name: 'default' } };
  await send({ method: 'POST', path: '/api/v1/namespaces/play/serviceaccounts', body: account });
  const exchanges: Exchange[] = [];
  let last: { readonly metadata?: Readonly<Record<string, string>> } | undefined;
  for (const request of requests) {
    const filled = JSON.parse(
      JSON.stringify(request).replace(/\$(rv|uid|continue)\b/g, (_, name: string) => {
        const field = name === 'rv' ? 'resourceVersion' : name;
        return last?.metadata?.[field] ?? '';
      }),
    ) as ExchangeRequest;
    const { status, text, warning } = await send(filled);
    try {
      last = JSON.parse(text) as typeof last;
    } catch {
      last = undefined;
    }
    exchanges.push({
      request,
      status,
      ...(warning === undefined ? {} : { warning }),
      answer: normalAnswer(last ?? text),
    });
    // A definition is established by a controller, which takes its time in the real one.
    const isDefinition = request.method === 'POST' && request.path.endsWith('/customresourcedefinitions');
    if (isDefinition && status === 201) await established(send);
  }
  return exchanges;
}

async function established(send: (request: ExchangeRequest) => Promise<ExchangeAnswer>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status, text } = await send({ method: 'GET', path: '/apis/example.com/v1/widgets' });
    if (status === 200 && text.includes('WidgetList')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
