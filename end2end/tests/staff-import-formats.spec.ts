// Every kind of file by every road that it can come by: a dry run, the import, the people in their class; and the same file once more.
import { onFile } from '../support/editor.ts';
import { ALL_NEW, type Families, asOnFile, classList, families, oneRoster11, told } from '../support/families.ts';
import { type RoadName, again, road } from '../support/imports.ts';
import { classesOf } from '../support/roster.ts';
import { xlsx } from '../support/sheet.ts';
import { asStaff } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { zip } from '../support/zip.ts';

const KINDS_OF_FILE: [string, string, string, (of: Families) => Buffer][] = [
  ['OneRoster 1.1', 'one_roster11', 'register.zip', (of) => zip(oneRoster11(of))],
  ['XLSX', 'xlsx', 'class-list.xlsx', (of) => xlsx(classList(of))],
];
const ROADS: RoadName[] = ['the page', 'the API', 'the command line'];

for (const [what, format, name, write] of KINDS_OF_FILE) {
  for (const by of ROADS) {
    test(`${what} by ${by}: tried, imported, and all are in their class; the same file again changes nobody`, async ({ page, context, quick }) => {
      const own = families(quick);
      const file = write(own);
      const goes = road(by, page, quick);
      await asStaff(context, quick, 'system');

      expect(await goes.check(name, file)).toMatchObject({ format, counts: ALL_NEW });
      expect(await classesOf(quick, 'system', own.school), 'a dry run enters nothing').toEqual({});

      await goes.apply();
      const classes = await classesOf(quick, 'system', own.school);
      expect(Object.keys(classes)).toEqual([own.title]);
      const id = classes[own.title] ?? '';
      const before = await onFile(quick, id, 'system');
      expect(told(before)).toEqual(asOnFile(own));
      await page.goto(`${quick.origin}/people/pupils/${id}/list`);
      const listed = page.locator('table.tbl tbody tr');
      await expect(listed).toHaveCount(own.students.length);
      for (const [at, { person, mother }] of own.students.entries()) {
        await expect(listed.nth(at)).toContainText(person.surname);
        if (mother) await expect(listed.nth(at)).toContainText(mother.given_name);
      }

      expect(await goes.check(name, file)).toMatchObject({ format, counts: again(ALL_NEW) });
      await goes.apply();
      // Versions too: nobody was written once more.
      expect(await onFile(quick, id, 'system')).toEqual(before);
    });
  }
}
