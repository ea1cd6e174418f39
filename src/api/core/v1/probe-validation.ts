import { type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../field-error.ts';
import { byRule, isNonNegative, isPortNumberOrName } from '../../field-rules.ts';
import { httpHeaderName } from '../../names.ts';
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ProbeHandler } from '../../schema/core-v1.ts';

/** Probes and lifecycle hooks (upstream validateProbe, validateLifecycle, validateHandler). */
export interface Probed {
  readonly livenessProbe?: Probe | undefined;
  readonly readinessProbe?: Probe | undefined;
  readonly startupProbe?: Probe | undefined;
}

export function validateProbes(
  { livenessProbe, readinessProbe, startupProbe }: Probed,
  path: string,
): readonly FieldError[] {
  return [
    ...(livenessProbe === undefined ? [] : validateOnceOnlyProbe(livenessProbe, `${path}.livenessProbe`)),
    ...(readinessProbe === undefined ? [] : validateReadinessProbe(readinessProbe, `${path}.readinessProbe`)),
    ...(startupProbe === undefined ? [] : validateOnceOnlyProbe(startupProbe, `${path}.startupProbe`)),
  ];
}

/** For liveness and startup one success is enough, and more may not be asked. */
function validateOnceOnlyProbe(probe: Probe, path: string): readonly FieldError[] {
  const { successThreshold = 0 } = probe;
  const errors = validateProbe(probe, path);
  return successThreshold === 1
    ? errors
    : [...errors, invalidValue(`${path}.successThreshold`, successThreshold, 'must be 1')];
}

function validateReadinessProbe(probe: Probe, path: string): readonly FieldError[] {
  const { terminationGracePeriodSeconds: grace } = probe;
  const errors = validateProbe(probe, path);
  if (grace === undefined) return errors;
  const at = `${path}.terminationGracePeriodSeconds`;
  return [...errors, invalidValue(at, grace, 'must not be set for readinessProbes')];
}

const probeNumbers = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe, path: string): readonly FieldError[] {
  const { terminationGracePeriodSeconds: grace } = probe;
  return [
    ...validateHandler(probe, path, undefined),
    ...probeNumbers.flatMap((name) => isNonNegative(probe[name] ?? 0, `${path}.${name}`)),
    ...(grace === undefined || grace > 0
      ? []
      : [invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')]),
  ];
}

export function validateLifecycle(
  { postStart, preStop, stopSignal }: Lifecycle,
  path: string,
  graceSeconds: number | undefined,
): readonly FieldError[] {
  return [
    ...(postStart === undefined ? [] : validateHandler(postStart, `${path}.postStart`, graceSeconds)),
    ...(preStop === undefined ? [] : validateHandler(preStop, `${path}.preStop`, graceSeconds)),
    // Upstream drops the field while its feature is off; here nothing is accepted and ignored.
    ...(stopSignal === undefined
      ? []
      : [forbiddenField(`${path}.stopSignal`, 'may not be set: the container runtime chooses it')]),
  ];
}

type Handler = ProbeHandler & LifecycleHandler;

/** Exactly one way to act; the first that is given counts, the rest are refused. */
function validateHandler(handler: Handler, path: string, graceSeconds: number | undefined): readonly FieldError[] {
  const checks: readonly (readonly [name: keyof Handler, check: () => readonly FieldError[]])[] = [
    ['exec', () => ((handler.exec?.command ?? []).length === 0 ? [required(`${path}.exec.command`)] : [])],
    ['httpGet', () => validateHttpGet(handler.httpGet!, `${path}.httpGet`)],
    ['tcpSocket', () => isPortNumberOrName(handler.tcpSocket!.port, `${path}.tcpSocket.port`)],
    ['grpc', () => isPortNumberOrName(handler.grpc!.port, `${path}.grpc.port`)],
    ['sleep', () => validateSleep(handler.sleep!.seconds, `${path}.sleep`, graceSeconds)],
  ];
  const given = checks.filter(([name]) => handler[name] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap(([name, check], index) =>
    index === 0 ? check() : [forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type')],
  );
}

function validateHttpGet(
  { path: target = '', port, scheme = '', httpHeaders = [] }: HTTPGetAction,
  path: string,
): readonly FieldError[] {
  return [
    ...(target === '' ? [required(`${path}.path`)] : []),
    ...isPortNumberOrName(port, `${path}.port`),
    ...(scheme === 'HTTP' || scheme === 'HTTPS' ? [] : [notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS'])]),
    ...httpHeaders.flatMap(({ name }) => byRule(httpHeaderName, name, `${path}.httpHeaders`)),
  ];
}

function validateSleep(seconds: number, path: string, graceSeconds: number | undefined): readonly FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return [];
  const why = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
  return [invalidValue(path, seconds, why)];
}
