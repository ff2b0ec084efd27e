// Zip archives that only store: as much of the format (PKWARE APPNOTE) as a roster's file needs.

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

/** What the local header and the directory say alike about a file. */
function facts(name: Buffer, content: Buffer): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(UTF8, 2);
  bytes.writeUInt16LE(DAY, 8);
  bytes.writeUInt32LE(crc32(content), 10);
  bytes.writeUInt32LE(content.length, 14);
  bytes.writeUInt32LE(content.length, 18);
  bytes.writeUInt16LE(name.length, 22);
  return bytes;
}

/** An archive of these files. */
export function zip(files: Record<string, string | Buffer>): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    const about = facts(name, content);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), about, name, content]);
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
