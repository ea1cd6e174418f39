const domain =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const pathComponent = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[\w][\w.-]{0,127}$/;
const maxPathLength = 255;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/**
 * The tag of an image's name: `latest` where neither tag nor digest stands, '' where a digest alone
 * stands or the name cannot be read (upstream pkg/util/parsers ParseImageName).
 */
export function imageTag(image: string): string {
  const [rest, digest] = split(image, '@');
  if (digest !== undefined && !digestPattern.test(digest)) return '';
  const lastSlash = rest.lastIndexOf('/');
  const colon = rest.indexOf(':', lastSlash + 1);
  const [name, tag] = colon < 0 ? [rest, undefined] : [rest.slice(0, colon), rest.slice(colon + 1)];
  if (!isName(name) || (tag !== undefined && !tagPattern.test(tag))) return '';
  return tag ?? (digest === undefined ? 'latest' : '');
}

function split(text: string, at: string): readonly [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + at.length)];
}

function isName(name: string): boolean {
  if (/^[a-f0-9]{64}$/.test(name)) return false;
  const [first = '', ...others] = name.split('/');
  const firstIsDomain =
    others.length > 0 &&
    (first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase());
  const path = firstIsDomain ? others : [first, ...others];
  const length = path.join('/').length + (firstIsDomain || path.length > 1 ? 0 : 'library/'.length);
  if (length > maxPathLength) return false;
  return (!firstIsDomain || domain.test(first)) && path.every((component) => pathComponent.test(component));
}
