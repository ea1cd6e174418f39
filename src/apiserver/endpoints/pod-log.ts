import { ApiError, badRequest, invalid } from '../../api/error.ts';
import { forbiddenField, invalidValue, type FieldError } from '../../api/field-error.ts';
import type { Container, Pod } from '../../api/schema/core-v1.ts';
import { secondMs, sleep } from '../../std/clock.ts';
import type { PodLogOptions, PodLogs } from '../backends.ts';
import type { ApiResponse } from '../exchange.ts';
import { getObject } from '../registry/read.ts';
import { isTrue } from '../request-info.ts';
import { integerOf } from '../wire/query-options.ts';
import type { Call } from './call.ts';

/** GET pods/log: text of one container, from the node that runs it (pkg/registry/core/pod/strategy.go LogLocation). */
export async function podLogEndpoint(call: Call, logs: PodLogs | undefined): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const pod = getObject(registry, served, info).object as Pod;
  const options = optionsOf(pod, request.query, registry.clock.now());
  const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' };
  // Nothing runs yet, so nothing was said.
  if ((pod.spec.nodeName ?? '') === '') return { status: 200, headers, body: '' };
  if (logs === undefined) throw new ApiError('ServiceUnavailable', 'no node serves the logs of pods here');
  const chunks = logs.read(pod, options, request.signal)[Symbol.asyncIterator]();
  const first = chunks.next();
  // Whoever reads the stream meets the failure; where nobody does, it is nobody's.
  first.catch(() => {});
  // What is refused is refused before the answer begins; a container that is silent so far is not waited for.
  await Promise.race([first, sleep(registry.clock, patienceMs, request.signal)]);
  return { status: 200, headers, body: stream(first, chunks) };
}

const patienceMs = 100;

async function* stream(
  first: Promise<IteratorResult<Uint8Array>>,
  chunks: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    for (let next = await first; next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

function optionsOf(pod: Pod, query: URLSearchParams, nowMs: number): PodLogOptions {
  const sinceSeconds = integerOf(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime') ?? '';
  const tailLines = integerOf(query, 'tailLines');
  const limitBytes = integerOf(query, 'limitBytes');
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalidValue('limitBytes', limitBytes, 'must be greater than 0'));
  }
  if (sinceSeconds !== undefined && sinceTime !== '') {
    errors.push(forbiddenField('sinceTime', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  }
  if (sinceTime !== '' && Number.isNaN(Date.parse(sinceTime)))
    throw badRequest(`invalid sinceTime ${JSON.stringify(sinceTime)}`);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, errors);
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * secondMs : sinceTime === '' ? undefined : Date.parse(sinceTime);
  return {
    container: containerOf(pod, query.get('container') ?? ''),
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  };
}

function containerOf({ metadata, spec }: Pod, wanted: string): string {
  const names = (containers: readonly { readonly name: string }[] = []): string[] => containers.map(({ name }) => name);
  const main = names(spec.containers);
  const init = names(spec.initContainers as readonly Container[] | undefined);
  const ephemeral = names(spec.ephemeralContainers);
  if (wanted === '') {
    if (main.length === 1) return main[0]!;
    const more =
      (init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '') +
      (ephemeral.length > 0 ? ` or one of the ephemeral containers: [${ephemeral.join(' ')}]` : '');
    throw badRequest(
      `a container name must be specified for pod ${metadata.name}, choose one of: [${main.join(' ')}]${more}`,
    );
  }
  if ([...main, ...init, ...ephemeral].includes(wanted)) return wanted;
  throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`);
}
