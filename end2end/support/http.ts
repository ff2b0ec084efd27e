// Requests without a browser and without any help: the bytes as they are on the wire.
import http from 'node:http';

export interface Raw {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Name and value in their order, names as sent. */
  rawHeaders: [string, string][];
  body: Buffer;
}

/** A field of a form with files: a text, or a file with its name. */
export type Part = string | { name: string; content: Buffer };

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  form?: Record<string, string>;
  json?: unknown;
  /** A form with files; fields go in their order. */
  parts?: Record<string, Part>;
}

const BOUNDARY = 'part-of-a-form-7d3c1f';

function multipart(parts: Record<string, Part>): Buffer {
  const bytes: Buffer[] = [];
  for (const [field, part] of Object.entries(parts)) {
    const [name, content] = typeof part === 'string' ? ['', Buffer.from(part)] : [`; filename="${part.name}"`, part.content];
    bytes.push(Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${field}"${name}\r\n\r\n`), content, Buffer.from('\r\n'));
  }
  return Buffer.concat([...bytes, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The body of a request, and what kind it is of. */
function bodyOf({ form, json, parts }: Ask): [string | Buffer | undefined, string] {
  if (parts) return [multipart(parts), `multipart/form-data; boundary=${BOUNDARY}`];
  if (form) return [new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded'];
  return [json === undefined ? undefined : JSON.stringify(json), 'application/json'];
}

export function ask(url: string, request: Ask = {}): Promise<Raw> {
  const { method, headers = {} } = request;
  const [body, kind] = bodyOf(request);
  const sent = body === undefined ? headers : { 'content-type': kind, 'content-length': String(Buffer.byteLength(body)), ...headers };
  return new Promise((resolve, reject) => {
    const sending = http.request(url, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: sent, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const rawHeaders: [string, string][] = [];
        for (let at = 0; at < answer.rawHeaders.length; at += 2) rawHeaders.push([answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '']);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, rawHeaders, body: Buffer.concat(parts) });
      });
    });
    sending.on('error', reject);
    sending.end(body);
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
