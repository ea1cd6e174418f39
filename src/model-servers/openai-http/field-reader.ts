import { invalidField, RequestError } from './request-error.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the fields of a JSON object one by one and refuses what nobody read: a field is honoured or it is an error,
 * never ignored. `null` counts as absent, as in OpenAI's API. Errors name the field by its path.
 */
export class FieldReader {
  readonly #object: Json;
  readonly #path: string;
  readonly #known = new Set<string>();

  constructor(object: Json, path = '') {
    this.#object = object;
    this.#path = path;
  }

  /** The raw value; undefined when absent or null. */
  value(name: string): unknown {
    this.#known.add(name);
    return Object.hasOwn(this.#object, name) ? (this.#object[name] ?? undefined) : undefined;
  }

  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== 'string') throw invalidField(this.path(name), 'must be a string');
    return value;
  }

  requiredText(name: string): string {
    return this.text(name) ?? this.#missing(name);
  }

  boolean(name: string): boolean | undefined {
    const value = this.value(name);
    if (value !== undefined && typeof value !== 'boolean') throw invalidField(this.path(name), 'must be true or false');
    return value;
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw invalidField(this.path(name), `must be a number from ${least} to ${most}`);
    }
    return value;
  }

  whole(name: string, least: number, most: number): number | undefined {
    const value = this.number(name, least, most);
    if (value !== undefined && !Number.isInteger(value)) throw invalidField(this.path(name), 'must be a whole number');
    return value;
  }

  object(name: string): FieldReader | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw invalidField(this.path(name), 'must be an object');
    return new FieldReader(value as Json, this.path(name));
  }

  requiredArray(name: string): readonly unknown[] {
    const value = this.value(name) ?? this.#missing(name);
    if (!Array.isArray(value)) throw invalidField(this.path(name), 'must be an array');
    return value;
  }

  /** A field that this server does not support, but whose given values ask for what happens anyway. */
  only(name: string, allowed: readonly unknown[]): void {
    const value = this.value(name);
    if (value === undefined) return;
    const text = JSON.stringify(value);
    if (allowed.some((one) => JSON.stringify(one) === text)) return;
    const but = allowed.length === 0 ? '' : ` but as ${allowed.map((one) => JSON.stringify(one)).join(' or ')}`;
    throw invalidField(this.path(name), `is not supported by this server${but}`, 'unsupported_value');
  }

  /** Refuses every field that was not read. */
  finish(): void {
    const unknown = Object.keys(this.#object).filter((name) => !this.#known.has(name));
    const [first] = unknown;
    if (first === undefined) return;
    const names = unknown.slice(0, 10).map((name) => this.path(name.slice(0, 100)));
    throw new RequestError(400, `not supported by this server: ${names.join(', ')}`, {
      param: this.path(first.slice(0, 100)),
      code: 'unknown_parameter',
    });
  }

  #missing(name: string): never {
    throw new RequestError(400, `${this.path(name)} is missing`, {
      param: this.path(name),
      code: 'missing_required_parameter',
    });
  }
}
