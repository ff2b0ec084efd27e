// Zip archives: as much of the format (PKWARE APPNOTE) as a roster's file needs. What is written is only stored, unless it was packed.
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xed_b8_83_20 : value >>> 1;
  return value;
});

/** The checksum of zip and PNG (CRC-32). */
export function crc32(bytes: Buffer): number {
  let value = 0xff_ff_ff_ff;
  for (const byte of bytes) value = (value >>> 8) ^ (CRC_TABLE[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xff_ff_ff_ff) >>> 0;
}

/** 1 January 1980, the first day that a zip can name. */
const DAY = 0x21;
/** Names are in UTF-8. */
const UTF8 = 0x08_00;

/** The content of a file as it stands in an archive. */
interface Entry {
  /** 0 stored, 8 deflated. */
  method: number;
  bytes: Buffer;
  crc: number;
  length: number;
}

/** A content that takes little space in an archive; it may be put into it under several names. */
export function packed(content: Buffer): Entry {
  return { method: 8, bytes: deflateRawSync(content), crc: crc32(content), length: content.length };
}

function stored(content: string | Buffer): Entry {
  const bytes = Buffer.from(content);
  return { method: 0, bytes, crc: crc32(bytes), length: bytes.length };
}

/** What the local header and the directory say alike about a file. */
function facts(name: Buffer, entry: Entry): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(UTF8, 2);
  bytes.writeUInt16LE(entry.method, 4);
  bytes.writeUInt16LE(DAY, 8);
  bytes.writeUInt32LE(entry.crc, 10);
  bytes.writeUInt32LE(entry.bytes.length, 14);
  bytes.writeUInt32LE(entry.length, 18);
  bytes.writeUInt16LE(name.length, 22);
  return bytes;
}

/** An archive of these files. */
export function zip(files: Record<string, string | Buffer | Entry>): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const entry = typeof content === 'string' || Buffer.isBuffer(content) ? stored(content) : content;
    const about = facts(name, entry);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), about, name, entry.bytes]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE(at, 10);
    // Made by version 2.0; comment, disk and attributes are nothing.
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), about, more, name);
    local.push(file);
    at += file.length;
  }
  const names = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(local.length, 4);
  end.writeUInt16LE(local.length, 6);
  end.writeUInt32LE(names.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, names, Buffer.from('PK\x05\x06'), end]);
}

/** The files of an archive, read by its directory. */
export function unzip(archive: Buffer): Record<string, Buffer> {
  const end = archive.lastIndexOf('PK\x05\x06');
  if (end < 0) throw new Error('no zip: it has no directory');
  const files: Record<string, Buffer> = {};
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const short = (from: number): number => archive.readUInt16LE(from);
    const [names, extra, comment] = [short(at + 28), short(at + 30), short(at + 32)];
    const local = archive.readUInt32LE(at + 42);
    const begins = local + 30 + short(local + 26) + short(local + 28);
    const bytes = archive.subarray(begins, begins + archive.readUInt32LE(at + 20));
    const content = short(at + 10) === 8 ? inflateRawSync(bytes) : bytes;
    if (crc32(content) !== archive.readUInt32LE(at + 16)) throw new Error('a file of the zip is not what its directory says');
    files[archive.toString('utf8', at + 46, at + 46 + names)] = content;
    at += 46 + names + extra + comment;
  }
  return files;
}
