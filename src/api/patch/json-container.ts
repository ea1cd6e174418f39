import { setKey } from '../schema/json-value.ts';

/** What the last part of a JSON pointer is a key of. */
export type Container = Record<string, unknown> | unknown[];

/** The key does not fit the container. The message is that of Kubernetes' library, without the operation's part. */
export class Refusal extends Error {}

export function read(container: Container, key: string): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = indexIn(container, key);
  if (typeof index === 'string') throw new Refusal(index);
  return container[index];
}

export function take(container: Container, key: string): void {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, key)) throw new Refusal(`Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
    return;
  }
  const index = indexIn(container, key);
  if (typeof index === 'string') throw new Refusal(index);
  container.splice(index, 1);
}

export function insert(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) {
    setKey(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const number = atoi(key);
  if (number === undefined) throw new Refusal(`value was not a proper array index: '${key}': ${notANumber(key)}`);
  const index = number < 0 ? number + container.length + 1 : number;
  if (index < 0 || index > container.length)
    throw new Refusal(`Unable to access invalid index: ${number}: invalid index referenced`);
  container.splice(index, 0, value);
}

/** The index, or what is wrong with it. */
export function indexIn(list: readonly unknown[], key: string): number | string {
  const number = atoi(key);
  if (number === undefined) return notANumber(key);
  const index = number < 0 ? number + list.length : number;
  return index < 0 || index >= list.length
    ? `Unable to access invalid index: ${number}: invalid index referenced`
    : index;
}

function atoi(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function notANumber(text: string): string {
  return `strconv.Atoi: parsing ${JSON.stringify(text)}: ${/^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`;
}
