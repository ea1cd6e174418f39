import type { Container } from '../api/schema/core-v1.ts';

/** A port by number, by name, or by a number that is written as text; undefined when there is none. */
export function containerPort(port: number | string, { ports = [] }: Container): number | undefined {
  const found =
    typeof port === 'number'
      ? port
      : (ports.find(({ name }) => name === port)?.containerPort ?? (/^[+-]?\d+$/.test(port) ? Number(port) : 0));
  return found > 0 && found < 65_536 ? found : undefined;
}
