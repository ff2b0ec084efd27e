// Families of a school of a test's own, as the files that a register writes: OneRoster 1.1, and a class list in a spreadsheet.
import type { Row } from './editor.ts';
import { type Counts, counted } from './imports.ts';
import { snils, withCheckDigit } from './people.ts';
import { type Files, ownId, roster } from './roster.ts';
import type { Cell } from './sheet.ts';
import type { Portal } from './test.ts';

/** Somebody as a register knows them, in the forms in which the portal keeps them. */
export interface Someone {
  surname: string;
  given_name: string;
  patronymic?: string;
  birth_date?: string;
  snils?: string;
  mobile?: string;
  email?: string;
}

export interface Student {
  person: Someone;
  mother?: Someone;
  father?: Someone;
}

export interface Families {
  id: string;
  school: string;
  title: string;
  students: Student[];
}

const below = (most: number): number => Math.floor(Math.random() * most);
/** A SNILS of nobody: eleven digits, the first of them a zero, as spreadsheets drop it. */
export const zeroSnils = (): string => snils(10_000_000 + below(89_000_000)).replace(/\D/g, '');
/** An Israeli ID number of nobody, which begins with one zero. */
export const zeroId = (): string => withCheckDigit(1_000_000 + below(8_900_000));

/** A class of a Russian school with two families: a brother and a sister, whose parents are known, and a boy of whom only a name is. */
export function families(portal: Portal): Families {
  const id = ownId();
  const mobile = (): string => `+7958${String(below(10_000_000)).padStart(7, '0')}`;
  const email = (of: string): string => `${id}-${of}@primer.example`;
  const mother: Someone = { surname: 'Зимина', given_name: 'Инна', patronymic: 'Львовна', mobile: mobile(), email: email('m') };
  const father: Someone = { surname: 'Зимин', given_name: 'Пётр', patronymic: 'Ильич', mobile: mobile() };
  const students: Student[] = [
    { person: { surname: 'Воронов', given_name: 'Олег' } },
    {
      person: {
        ...{ surname: 'Зимин', given_name: 'Семён', patronymic: 'Петрович', birth_date: '2013-03-08' },
        ...{ snils: zeroSnils(), mobile: mobile(), email: email('1') },
      },
      mother,
      father,
    },
    {
      person: { surname: 'Зимина', given_name: 'Анна-Мария', patronymic: 'Петровна', birth_date: '2013-12-31', snils: zeroSnils() },
      mother,
      father,
    },
  ];
  for (const one of [mother, father, ...students.map(({ person }) => person)]) {
    portal.note(...[one.snils, one.mobile, one.email].flatMap((value) => value ?? []));
  }
  portal.note(IGNORED);
  return { id, school: `Школа № 4-${id}, Нягань`, title: '6Г', students };
}

/** What an import of it counts. */
export const ALL_NEW: Counts = counted({ schools: { new: 1 }, classes: { new: 1 }, students: { new: 3 }, parents: { new: 2 }, enrolments: { new: 3 } });

/** What is to be on file. */
export function asOnFile({ students }: Families): unknown {
  const parent = (relation: string, one: Someone | undefined): [string, Someone][] => (one ? [[relation, one]] : []);
  return students.map(({ person, mother, father }, at) => {
    const parents = [...parent('mother', mother), ...parent('father', father)];
    return { number: at + 1, fields: person, parents };
  });
}

/** What is on file, in the same form. */
export function told(rows: Row[]): unknown {
  return rows.map(({ number, student, parents }) => {
    const named = parents.map(({ relation, person }) => [relation, person.fields]);
    return { number, fields: student.fields, parents: named };
  });
}

/** What stands as everybody's password in a file: nobody may ever find it anywhere. */
export const IGNORED = 'password-of-the-file-4711';

/** Columns of OneRoster 1.1 that begin a row of every file. */
const ANY = ['sourcedId', 'status', 'dateLastModified'];
const USER = [
  ...[...ANY, 'enabledUser', 'orgSourcedIds', 'role', 'username', 'userIds', 'givenName', 'familyName', 'middleName', 'identifier', 'email', 'sms', 'phone'],
  ...['agentSourcedIds', 'grades', 'password', 'metadata.ru.snils'],
];
const CLASS = [
  ...[...ANY, 'title', 'grades', 'courseSourcedId', 'classCode', 'classType', 'location', 'schoolSourcedId', 'termSourcedIds'],
  ...['subjects', 'subjectCodes', 'periods'],
];
const COURSE = [...ANY, 'schoolYearSourcedId', 'title', 'courseCode', 'grades', 'orgSourcedId', 'subjects', 'subjectCodes'];
const ENROLMENT = [...ANY, 'classSourcedId', 'schoolSourcedId', 'userSourcedId', 'role', 'primary', 'beginDate', 'endDate'];

