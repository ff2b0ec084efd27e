// Whether two answers tell a stranger anything different: status, headers and body, without what differs by itself.
import { type Raw } from './http.ts';

/** What may differ between any two answers, even to the same request. */
const OWN = new Set(['date', 'x-request-id']);

/** An answer as far as a stranger may compare it: random values give way to their form, times to a dot. */
export function comparable(raw: Raw): unknown {
  const hide = (text: string): string =>
    text
      .replace(/nonce-[\w+/=]+/g, 'nonce-·')
      .replace(/nonce="[^"]+"/g, 'nonce="·"')
      .replace(/(__Host-\w+)=([\w-]*)/g, (_, name: string, value: string) => `${name}=<${value.length} characters>`)
      .replace(/"flow":"([\w-]+)"/g, (_, token: string) => `"flow":"<${token.length} characters>"`)
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replace(/"wait_s":\d+/g, '"wait_s":·')
      .replace(/\bin (\d+|one|an) (seconds?|minutes?|hours?)/g, 'in · seconds');
  const headers = raw.rawHeaders
    .filter(([name]) => !OWN.has(name.toLowerCase()))
    .map(([name, value]) => [name, name.toLowerCase() === 'retry-after' ? '·' : name.toLowerCase() === 'content-length' ? '·' : hide(value)]);
  return { status: raw.status, headers, body: hide(raw.body.toString()) };
}
