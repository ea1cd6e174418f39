import { type FieldError, forbiddenField, notSupported } from '../../field-error.ts';

const numbered = (name: string, sign: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}${sign}${index + 1}`);

const linuxSignals: readonly string[] = [
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT'.split(' '),
  ...'SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'.split(' '),
  ...['RTMIN', ...numbered('RTMIN', '+', 15), ...numbered('RTMAX', '-', 14), 'RTMAX'],
]
  .map((name) => `SIG${name}`)
  .toSorted();

/** The signal that stops a container may be chosen only where the pod says what it runs on. */
export function validateStopSignal(signal: string, path: string, os: string | undefined): readonly FieldError[] {
  if (os === undefined) return [forbiddenField(path, 'may not be set for containers with empty `spec.os.name`')];
  const supported = os === 'windows' ? ['SIGKILL', 'SIGTERM'] : os === 'linux' ? linuxSignals : undefined;
  return supported === undefined || supported.includes(signal) ? [] : [notSupported(path, signal, supported)];
}
