import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '../api/schema/apps-v1.ts';
import { wakeAnnotation, type Inference } from '../api/slipway/v1alpha1/inference.ts';
import { decideReplicas, idleSinceAnnotation } from './replicas.ts';

/** 12:00:00 and the given seconds. */
const at = (seconds: number): number => Date.parse('2026-01-01T12:00:00Z') + seconds * 1000;
const text = (seconds: number): string => new Date(at(seconds)).toISOString().replace('.000Z', 'Z');

interface Row {
  readonly what: string;
  readonly action?: 'none' | 'zero';
  readonly after?: string;
  readonly min?: number;
  readonly replicas?: number;
  /** Seconds; texts are taken as they are. */
  readonly lastRequest?: number | string;
  readonly readySince?: number;
  readonly idleSince?: number | string;
  /** Whether the Deployment's status speaks of its newest spec. */
  readonly isStale?: boolean;
  readonly now: number;
  readonly expect: string;
}

const rows: readonly Row[] = [
  { what: 'a model that never sleeps is left alone', action: 'none', readySince: 0, now: 1e6, expect: 'Unchanged' },
  { what: 'idle time counts from readiness', readySince: 0, now: 30, expect: 'Unchanged, again in 32 s' },
  { what: 'and from the last request', readySince: 0, lastRequest: 20, now: 30, expect: 'Unchanged, again in 52 s' },
  {
    what: 'a request before it was ready does not shorten it',
    readySince: 20,
    lastRequest: 5,
    now: 30,
    expect: 'Unchanged, again in 52 s',
  },
  {
    what: 'a note may be two seconds late',
    readySince: 0,
    lastRequest: 20,
    now: 81,
    expect: 'Unchanged, again in 1 s',
  },
  {
    what: 'then it sleeps, since the last request',
    readySince: 0,
    lastRequest: 20,
    now: 82,
    expect: 'Idle 0 since 20',
  },
  { what: 'without any request, since it was ready', readySince: 7, now: 100, expect: 'Idle 0 since 7' },
  { what: 'whatever the number of replicas', readySince: 7, now: 100, replicas: 9, min: 2, expect: 'Idle 0 since 7' },
  { what: 'a note that is no time is none', readySince: 7, lastRequest: 'soon', now: 100, expect: 'Idle 0 since 7' },
  {
    what: 'a note of the far future keeps it awake',
    readySince: 7,
    lastRequest: '9999-01-01T00:00:00Z',
    now: 100,
    expect: 'Unchanged, again later',
  },
  {
    what: 'no idle time at all still lets a request of this second be noted',
    after: '0s',
    readySince: 10,
    now: 11,
    expect: 'Unchanged, again in 1 s',
  },
  { what: 'what loads is not idle', now: 1e6, expect: 'Unchanged' },
  {
    what: 'what was woken just now is not idle, though its status is still that of its sleep',
    readySince: 0,
    lastRequest: 5,
    isStale: true,
    now: 1e6,
    expect: 'Unchanged',
  },
  { what: 'asleep without a request it stays so', replicas: 0, idleSince: 20, now: 1e6, expect: 'Unchanged' },
  {
    what: 'the request after which it fell asleep does not wake it',
    replicas: 0,
    idleSince: 20,
    lastRequest: 20,
    now: 100,
    expect: 'Unchanged',
  },
  { what: 'a later one does', replicas: 0, idleSince: 20, lastRequest: 21, now: 100, expect: 'Woken 1' },
  { what: 'it wakes to its floor', replicas: 0, idleSince: 20, lastRequest: 21, min: 3, now: 100, expect: 'Woken 3' },
  {
    what: 'even when the note of its sleep was broken',
    replicas: 0,
    idleSince: 'x',
    lastRequest: 1,
    now: 100,
    expect: 'Woken 1',
  },
  {
    what: 'when it may no longer sleep it wakes',
    action: 'none',
    replicas: 0,
    idleSince: 20,
    now: 100,
    expect: 'Woken 1',
  },
  { what: 'put to zero by hand no request wakes it', replicas: 0, lastRequest: 50, now: 51, expect: 'Unchanged' },
  { what: 'nor the end of sleeping', action: 'none', replicas: 0, now: 51, expect: 'Unchanged' },
  {
    what: 'woken by hand the note of its sleep goes',
    replicas: 1,
    idleSince: 20,
    isStale: true,
    now: 51,
    expect: 'AwakeByHand',
  },
  { what: 'below its floor it is raised at once', action: 'none', replicas: 2, min: 4, now: 0, expect: 'Raised 4' },
  { what: 'also while it loads', replicas: 2, min: 4, now: 0, expect: 'Raised 4' },
  { what: 'but not when it is to sleep', replicas: 2, min: 4, readySince: 0, now: 100, expect: 'Idle 0 since 0' },
  { what: 'above its floor the autoscaler decides', action: 'none', replicas: 5, min: 4, now: 0, expect: 'Unchanged' },
];

for (const row of rows)
  test(row.what, () => {
    const { action = 'zero', after = '1m', min = 1, replicas = 1 } = row;
    const metadata = { name: 'chat', uid: 'u', resourceVersion: '1', creationTimestamp: text(0) };
    const annotation = (value: number | string): string => (typeof value === 'number' ? text(value) : value);
    const inference = {
      metadata: {
        ...metadata,
        ...(row.lastRequest === undefined ? {} : { annotations: { [wakeAnnotation]: annotation(row.lastRequest) } }),
      },
      spec: { replicas: { min, max: 10 }, idle: { after, action } },
    } as unknown as Inference;
    const deployment = {
      metadata: {
        ...metadata,
        generation: 2,
        ...(row.idleSince === undefined ? {} : { annotations: { [idleSinceAnnotation]: annotation(row.idleSince) } }),
      },
      spec: { replicas },
      status: {
        observedGeneration: row.isStale === true ? 1 : 2,
        conditions:
          row.readySince === undefined
            ? [{ type: 'Available', status: 'False', lastTransitionTime: text(0) }]
            : [{ type: 'Available', status: 'True', lastTransitionTime: text(row.readySince) }],
      },
    } as unknown as Deployment;
    assert.equal(shown(decideReplicas(inference, deployment, at(row.now))), row.expect);
  });

function shown(decision: ReturnType<typeof decideReplicas>): string {
  if (decision.because === 'AwakeByHand') return decision.because;
  if (decision.because === 'Unchanged') {
    const { againAfterMs } = decision;
    if (againAfterMs === undefined) return 'Unchanged';
    return againAfterMs > 1e9 ? 'Unchanged, again later' : `Unchanged, again in ${againAfterMs / 1000} s`;
  }
  const { because, replicas, idleSince } = decision;
  const since = idleSince === undefined ? '' : ` since ${(Date.parse(idleSince) - at(0)) / 1000}`;
  return `${because} ${replicas}${since}`;
}
