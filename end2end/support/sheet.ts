// Tables as files: XLSX as Excel writes it, CSV in the encodings of Windows, and what a table that was downloaded holds.
import { unzip, zip } from './zip.ts';

/** A cell: a text, a number, a day, or nothing. */
export type Cell = string | number | Date | undefined;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The letters of a column: 0 is A, 26 is AA. */
function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last;
}

/** A spreadsheet counts days from the end of 1899. */
const serial = (day: Date): number => Math.round(day.getTime() / 86_400_000) + 25_569;

/** A workbook of one sheet: texts shared, numbers as numbers, days as numbers that are shown as days. */
export function xlsx(rows: Cell[][]): Buffer {
  const shared: string[] = [];
  const cell = (value: Cell, at: string): string => {
    if (value === undefined) return '';
    if (typeof value === 'number') return `<c r="${at}"><v>${value}</v></c>`;
    if (value instanceof Date) return `<c r="${at}" s="1"><v>${serial(value)}</v></c>`;
    return `<c r="${at}" t="s"><v>${shared.push(value) - 1}</v></c>`;
  };
  const lines = rows.map((row, line) => {
    const cells = row.map((value, column) => cell(value, `${letters(column)}${line + 1}`));
    return `<row r="${line + 1}">${cells.join('')}</row>`;
  });
  const override = (part: string, kind: string): string => `<Override PartName="/xl/${part}.xml" ContentType="${TYPES}.${kind}+xml"/>`;
  const relation = (id: number, kind: string, target: string): string => `<Relationship Id="rId${id}" Type="${OFFICE}/${kind}" Target="${target}.xml"/>`;
  return zip({
    '[Content_Types].xml':
      `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `${override('workbook', 'sheet.main')}${override('worksheets/sheet1', 'worksheet')}${override('styles', 'styles')}${override('sharedStrings', 'sharedStrings')}</Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${RELATIONS}">${relation(1, 'officeDocument', 'xl/workbook')}</Relationships>`,
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Лист1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels':
      `${XML}<Relationships xmlns="${RELATIONS}">${relation(1, 'worksheet', 'worksheets/sheet1')}${relation(2, 'styles', 'styles')}` +
      `${relation(3, 'sharedStrings', 'sharedStrings')}</Relationships>`,
    // Format 14 is a day in the reader's own way of writing it.
    'xl/styles.xml':
      `${XML}<styleSheet xmlns="${MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
      '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
    'xl/worksheets/sheet1.xml': `${XML}<worksheet xmlns="${MAIN}"><sheetData>${lines.join('')}</sheetData></worksheet>`,
    'xl/sharedStrings.xml': `${XML}<sst xmlns="${MAIN}">${shared.map((text) => `<si><t xml:space="preserve">${escaped(text)}</t></si>`).join('')}</sst>`,
  });
}

/** All texts of a workbook, one a line; nothing else of it is words. */
export function textsOf(workbook: Buffer): string {
  const parts = Object.entries(unzip(workbook)).filter(([name]) => name.endsWith('.xml'));
  return parts.map(([, content]) => content.toString().replace(/<[^>]*>/g, '\n')).join('\n');
}

/** A text in an encoding of Windows that has one byte for a letter. */
export function encoded(text: string, encoding: 'windows-1251' | 'windows-1255'): Buffer {
  const decoder = new TextDecoder(encoding);
  const bytes = new Map(Array.from({ length: 256 }, (_, byte) => [decoder.decode(Uint8Array.of(byte)), byte]));
  return Buffer.from(
    Array.from(text, (letter) => {
      const byte = bytes.get(letter);
      if (byte === undefined) throw new Error(`${encoding} has no ${letter}`);
      return byte;
    }),
  );
}

/** The cells of a line of CSV; what stands in quotation marks may hold the separator. */
function cells(line: string): string[] {
  const found: string[] = [];
  for (const [, cell = '', separator] of line.matchAll(/("(?:[^"]|"")*"|[^",]*)(,|$)/g)) {
    found.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (separator === '') break;
  }
  return found;
}

/** Lines of CSV by their columns. */
export function readCsv(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').trimEnd().split(/\r?\n/);
  const columns = cells(head);
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, at) => [columns[at] ?? `column ${at + 1}`, cell])));
}
