/** Keys in etcd's order (by code unit), for lists by prefix and pages that continue after a key. */
export class SortedKeys {
  readonly #keys: string[] = [];

  get length(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    const at = this.#lowerBound(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  remove(key: string): void {
    const at = this.#lowerBound(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** Keys that begin with `prefix` and are not before `from`. */
  range(prefix: string, from = ''): readonly string[] {
    const start = this.#lowerBound(from > prefix ? from : prefix);
    if (prefix === '') return this.#keys.slice(start);
    return this.#keys.slice(start, Math.max(start, this.#lowerBound(prefixEnd(prefix))));
  }

  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The first key after all that begin with the prefix. */
function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
