import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from './gateway-error.ts';
import { guardRequest, loopbackNames } from './request-guard.ts';

const names = loopbackNames('127.0.0.1', 8080);
const host = ['Host', '127.0.0.1:8080'];

test('only honest requests pass', async (t) => {
  const rows: readonly (readonly [
    what: string,
    target: string,
    headers: readonly string[],
    expect: string | number,
  ])[] = [
    ['a plain one', '/v1/models', host, '/v1/models'],
    ['localhost', '/v1/models', ['host', 'LOCALHOST:8080'], '/v1/models'],
    ['IPv6 loopback', '/', ['host', '[::1]:8080'], '/'],
    ['a query is cut off', '/v1/models?x=/../y', host, '/v1/models'],
    ['its own origin', '/v1/models', [...host, 'Origin', 'http://localhost:8080'], '/v1/models'],
    ['no Host', '/v1/models', [], 403],
    ['two Hosts', '/v1/models', [...host, 'host', '127.0.0.1:8080'], 400],
    ['two Authorizations', '/', [...host, 'Authorization', 'a', 'authorization', 'b'], 400],
    ["a stranger's name", '/v1/models', ['Host', 'evil.example:8080'], 403],
    ['a name below localhost', '/v1/models', ['Host', 'x.localhost:8080'], 403],
    ['a name that begins right', '/v1/models', ['Host', '127.0.0.1:8080.evil.example'], 403],
    ['another port', '/v1/models', ['Host', '127.0.0.1:8081'], 403],
    ['no port', '/v1/models', ['Host', '127.0.0.1'], 403],
    ['a foreign page', '/v1/models', [...host, 'Origin', 'https://evil.example'], 403],
    ['a page of nowhere', '/v1/models', [...host, 'Origin', 'null'], 403],
    ['a page of another port', '/v1/models', [...host, 'Origin', 'http://localhost:3000'], 403],
    ['an absolute target', 'http://127.0.0.1:8080/v1/models', host, 400],
    ['a target of another host', '//evil.example/v1/models', host, 400],
    ['a target with a backslash', '/\\evil.example', host, 400],
    ['an asterisk', '*', host, 400],
    ['a control character', '/v1/\u0001', host, 400],
    ['a compressed body', '/v1/models', [...host, 'Content-Encoding', 'gzip'], 415],
  ];
  for (const [what, target, rawHeaders, expect] of rows) {
    await t.test(what, () => {
      for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
        const run = () => guardRequest({ method, target, httpVersion: '1.1', rawHeaders }, names);
        if (typeof expect === 'string') assert.equal(run(), expect);
        else assert.throws(run, (error) => error instanceof GatewayError && error.status === expect);
      }
    });
  }
  assert.throws(
    () => guardRequest({ method: 'GET', target: '/', httpVersion: '1.0', rawHeaders: host }, names),
    GatewayError,
  );
});

test('port 80 needs not be written', () => {
  assert.equal(
    guardRequest(
      { method: 'GET', target: '/', httpVersion: '1.1', rawHeaders: ['Host', 'localhost'] },
      loopbackNames('127.0.0.1', 80),
    ),
    '/',
  );
});

test('further hosts can be allowed, exactly', () => {
  const more = loopbackNames('127.0.0.1', 8080, ['10.1.2.3:80']);
  const ask = (name: string) => () =>
    guardRequest({ method: 'GET', target: '/', httpVersion: '1.1', rawHeaders: ['Host', name] }, more);
  assert.equal(ask('10.1.2.3:80')(), '/');
  assert.throws(ask('10.1.2.3'), GatewayError);
});
