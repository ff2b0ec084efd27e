// People to sign in as. Limits are kept per account, so every test draws somebody of its own; a drawn number is a file
// that only one process can make, so two workers never draw the same.
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { CROWD, type Database, type Role, folder } from './places.ts';

export interface Person {
  key: string;
  name: string;
  user_code: string;
  password: string;
  id_number: string;
  phone: string;
}

/** A parent who has no account yet, and what the registration asks of one. */
export interface Parent {
  key: string;
  name: string;
  id_number: string;
  /** `YYYY-MM-DD`. */
  birth_date: string;
  child_id: string;
  /** E.164. */
  phone: string;
}

const lists = new Map<string, (Person & Parent)[]>();

function people(database: Database, role: Role): (Person & Parent)[] {
  const file = path.join(folder(database, role), 'people.json');
  let list = lists.get(file);
  if (!list) {
    list = JSON.parse(readFileSync(file, 'utf8')) as (Person & Parent)[];
    lists.set(file, list);
  }
  return list;
}

/** One of the fixed people, such as `teacher-5a`. */
export function fixed(database: Database, role: Role, key: string): Person & Parent {
  const person = people(database, role).find((one) => one.key === key);
  if (!person) throw new Error(`the demo has no ${key}`);
  return person;
}

/** The next number of a kind that nobody has drawn yet in this run. */
function draw(database: Database, role: Role, kind: string, most: number): number {
  const drawn = path.join(folder(database, role), 'drawn');
  mkdirSync(drawn, { recursive: true });
  for (let number = 1; number <= most; number += 1) {
    try {
      closeSync(openSync(path.join(drawn, `${kind}-${number}`), 'wx'));
      return number;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`all ${most} of ${kind} are drawn: make the crowd larger in support/places.ts`);
}

/** Somebody whom no other test uses. */
export function somebody(database: Database, role: Role = 'main'): Person {
  return fixed(database, role, `crowd-${draw(database, role, 'crowd', CROWD[role])}`);
}

/** A parent whom the roster knows and who has not registered; no other test uses this one. */
export function newcomer(database: Database, role: Role = 'main'): Parent {
  return fixed(database, role, `newcomer-${draw(database, role, 'newcomer', CROWD[role])}`);
}

/** A parent on no roster, and neither is the child. The phone is one that can get messages. */
export function stranger(database: Database, role: Role = 'main'): Parent {
  const number = draw(database, role, 'stranger', 900);
  return {
    key: `stranger-${number}`,
    name: '',
    id_number: withCheckDigit(71_000_000 + number),
    birth_date: `19${70 + (number % 20)}-0${1 + (number % 9)}-1${number % 10}`,
    child_id: withCheckDigit(72_000_000 + number),
    phone: freeMobile(database, role),
  };
}

/** A mobile number that nobody has on file, E.164. */
export function freeMobile(database: Database, role: Role = 'main'): string {
  return `+97258700${String(draw(database, role, 'mobile', 2_000)).padStart(4, '0')}`;
}

/** A mobile number as people in Israel write it: `058-7000001`. */
export function national(mobile: string): string {
  return mobile.replace(/^\+972(\d\d)/, '0$1-');
}

/** A valid ID number that nobody has. */
export function nobodysNumber(database: Database, role: Role = 'main'): string {
  return withCheckDigit(70_000_000 + draw(database, role, 'nobody', 1_000));
}

/** Eight digits and the check digit of an Israeli ID number: weights 1, 2, 1, 2 …, digits of the products summed. */
export function withCheckDigit(first: number): string {
  const digits = String(first).padStart(8, '0');
  let sum = 0;
  [...digits].forEach((digit, at) => {
    const product = Number(digit) * (at % 2 === 0 ? 1 : 2);
    sum += product > 9 ? product - 9 : product;
  });
  return digits + String((10 - (sum % 10)) % 10);
}

/** A SNILS as it is written, `123-456-789 01`: nine digits and their control number, weights 9 … 1, modulo 101. */
export function snils(first: number): string {
  const digits = String(first).padStart(9, '0');
  const sum = [...digits].reduce((all, one, at) => all + Number(one) * (9 - at), 0);
  const control = String((sum % 101) % 100).padStart(2, '0');
  return `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)} ${control}`;
}

/** The same number with another check digit: a slip of the finger. */
export function mistyped(number: string): string {
  return number.slice(0, -1) + String((Number(number.at(-1)) + 1) % 10);
}

const LETTERS = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';

/** A valid user code that nobody has: seven characters and the check character (weights 8 … 1, modulo 31). */
export function nobodysUserCode(database: Database, role: Role = 'main'): string {
  const number = draw(database, role, 'nobodys-code', 900);
  const letter = (value: number): string => LETTERS[value % LETTERS.length] ?? '2';
  const code = `ZZZZZ${letter(Math.floor(number / LETTERS.length))}${letter(number)}`;
  const sum = [...code].reduce((all, one, at) => all + LETTERS.indexOf(one) * (8 - at), 0);
  const whole = code + letter(LETTERS.length - (sum % LETTERS.length));
  return `${whole.slice(0, 4)}-${whole.slice(4)}`;
}