/** As OneRoster 1.1: roles and schools stand with the users, there is no `roles.csv`. */
export function oneRoster11({ id, school, title, students }: Families): Files {
  const quoted = (cell = ''): string => (/[",]/.test(cell) ? `"${cell}"` : cell);
  const table = (columns: string[], rows: Record<string, string | undefined>[]): string =>
    [columns, ...rows.map((row) => columns.map((column) => quoted(row[column])))].map((cells) => `${cells.join(',')}\r\n`).join('');
  const live = { status: 'active', dateLastModified: '2026-08-25T07:00:00.000Z' };
  const there = (one: Someone | undefined): Someone[] => (one ? [one] : []);
  const adults = [...new Set(students.flatMap(({ mother, father }) => [...there(mother), ...there(father)]))];
  const adultId = (one: Someone): string => `${id}-a${adults.indexOf(one)}`;
  const user = (sourcedId: string, role: string, one: Someone): Record<string, string | undefined> => ({
    ...{ sourcedId, ...live, enabledUser: 'true', orgSourcedIds: id, role, username: sourcedId, password: IGNORED },
    ...{ givenName: one.given_name, familyName: one.surname, middleName: one.patronymic, email: one.email, sms: one.mobile, 'metadata.ru.snils': one.snils },
  });
  const mothers = new Set(students.flatMap(({ mother }) => there(mother)));
  const parts = ['academicSessions', 'classes', 'courses', 'demographics', 'enrollments', 'orgs', 'users'].map((part) => [`file.${part}`, 'bulk']);
  const manifest = [['manifest.version', '1.0'], ['oneroster.version', '1.1'], ...parts, ['file.lineItems', 'absent']];
  return {
    'manifest.csv': table(['propertyName', 'value'], manifest.map(([propertyName, value]) => ({ propertyName, value }))),
    'academicSessions.csv': roster('demo')['academicSessions.csv'] ?? '',
    'orgs.csv': table([...ANY, 'name', 'type', 'identifier', 'parentSourcedId'], [
      { sourcedId: `${id}-district`, ...live, name: 'Округ', type: 'district' },
      { sourcedId: id, ...live, name: school, type: 'school', parentSourcedId: `${id}-district` },
    ]),
    'courses.csv': table(COURSE, [
      { sourcedId: `${id}-course`, ...live, schoolYearSourcedId: 'year-2026', title: 'Классный час', grades: '06', orgSourcedId: id },
    ]),
    'classes.csv': table(CLASS, [
      {
        ...{ sourcedId: `${id}-c`, ...live, title, grades: '06', courseSourcedId: `${id}-course` },
        ...{ classType: 'homeroom', schoolSourcedId: id, termSourcedIds: 'year-2026' },
      },
    ]),
    'users.csv': table(USER, [
      ...students.map(({ person, mother, father }, at) => {
        const agentSourcedIds = [...there(mother), ...there(father)].map(adultId).join(',');
        return { ...user(`${id}-s${at}`, 'student', person), agentSourcedIds, grades: '06' };
      }),
      ...adults.map((one) => user(adultId(one), 'parent', one)),
    ]),
    'enrollments.csv': table(
      ENROLMENT,
      students.map((_, at) => {
        const [userSourcedId, classSourcedId] = [`${id}-s${at}`, `${id}-c`];
        return { sourcedId: `${id}-e${at}`, ...live, classSourcedId, schoolSourcedId: id, userSourcedId, role: 'student' };
      }),
    ),
    'demographics.csv': table([...ANY, 'birthDate', 'sex'], [
      ...students.map(({ person }, at) => ({ sourcedId: `${id}-s${at}`, ...live, birthDate: person.birth_date })),
      ...adults.map((one) => ({ sourcedId: adultId(one), ...live, sex: mothers.has(one) ? 'female' : 'male' })),
    ]),
  };
}

/** The columns of a class list; the portal passes over the first and the last. */
const LIST = [
  ...['№', 'Школа', 'Класс', 'Фамилия', 'Имя', 'Отчество', 'Дата рождения', 'СНИЛС', 'Телефон', 'Эл. почта'],
  ...['ФИО матери', 'Телефон матери', 'Почта матери', 'ФИО отца', 'Телефон отца', 'Примечание'],
];

/** As a class list in a spreadsheet: a title above, days as days, telephones as numbers, and zeros at the beginning lost. */
export function classList({ school, title, students }: Families): Cell[][] {
  const phone = (one: Someone | undefined): Cell => (one?.mobile === undefined ? undefined : Number(one.mobile.slice(1)));
  const name = (one: Someone | undefined): Cell => one && [one.surname, one.given_name, one.patronymic].join('\u00A0').trim();
  const line = ({ person, mother, father }: Student, at: number): Cell[] => [
    ...[at + 1, school, title, person.surname, person.given_name, person.patronymic],
    ...[person.birth_date === undefined ? undefined : new Date(person.birth_date), person.snils === undefined ? undefined : Number(person.snils)],
    ...[phone(person), person.email, name(mother), phone(mother), mother?.email, name(father), phone(father), 'не читается'],
  ];
  return [['Список класса'], [], LIST, ...students.map(line)];
}
