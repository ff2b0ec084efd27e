// `test` with what every test needs: its database's servers, people of its own, phones, further browsers, and the guard.
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, test as base } from '@playwright/test';

import { Guard } from './guard.ts';
import { Mailbox, Phone } from './inbox.ts';
import { type Parent, type Person, fixed, freeMobile, national, newcomer, nobodysNumber, nobodysUserCode, somebody, stranger } from './people.ts';
import { DATABASES, type Database, type Role, folder, origin } from './places.ts';
import { Seen } from './seen.ts';

/** One server, as a test sees it. */
export class Portal {
  readonly origin: string;
  readonly folder: string;

  constructor(
    readonly database: Database,
    readonly role: Role,
  ) {
    this.origin = origin(database, role);
    this.folder = folder(database, role);
  }

  somebody(): Person {
    return somebody(this.database, this.role);
  }

  fixed(key: string): Person & Parent {
    return fixed(this.database, this.role, key);
  }

  nobodysNumber(): string {
    return nobodysNumber(this.database, this.role);
  }

  nobodysUserCode(): string {
    return nobodysUserCode(this.database, this.role);
  }

  newcomer(): Parent {
    return newcomer(this.database, this.role);
  }

  stranger(): Parent {
    const parent = stranger(this.database, this.role);
    this.note(parent.id_number, parent.child_id, ...spellings(parent.phone));
    return parent;
  }

  freeMobile(): string {
    const mobile = freeMobile(this.database, this.role);
    this.note(...spellings(mobile));
    return mobile;
  }

  phone(person: { phone: string }): Phone {
    return new Phone(this.database, this.role, person.phone);
  }

  mailbox(address: string): Mailbox {
    return new Mailbox(this.origin, address);
  }

  /** Personal data and secrets that a test types or gets: the last test looks for them where they must not stand. */
  note(...secrets: string[]): void {
    new Seen(this.database).note(...secrets);
  }
}

/** A mobile number in the forms in which it could be written down. */
function spellings(mobile: string): string[] {
  return [mobile, mobile.replace('+972', ''), national(mobile)];
}

/** Opens a further browser profile: nothing is shared with the test's own. With a `locale` it has chosen no language. */
export type Another = (options?: BrowserContextOptions) => Promise<{ context: BrowserContext; page: Page }>;

interface Fixtures {
  /** The server with the product's own figures. */
  portal: Portal;
  /** The server with the shortest times that the configuration takes. */
  quick: Portal;
  /** The server that holds every address to its limits, and believes `X-Forwarded-For`. */
  walled: Portal;
  guard: Guard;
  another: Another;
}

function databaseOf(project: string): Database {
  const database = DATABASES.find((name) => project === name || project.startsWith(`${name}-`));
  if (!database) throw new Error(`${project} is on no database`);
  return database;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  portal: async ({}, use, info) => use(new Portal(databaseOf(info.project.name), 'main')),
  // eslint-disable-next-line no-empty-pattern
  quick: async ({}, use, info) => use(new Portal(databaseOf(info.project.name), 'quick')),
  // eslint-disable-next-line no-empty-pattern
  walled: async ({}, use, info) => use(new Portal(databaseOf(info.project.name), 'walled')),

  guard: async ({ portal, quick }, use) => {
    const guard = new Guard(new Set([portal.origin, quick.origin]));
    await use(guard);
    guard.check();
  },

  context: async ({ context, guard, javaScriptEnabled, portal }, use) => {
    guard.watch(context);
    if (javaScriptEnabled !== false) await guard.listen(context);
    await inEnglish(context);
    await use(context);
    await new Seen(portal.database).tokensOf(context);
  },

  another: async ({ browser, guard, portal, locale, colorScheme }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await profile(browser, {
        baseURL: portal.origin,
        ...(locale === undefined ? {} : { locale }),
        ...(colorScheme === undefined ? {} : { colorScheme }),
        ...options,
      });
      opened.push(context);
      guard.watch(context);
      if (options.javaScriptEnabled !== false) await guard.listen(context);
      if (options.locale === undefined) await inEnglish(context);
      return { context, page: await context.newPage() };
    });
    for (const context of opened) {
      await new Seen(portal.database).tokensOf(context);
      await context.close();
    }
  },
});

/** English is chosen in the browser: the crowd's accounts speak Hebrew, and the tests look for English words. */
async function inEnglish(context: BrowserContext): Promise<void> {
  await context.addCookies([{ name: '__Host-lang', value: 'en', domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' }]);
}

async function profile(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
}

export { expect } from '@playwright/test';
