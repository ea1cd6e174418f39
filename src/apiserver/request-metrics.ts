import type { RequestInfo } from './request-info.ts';
import type { Store } from './store/store.ts';

/** Counts for /metrics, under upstream's names where upstream has them. */
export class RequestMetrics {
  readonly #requests = new Map<string, number>();
  #inFlight = 0;
  #watches = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  started(isLongRunning: boolean): void {
    if (isLongRunning) this.#watches++;
    else this.#inFlight++;
  }

  ended(isLongRunning: boolean): void {
    if (isLongRunning) this.#watches--;
    else this.#inFlight--;
  }

  count(info: RequestInfo, code: number): void {
    const labels = info.isResource
      ? `code="${code}",group="${escape(info.group)}",resource="${escape(info.resource)}",subresource="${escape(info.subresource)}",verb="${info.verb.toUpperCase()}",version="${escape(info.version)}"`
      : `code="${code}",group="",resource="",subresource="",verb="GET",version=""`;
    // Paths come from outside: unknown ones must not fill the memory.
    const key = this.#requests.has(labels) || this.#requests.size < 5_000 ? labels : `code="${code}",verb="OTHER"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
  }

  text(store: Store): string {
    return [
      '# HELP apiserver_request_total Requests answered.',
      '# TYPE apiserver_request_total counter',
      ...[...this.#requests].map(([labels, count]) => `apiserver_request_total{${labels}} ${count}`),
      '# HELP apiserver_current_inflight_requests Requests being answered now, watches aside.',
      '# TYPE apiserver_current_inflight_requests gauge',
      `apiserver_current_inflight_requests ${this.#inFlight}`,
      '# HELP apiserver_longrunning_requests Watches and followed logs that are open.',
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests ${this.#watches}`,
      '# HELP apiserver_resource_objects Objects stored.',
      '# TYPE apiserver_resource_objects gauge',
      ...[...store.sizes()].map(([name, size]) => `apiserver_resource_objects{resource="${name}"} ${size}`),
      '# HELP slipway_store_revision Newest revision of the store.',
      '# TYPE slipway_store_revision gauge',
      `slipway_store_revision ${store.revision}`,
      '# HELP slipway_journal_bytes Bytes of the journal since its last snapshot.',
      '# TYPE slipway_journal_bytes gauge',
      `slipway_journal_bytes ${store.journalBytes}`,
      '',
    ].join('\n');
  }
}

const escape = (text: string): string => text.replace(/[\\"\n]/g, ' ').slice(0, 80);
