/**
 * Replaces `$(NAME)` by what `lookup` knows; an unknown name stays as it is written, `$$` gives `$`.
 * Upstream: third_party/forked/golang/expansion.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let result = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0 || dollar === text.length - 1) break;
    result += text.slice(at, dollar);
    const next = text.charAt(dollar + 1);
    const end = next === '(' ? text.indexOf(')', dollar + 2) : -1;
    if (end >= 0) {
      const name = text.slice(dollar + 2, end);
      result += lookup(name) ?? `$(${name})`;
      at = end + 1;
    } else {
      result += next === '$' ? '$' : `$${next}`;
      at = dollar + 2;
    }
  }
  return result + text.slice(at);
}
