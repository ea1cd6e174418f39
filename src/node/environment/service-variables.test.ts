import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../../api/schema/core-v1.ts';
import { serviceVariables } from './service-variables.ts';

function service(namespace: string, name: string, clusterIP: string | undefined, ...ports: readonly object[]): Service {
  return { metadata: { namespace, name }, spec: { clusterIP, ports } } as unknown as Service;
}

const kubernetes = service('default', 'kubernetes', '10.0.0.1', { name: 'https', port: 443, protocol: 'TCP' });
const chat = service('ai', 'my-chat', '10.0.0.2', { port: 80 }, { name: 'g-rpc', port: 9000, protocol: 'UDP' });
const headless = service('ai', 'headless', 'None', { port: 80 });
const external = service('ai', 'external', undefined);
const foreign = service('other', 'foreign', '10.0.0.3', { port: 80 });
const all = [foreign, headless, external, chat, kubernetes];

test('a service is told by host, ports and links', () => {
  const variables = serviceVariables([chat], { namespace: 'ai', enableServiceLinks: true });
  assert.deepEqual(Object.fromEntries(variables), {
    MY_CHAT_SERVICE_HOST: '10.0.0.2',
    MY_CHAT_SERVICE_PORT: '80',
    MY_CHAT_SERVICE_PORT_G_RPC: '9000',
    MY_CHAT_PORT: 'tcp://10.0.0.2:80',
    MY_CHAT_PORT_80_TCP: 'tcp://10.0.0.2:80',
    MY_CHAT_PORT_80_TCP_PROTO: 'tcp',
    MY_CHAT_PORT_80_TCP_PORT: '80',
    MY_CHAT_PORT_80_TCP_ADDR: '10.0.0.2',
    MY_CHAT_PORT_9000_UDP: 'udp://10.0.0.2:9000',
    MY_CHAT_PORT_9000_UDP_PROTO: 'udp',
    MY_CHAT_PORT_9000_UDP_PORT: '9000',
    MY_CHAT_PORT_9000_UDP_ADDR: '10.0.0.2',
  });
});

const hosts = (enableServiceLinks: boolean, namespace: string): string[] =>
  serviceVariables(all, { namespace, enableServiceLinks }).flatMap(([name]) =>
    name.endsWith('_SERVICE_HOST') ? [name] : [],
  );

test('services without an address and of other namespaces are not told, the API server always is', () =>
  assert.deepEqual(hosts(true, 'ai'), ['KUBERNETES_SERVICE_HOST', 'MY_CHAT_SERVICE_HOST']));

test('without links only the API server is told', () =>
  assert.deepEqual(hosts(false, 'ai'), ['KUBERNETES_SERVICE_HOST']));

test('an IPv6 address stands in brackets in a link', () => {
  const six = service('ai', 'six', 'fd00::1', { port: 80, protocol: 'TCP' });
  const variables = serviceVariables([six], { namespace: 'ai', enableServiceLinks: true });
  assert.equal(Object.fromEntries(variables)['SIX_PORT'], 'tcp://[fd00::1]:80');
});
