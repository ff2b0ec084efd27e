// The gateways for text messages and mail are down while parents register: nobody is kept waiting, nothing is lost, and every
// message arrives once when they are back. On a server of its own, as everybody's messages go the same way.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { ask } from '../support/http.ts';
import { Server } from '../support/server.ts';
import { Portal, expect, test } from '../support/test.ts';
import { Walk, addressOf, invitationIn, isDone, shown, signIn } from '../support/wizards.ts';
import { en } from '../support/words.ts';

/** A file stands where the gateway's folder was: nothing can be written there. */
function breakDown(folder: string): void {
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, '');
}

function mend(folder: string): void {
  rmSync(folder);
  renameSync(`${folder}.away`, folder);
}

test('gateways that are down lose nothing: the messages come later, once', async ({ page, guard, portal: main }) => {
  test.setTimeout(180_000);
  const server = new Server(main.database, 'down').prepare();
  await server.start();
  try {
    const portal = new Portal(main.database, 'down');
    guard.allowsOrigin(portal.origin);
    const folders = ['sms', 'mail'].map((name) => path.join(portal.folder, name));
    const [early, late] = [portal.newcomer(), portal.newcomer()];
    const email = addressOf(portal, late);
    // One is about to begin, the other about to hand in.
    const finishing = await new Walk(portal).untilFinish(late, { email });
    const beginning = new Walk(portal);
    await portal.mailbox(email).newest('registration_link');

    folders.forEach(breakDown);
    let mended = false;
    try {
      const started = Date.now();
      await beginning.who(early);
      await finishing.finish();
      expect(Date.now() - started, 'nobody waits for a gateway').toBeLessThan(10_000);
      // Both gateways are seen to fail.
      const failed = async (channel: string): Promise<boolean> =>
        new RegExp(`^schoolgate_messages_total\\{(?=[^}]*channel="${channel}")(?=[^}]*outcome="retry")[^}]*\\} [1-9]`, 'm').test(
          (await ask(`${portal.origin}/metrics`)).body.toString(),
        );
      for (const channel of ['sms', 'mail']) await expect.poll(() => failed(channel), { message: channel, timeout: 30_000 }).toBe(true);
      // The page says honestly that the messages are still on their way, and keeps looking.
      await finishing.into(page.context());
      await page.goto(`${portal.origin}/register/finish`);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('register', 'making_title'));
      expect(shown(await beginning.get('/register/verify'))).not.toContain('class="summary"');
      folders.forEach(mend);
      mended = true;
    } finally {
      if (!mended) folders.forEach(mend);
    }

    await isDone(page, 'en');
    const { user_code: userCode, password } = invitationIn(await portal.mailbox(email).newest('first_password'), portal);
    await beginning.code(await portal.phone(early).code());
    await expect.poll(() => portal.phone(late).notices('account_created').length, { timeout: 60_000 }).toBe(1);
    // Once each, however often it was tried.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(portal.phone(early).messages()).toHaveLength(1);
    expect(portal.phone(late).messages()).toHaveLength(2);
    expect((await portal.mailbox(email).all()).map((mail) => mail.subject)).toEqual([
      en('messages', 'registration_link_subject'),
      en('messages', 'first_password_subject'),
    ]);
    expect((await signIn(portal, userCode, password)).walk.has('__Host-password')).toBe(true);
  } finally {
    expect(await server.stop(), 'stops in order').toBe(0);
  }
});
