import { serverSentEvents } from '../../src/cli/chat.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const question = (content: string, model: string, stream: boolean): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model, stream, max_tokens: 60, temperature: 0, messages: [{ role: 'user', content }] }),
});

/** One chat completion, not streamed. */
export async function ask(gateway: string, content: string, model = 'chat'): Promise<Answer> {
  const response = await fetch(`${gateway}/v1/chat/completions`, question(content, model, false));
  const body = await response.text();
  if (!response.ok) return { status: response.status, text: body, headers: response.headers };
  const { choices } = JSON.parse(body) as { choices: { message: { content: string } }[] };
  return { status: response.status, text: choices[0]?.message.content ?? '', headers: response.headers };
}

/** One chat completion, streamed. `events` holds every payload, `[DONE]` included. */
export async function askStreaming(
  gateway: string,
  content: string,
  model = 'chat',
): Promise<Answer & { readonly events: readonly string[] }> {
  const response = await fetch(`${gateway}/v1/chat/completions`, question(content, model, true));
  const { status, headers } = response;
  if (!response.ok || response.body === null) return { status, text: await response.text(), headers, events: [] };
  const events: string[] = [];
  let text = '';
  for await (const event of serverSentEvents(response.body)) {
    events.push(event);
    if (event === '[DONE]') continue;
    const { choices } = JSON.parse(event) as { choices?: { delta?: { content?: string } }[] };
    text += choices?.[0]?.delta?.content ?? '';
  }
  return { status, text, headers, events };
}

export interface Load {
  /** Ends the load after the requests in flight and says how they went. */
  finish(): Promise<{ readonly sent: number; readonly failures: readonly string[] }>;
}

/**
 * `clients` closed loops of not-streamed chat requests, with a short pause so that a small machine has
 * time for what is tested. A request failed when its answer is not 200 with a text.
 */
export function load(gateway: string, clients: number, model = 'chat'): Load {
  let running = true;
  let sent = 0;
  const failures: string[] = [];
  const loops = Array.from({ length: clients }, async (_, client) => {
    while (running) {
      sent++;
      try {
        const { status, text } = await ask(gateway, `can I run ${client + 2} replicas on one node ?`, model);
        if (status !== 200 || text === '') failures.push(`${status} ${text.slice(0, 200)}`);
      } catch (error) {
        failures.push(String((error as Error).cause ?? error));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return {
    async finish() {
      running = false;
      await Promise.all(loops);
      return { sent, failures };
    },
  };
}
