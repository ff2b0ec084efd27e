// Requests without a browser and without any help: the bytes as they are on the wire.
import http from 'node:http';

export interface Raw {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Name and value in their order, names as sent. */
  rawHeaders: [string, string][];
  body: Buffer;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  form?: Record<string, string>;
  json?: unknown;
}

export function ask(url: string, { method, headers = {}, form, json }: Ask = {}): Promise<Raw> {
  const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json);
  const kind = form ? 'application/x-www-form-urlencoded' : 'application/json';
  const sent = body === undefined ? headers : { 'content-type': kind, 'content-length': String(Buffer.byteLength(body)), ...headers };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: sent, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const rawHeaders: [string, string][] = [];
        for (let at = 0; at < answer.rawHeaders.length; at += 2) rawHeaders.push([answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '']);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, rawHeaders, body: Buffer.concat(parts) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The value of a cookie that an answer sets. */
export function cookie(raw: Raw, name: string): string | undefined {
  for (const line of raw.headers['set-cookie'] ?? []) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    if (pair.slice(0, at) === name) return pair.slice(at + 1);
  }
  return undefined;
}
