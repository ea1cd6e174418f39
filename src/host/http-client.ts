import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { ApiError, type Status } from '../api/error.ts';
import { apiVersionOf, pathOf, type KubernetesObject, type Resource } from '../api/resource.ts';
import type { Draft } from '../api/schema/draft.ts';
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ObjectKey,
  ObjectList,
  Patch,
  Watch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../machinery/client.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { LineSplitter } from './line-splitter.ts';

/** Answers that are no watch come within this; kube-apiserver gives up on its own side after a minute. */
const timeoutMs = 70_000;
/** A watch without a word for this long has lost its server: bookmarks come about every minute. */
const silentWatchMs = 180_000;

const patchTypes: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/** The Client port over HTTPS, as a kubeconfig describes it. Connections are kept; nothing is retried here. */
export class HttpClient implements Client {
  readonly #access: ClusterAccess;
  readonly #agent: Agent;

  constructor(access: ClusterAccess) {
    this.#access = access;
    this.#agent = new Agent({
      keepAlive: true,
      ca: access.authority,
      cert: access.client?.certificate,
      key: access.client?.privateKey,
      servername: access.serverName,
      rejectUnauthorized: access.isVerificationOff !== true,
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** GET of any path, parsed as JSON: discovery and the like. */
  raw(path: string, accept = 'application/json'): Promise<unknown> {
    return this.#json({ method: 'GET', path, accept });
  }

  get<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, name }: ObjectKey,
    options: { readonly subresource?: string | undefined } = {},
  ): Promise<T> {
    return this.#json<T>({
      method: 'GET',
      path: pathOf(resource, { namespace, name, subresource: options.subresource }),
    });
  }

  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, ...query }: ListOptions = {},
  ): Promise<ObjectList<T>> {
    const { metadata, items } = await this.#json<ObjectList<T>>({
      method: 'GET',
      path: pathOf(resource, { namespace }),
      query,
    });
    // Items of a list do not say what they are; everybody who gets one may ask.
    const of = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return { metadata, items: items.map((item) => ({ ...of, ...item })) };
  }

  watch<T extends KubernetesObject>(resource: Resource<T>, options: WatchOptions<T>): Watch {
    const { namespace, labelSelector, fieldSelector, resourceVersion, onEvent, onEnd } = options;
    const query = { watch: true, allowWatchBookmarks: true, labelSelector, fieldSelector, resourceVersion };
    let hasEnded = false;
    const end = (error: ApiError | undefined): void => {
      if (hasEnded) return;
      hasEnded = true;
      request.destroy();
      onEnd(error);
    };
    const request = this.#request(
      { method: 'GET', path: pathOf(resource, { namespace }), query },
      silentWatchMs,
      (response) => {
        if (response.statusCode !== 200) {
          void bodyOf(response).then(
            (text) => end(errorOf(response.statusCode ?? 0, text)),
            (error: unknown) => end(unavailable(error)),
          );
          return;
        }
        const lines = new LineSplitter((line) => {
          if (hasEnded) return;
          const event = JSON.parse(line) as { readonly type: string; readonly object: T & Status };
          if (event.type === 'ERROR') end(ApiError.fromStatus(event.object));
          else if (event.type === 'BOOKMARK')
            onEvent({ type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion });
          else onEvent(event as WatchEvent<T>);
        });
        response.on('data', (chunk: Buffer) => {
          try {
            lines.push(chunk);
          } catch (error) {
            end(unavailable(error));
          }
        });
        response.on('end', () => end(undefined));
        response.on('error', (error) => end(unavailable(error)));
        response.on('aborted', () => end(undefined));
      },
    );
    request.on('error', (error) => end(unavailable(error)));
    request.end();
    return {
      stop() {
        hasEnded = true;
        request.destroy();
      },
    };
  }

  create<T extends KubernetesObject>(resource: Resource<T>, object: Draft<T>, options: WriteOptions = {}): Promise<T> {
    const { metadata } = object as Draft<KubernetesObject>;
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return this.#json<T>({
      method: 'POST',
      path: pathOf(resource, { namespace: metadata?.namespace }),
      query: writeQuery(options),
      body,
    });
  }

  update<T extends KubernetesObject>(
    resource: Resource<T>,
    object: T,
    { subresource, ...options }: WriteOptions & { readonly subresource?: string | undefined } = {},
  ): Promise<T> {
    const { namespace, name } = object.metadata;
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return this.#json<T>({
      method: 'PUT',
      path: pathOf(resource, { namespace, name, subresource }),
      query: writeQuery(options),
      body,
    });
  }

  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, name }: ObjectKey,
    patch: Patch,
    { subresource, ...options }: WriteOptions & { readonly subresource?: string | undefined } = {},
  ): Promise<T> {
    return this.#json<T>({
      method: 'PATCH',
      path: pathOf(resource, { namespace, name, subresource }),
      query: writeQuery(options),
      body: patch.body,
      contentType: patchTypes[patch.type],
    });
  }

  async delete<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, name }: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<T | undefined> {
    const answer = await this.#json<KubernetesObject>({
      method: 'DELETE',
      path: pathOf(resource, { namespace, name }),
      body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options },
    });
    return answer.kind === 'Status' ? undefined : (answer as T);
  }

  post(resource: Resource, { namespace, name }: ObjectKey, subresource: string, body: object): Promise<unknown> {
    return this.#json({ method: 'POST', path: pathOf(resource, { namespace, name, subresource }), body });
  }

  #json<T>(call: Call): Promise<T> {
    return new Promise((resolve, reject) => {
      const request = this.#request(call, timeoutMs, (response) => {
        bodyOf(response).then(
          (text) => {
            const code = response.statusCode ?? 0;
            if (code >= 200 && code < 300) resolve(JSON.parse(text) as T);
            else reject(errorOf(code, text));
          },
          (error: unknown) => reject(unavailable(error)),
        );
      });
      request.on('error', (error) => reject(unavailable(error)));
      if (call.body === undefined) request.end();
      else {
        const body = Buffer.from(JSON.stringify(call.body));
        // Node gives the body of a DELETE no length by itself, and then it is no body.
        request.setHeader('content-length', body.length);
        request.end(body);
      }
    });
  }

  #request(
    { method, path, query = {}, body, contentType = 'application/json', accept = 'application/json' }: Call,
    silenceMs: number,
    onResponse: (response: IncomingMessage) => void,
  ): ReturnType<typeof httpsRequest> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    const { token, server } = this.#access;
    const request = httpsRequest(
      new URL(search.size === 0 ? path : `${path}?${search.toString()}`, server),
      {
        method,
        agent: this.#agent,
        timeout: silenceMs,
        headers: {
          accept,
          'user-agent': 'slipway',
          ...(body === undefined ? {} : { 'content-type': contentType }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
      onResponse,
    );
    request.on('timeout', () => request.destroy(new Error(`no word from the server for ${silenceMs / 1000} s`)));
    return request;
  }
}

const writeQuery = ({ fieldManager, dryRun }: WriteOptions): Record<string, string | undefined> => ({
  fieldManager,
  dryRun: dryRun === true ? 'All' : undefined,
});

async function bodyOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

/** What is not a Status is a proxy's or a stranger's answer: shown as it is, but not at length. */
function errorOf(code: number, text: string): ApiError {
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return ApiError.fromStatus({ code, ...status });
  } catch {
    // Below.
  }
  return ApiError.fromStatus({ code, message: `the server answered ${code}: ${text.slice(0, 200)}` });
}

const unavailable = (cause: unknown): ApiError =>
  new ApiError(
    'ServiceUnavailable',
    `the API server cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  );
