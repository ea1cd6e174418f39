/**
 * A model server for bench/gateway, in a process of its own: answers at once, and streams tokens whose text is the
 * time at which they were written (nanoseconds of the clock that all processes of the machine share), so that
 * whoever reads one knows how long it was on its way. Tells its port on standard output.
 *
 *   node bench/stamping-model.ts TOKENS MS_BETWEEN
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const [tokens = 100, everyMs = 10] = process.argv.slice(2).map(Number);

const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'stamps',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
});

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    if (body.includes('"stream":true')) return stream(response);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  });
});
// Connections of a proxy outlive its pauses between two slices.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = tokens;
  // Each stream at its own time, so that they are not all due in the same turn.
  setTimeout(() => {
    const timer = setInterval(() => {
      if (left-- > 0) return void response.write(event(process.hrtime.bigint()));
      clearInterval(timer);
      response.end('data: [DONE]\n\n');
    }, everyMs);
    response.on('close', () => clearInterval(timer));
  }, Math.random() * everyMs);
}

function event(stamp: bigint): string {
  const choices = [{ index: 0, delta: { content: String(stamp) }, finish_reason: null }];
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'stamps', choices })}\n\n`;
}
