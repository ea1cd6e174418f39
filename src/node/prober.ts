/** How probes reach a container over the network; `exec` probes go through the ContainerRuntime. */
export interface NetworkProber {
  httpGet(request: HttpProbe): Promise<ProbeResult>;
  tcpSocket(host: string, port: number, timeoutMs: number): Promise<ProbeResult>;
}

export interface HttpProbe {
  readonly scheme: 'HTTP' | 'HTTPS';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly timeoutMs: number;
}

/** `warning` counts as success; `unknown` (the prober itself failed) changes nothing. */
export interface ProbeResult {
  readonly outcome: 'success' | 'failure' | 'warning' | 'unknown';
  readonly output: string;
  /** Of the HTTP answer, when there was one: hooks take any. */
  readonly statusCode?: number | undefined;
}
