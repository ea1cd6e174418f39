import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '../api/schema/core-v1.ts';
import { processTierErrors } from './process-tier.ts';

const fields = (spec: object): readonly string[] =>
  processTierErrors({ containers: [], ...spec } as unknown as PodSpec).map(({ field }) => field);

const container = (change: object): object => ({ containers: [{ name: 'c', resources: {}, ...change }] });
const port = (ports: object): object => ({ name: 'c', resources: {}, ports: [ports] });

const refused: readonly (readonly [spec: object, ...fields: readonly string[]])[] = [
  [{ volumes: [{ name: 'v', emptyDir: {} }] }, 'spec.volumes[0]'],
  [
    { hostPID: true, hostIPC: true, shareProcessNamespace: true, hostUsers: false },
    'spec.hostPID',
    'spec.hostIPC',
    'spec.shareProcessNamespace',
    'spec.hostUsers',
  ],
  [{ securityContext: { runAsUser: 1000 } }, 'spec.securityContext'],
  [
    { hostname: 'h', subdomain: 's', setHostnameAsFQDN: true, hostnameOverride: 'o' },
    'spec.hostname',
    'spec.subdomain',
    'spec.hostnameOverride',
    'spec.setHostnameAsFQDN',
  ],
  [
    { hostAliases: [{ ip: '1.2.3.4' }], dnsConfig: {}, dnsPolicy: 'None' },
    'spec.hostAliases[0]',
    'spec.dnsConfig',
    'spec.dnsPolicy',
  ],
  [{ automountServiceAccountToken: true }, 'spec.automountServiceAccountToken'],
  [{ runtimeClassName: 'kata', os: { name: 'windows' } }, 'spec.runtimeClassName', 'spec.os.name'],
  [{ ephemeralContainers: [{ name: 'debug' }] }, 'spec.ephemeralContainers'],
  [{ resourceClaims: [{ name: 'gpu' }], schedulingGroup: {} }, 'spec.resourceClaims[0]', 'spec.schedulingGroup'],
  [{ resources: { limits: { 'hugepages-2Mi': '4Mi' } } }, 'spec.resources.limits[hugepages-2Mi]'],
  [
    container({ volumeMounts: [{ name: 'v', mountPath: '/v' }], volumeDevices: [{ name: 'd', devicePath: '/d' }] }),
    'spec.containers[0].volumeMounts[0]',
    'spec.containers[0].volumeDevices[0]',
  ],
  [container({ securityContext: { privileged: false } }), 'spec.containers[0].securityContext'],
  [container({ tty: true, stdin: true }), 'spec.containers[0].tty', 'spec.containers[0].stdin'],
  [container({ terminationMessagePath: '/tmp/words' }), 'spec.containers[0].terminationMessagePath'],
  [
    container({
      env: [
        { name: 'A', value: 'a' },
        { name: 'B', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } },
      ],
    }),
    'spec.containers[0].env[1].valueFrom.fileKeyRef',
  ],
  [{ containers: [port({ containerPort: 80, hostPort: 80 })] }, 'spec.containers[0].ports[0].hostPort'],
  [
    { hostNetwork: true, containers: [port({ containerPort: 80, hostPort: 81 })] },
    'spec.containers[0].ports[0].hostPort',
  ],
  [
    container({ resources: { requests: { 'ephemeral-storage': '1Gi' }, claims: [{ name: 'gpu' }] } }),
    'spec.containers[0].resources.requests[ephemeral-storage]',
    'spec.containers[0].resources.claims[0]',
  ],
  [container({ livenessProbe: { grpc: { port: 1 } } }), 'spec.containers[0].livenessProbe.grpc'],
  [
    container({ lifecycle: { preStop: { tcpSocket: { port: 1 } }, stopSignal: 'SIGUSR1' } }),
    'spec.containers[0].lifecycle.preStop.tcpSocket',
    'spec.containers[0].lifecycle.stopSignal',
  ],
  [
    container({ restartPolicyRules: [{ action: 'Restart' }, { action: 'RestartAllContainers' }] }),
    'spec.containers[0].restartPolicyRules[1].action',
  ],
  [{ initContainers: [{ name: 'i', resources: {}, tty: true }] }, 'spec.initContainers[0].tty'],
];

for (const [spec, ...expected] of refused)
  test(`refused: ${expected.join(', ')}`, () => assert.deepEqual(fields(spec), expected));

test('what defaults fill in, and what processes can do, is not refused', () => {
  const spec = {
    hostNetwork: true,
    hostPID: false,
    securityContext: {},
    dnsPolicy: 'ClusterFirst',
    automountServiceAccountToken: false,
    enableServiceLinks: true,
    containers: [
      {
        name: 'c',
        image: 'slipway/llm',
        resources: { requests: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' }, limits: { memory: '1Gi' } },
        ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 81 }],
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'Always',
        livenessProbe: { exec: { command: ['true'] } },
        readinessProbe: { httpGet: { port: 80 } },
        startupProbe: { tcpSocket: { port: 80 } },
        lifecycle: { preStop: { sleep: { seconds: 1 } } },
      },
    ],
  };
  assert.deepEqual(fields(spec), []);
});

test('the path is the caller’s', () => {
  const spec = { containers: [], hostPID: true } as unknown as PodSpec;
  assert.deepEqual(processTierErrors(spec, 'spec.template.spec')[0]?.field, 'spec.template.spec.hostPID');
});
