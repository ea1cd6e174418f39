import { badRequest } from '../../api/error.ts';
import { minuteMs, secondMs, type Timer } from '../../std/clock.ts';
import type { ApiResponse } from '../exchange.ts';
import { listObjects } from '../registry/list.ts';
import { selectionOf, type Selection } from '../registry/selection.ts';
import { watchObjects, type ObjectWatch } from '../registry/watch.ts';
import type { ServedResource } from '../served-resource.ts';
import { listOptionsOf, type ListOptions } from '../wire/query-options.ts';
import { rendererOf, type Renderer } from '../wire/render.ts';
import { reached, revisionOf } from '../wire/resource-version.ts';
import { jsonResponse, statusOf } from '../wire/response.ts';
import { representationFor, type Call } from './call.ts';

// kube-apiserver --min-request-timeout: a watch lives between once and twice as long.
const minTimeoutMs = 30 * minuteMs;
// apiserver pkg/storage/cacher: defaultBookmarkFrequency, and shortly before the end.
const bookmarkMs = minuteMs;
const lastBookmarkMs = 2 * secondMs;

/** A stream of events, one JSON object a line. What goes wrong once it runs is an ERROR event. */
export async function watchEndpoint(call: Call): Promise<ApiResponse> {
  const { registry, served, info, request } = call;
  const representation = representationFor(request);
  const options = listOptionsOf(request.query, { isWatch: true });
  const selection = selectionOf(served, { ...options, ...selectorsFor(call, options), namespace: info.namespace });
  const revision = revisionOf(options.resourceVersion);
  if (options.sendInitialEvents !== undefined) await reached(registry, revision, request.signal);
  const { clock } = registry;
  // A table defines its columns in the first event alone.
  const first = rendererOf(served, representation, request.query, clock);
  const others = rendererOf(served, representation, request.query, clock, { withColumns: false });
  const timeoutMs = (options.timeoutSeconds ?? 0) * secondMs || minTimeoutMs * (1 + registry.random.next());
  return jsonResponse(200, new WatchStream(call, selection, options, revision, timeoutMs, { first, others }).lines());
}

/** A watch of one object by its path is one by its name (GET .../watch/pods/p). */
function selectorsFor({ info }: Call, { fieldSelector }: ListOptions): { readonly fieldSelector: string } {
  if (info.name === '') return { fieldSelector };
  if (fieldSelector !== '' && fieldSelector !== `metadata.name=${info.name}`) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  return { fieldSelector: `metadata.name=${info.name}` };
}

class WatchStream {
  readonly #call: Call;
  readonly #selection: Selection;
  readonly #options: ListOptions;
  readonly #revision: number;
  readonly #renderers: { readonly first: Renderer; readonly others: Renderer };
  readonly #deadlineMs: number;
  #lines = 0;
  #wake: () => void = () => {};
  #hasNews = false;

  constructor(
    call: Call,
    selection: Selection,
    options: ListOptions,
    revision: number,
    timeoutMs: number,
    renderers: { readonly first: Renderer; readonly others: Renderer },
  ) {
    this.#call = call;
    this.#selection = selection;
    this.#options = options;
    this.#revision = revision;
    this.#renderers = renderers;
    this.#deadlineMs = call.registry.clock.now() + timeoutMs;
  }

  async *lines(): AsyncIterable<string> {
    const { registry, request } = this.#call;
    const onAbort = (): void => this.#news();
    request.signal.addEventListener('abort', onAbort, { once: true });
    let events: ObjectWatch | undefined;
    try {
      const { from, initial } = this.#start();
      events = watchObjects(registry, this.#call.served, this.#selection, from, () => this.#news());
      // Subscribed before the first line goes out: a slow client must not miss what comes meanwhile.
      yield* initial;
      yield* this.#live(events);
    } catch (error) {
      yield `{"type":"ERROR","object":${JSON.stringify(statusOf(error))}}\n`;
    } finally {
      events?.stop();
      request.signal.removeEventListener('abort', onAbort);
    }
  }

  /** Where the live events begin, and what comes before them. */
  #start(): { readonly from: number; readonly initial: Iterable<string> } {
    const { registry, served } = this.#call;
    const { sendInitialEvents, allowWatchBookmarks } = this.#options;
    const wantsState = sendInitialEvents ?? this.#revision === 0;
    if (!wantsState) {
      // Without a revision there is no past to go on from: the future alone.
      return { from: this.#revision === 0 ? registry.store.revision : this.#revision, initial: [] };
    }
    const { items, revision } = listObjects(registry, served, this.#selection);
    const added = items.map((stored) => () => this.#line('ADDED', this.#renderer().one(stored)));
    const isWatchList = sendInitialEvents === true && allowWatchBookmarks;
    const end = isWatchList ? [() => this.#bookmark(revision, true)] : [];
    return { from: revision, initial: evaluated([...added, ...end]) };
  }

  async *#live(events: ObjectWatch): AsyncIterable<string> {
    const { registry, request } = this.#call;
    const { clock, store } = registry;
    let nextBookmarkMs = clock.now() + bookmarkMs * (0.75 + 0.5 * registry.random.next());
    let lastRevision = 0;
    let isLastBookmarkSent = false;
    while (!request.signal.aborted) {
      this.#hasNews = false;
      for (let event = events.take(); event !== undefined; event = events.take()) {
        if (request.signal.aborted) return;
        // A revision that is not reached yet may be named; what comes before it is not wanted.
        if (event.stored.revision <= this.#revision) continue;
        yield this.#line(event.type, this.#renderer().one(event.stored));
      }
      const now = clock.now();
      const isNearEnd = now >= this.#deadlineMs - lastBookmarkMs;
      if (now >= nextBookmarkMs || (isNearEnd && !isLastBookmarkSent)) {
        nextBookmarkMs = now + bookmarkMs;
        isLastBookmarkSent ||= isNearEnd;
        const { revision } = store;
        if (this.#options.allowWatchBookmarks && revision > lastRevision) yield this.#bookmark(revision, false);
        lastRevision = revision;
        continue;
      }
      if (now >= this.#deadlineMs) return;
      const endMs = isLastBookmarkSent ? this.#deadlineMs : this.#deadlineMs - lastBookmarkMs;
      await this.#newsUntil(Math.min(nextBookmarkMs, Math.max(endMs, now)));
    }
  }

  #renderer(): Renderer {
    return this.#lines === 0 ? this.#renderers.first : this.#renderers.others;
  }

  #line(type: string, object: string): string {
    this.#lines++;
    return `{"type":"${type}","object":${object}}\n`;
  }

  #bookmark(revision: number, isInitialEnd: boolean): string {
    return `{"type":"BOOKMARK","object":${JSON.stringify(bookmarkObject(this.#call.served, revision, isInitialEnd))}}\n`;
  }

  #news(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async #newsUntil(timeMs: number): Promise<void> {
    const { clock } = this.#call.registry;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = clock.after(Math.max(0, timeMs - clock.now()), resolve);
      if (this.#hasNews) resolve();
    });
    timer?.cancel();
  }
}

function bookmarkObject({ resource, apiVersion }: ServedResource, revision: number, isInitialEnd: boolean): object {
  return {
    kind: resource.kind,
    apiVersion,
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  };
}

function* evaluated(lines: readonly (() => string)[]): Iterable<string> {
  for (const line of lines) yield line();
}
