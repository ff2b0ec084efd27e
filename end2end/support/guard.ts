// What no page may do, whatever the test is about: write an error or a warning to the console, throw, break the content
// security policy, or ask another host for anything.
import { type BrowserContext, type Page, expect } from '@playwright/test';

export class Guard {
  private readonly faults: string[] = [];
  private readonly statuses = new Set<number>();
  private readonly words: RegExp[] = [];

  constructor(private readonly origins: Set<string>) {}

  /** The browser writes a line about every answer that is an error; these are what the test is about. */
  expects(...statuses: number[]): void {
    for (const status of statuses) this.statuses.add(status);
  }

  /** A line that the test itself causes, such as by cutting the connection. */
  allows(words: RegExp): void {
    this.words.push(words);
  }

  /** A host that the test itself brings in. */
  allowsOrigin(origin: string): void {
    this.origins.add(origin);
  }

  watch(context: BrowserContext): void {
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (/^https?:$/.test(url.protocol) && !this.origins.has(url.origin)) this.faults.push(`asked another host: ${url.origin}`);
    });
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(message.text())?.[1];
      if (status && this.statuses.has(Number(status))) return;
      // A matter of time, so of the machine: that the preloaded file is used at all is tested with the page's size.
      if (/was preloaded using link preload but not used within a few seconds/.test(message.text())) return;
      // The trace recorder and axe put their script into every frame, also into the one of a mail, where nothing may run;
      // without them the line never comes. That mails have no script of their own is looked at in support/pages.ts.
      if (/^Blocked script execution in 'about:srcdoc'/.test(message.text())) return;
      this.faults.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.faults.push(`thrown in the page: ${error.error().message}`));
  }

  /** Reports violations through the console: the browser's own line does not come for every kind of them. */
  async listen(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
      });
    });
  }

  check(): void {
    const left = this.faults.filter((fault) => !this.words.some((words) => words.test(fault)));
    expect(left, 'what no page may do').toEqual([]);
  }
}

/** Waits until the page's script is there, for tests of the comforts. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator('main[data-hydrated]').waitFor({ timeout: 30_000 });
}
